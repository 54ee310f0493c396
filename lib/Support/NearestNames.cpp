//===- NearestNames.cpp - did you mean ...? ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Ranks names by edit distance.

#include "quantc/Support/NearestNames.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using namespace llvm;
using namespace quantc;

namespace {
struct Ranked {
  unsigned distance;
  StringRef name;
};
} // namespace

/// True if one of the names is part of the other.
static bool isPartOf(StringRef a, StringRef b) {
  if (a.size() > b.size())
    std::swap(a, b);
  return a.size() >= 3 && b.contains_insensitive(a);
}

static bool isNear(size_t distance, size_t longer) {
  return distance <= std::max<size_t>(2, longer / 3) && distance * 2 <= longer;
}

SmallVector<StringRef> quantc::nearestNames(StringRef name,
                                            ArrayRef<StringRef> candidates,
                                            unsigned maxCount) {
  SmallVector<Ranked> near;
  for (StringRef candidate : candidates) {
    unsigned distance = name.edit_distance_insensitive(candidate);
    size_t longer = std::max(name.size(), candidate.size());
    if (isNear(distance, longer) || isPartOf(name, candidate))
      near.push_back({distance, candidate});
  }
  stable_sort(near, [](const Ranked &a, const Ranked &b) {
    return a.distance < b.distance;
  });
  SmallVector<StringRef> names;
  for (const Ranked &entry : near)
    if (names.size() < maxCount && !is_contained(names, entry.name))
      names.push_back(entry.name);
  return names;
}

std::string quantc::didYouMean(StringRef name, ArrayRef<StringRef> candidates) {
  SmallVector<StringRef> names = nearestNames(name, candidates);
  if (names.empty())
    return "";
  std::string text = "; did you mean ";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0)
      text += i + 1 == names.size() ? " or " : ", ";
    text += "'" + names[i].str() + "'";
  }
  return text + "?";
}
