//===- WorstLayers.cpp - which layers to look at first ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See WorstLayers.h. Rules search regular expressions, so names are escaped and
// anchored.

#include "quantc/Report/WorstLayers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Regex.h"
#include <algorithm>
#include <cmath>

using namespace quantc;

std::vector<size_t>
quantc::worstLayers(llvm::ArrayRef<std::optional<double>> errors) {
  std::vector<size_t> ranked;
  for (auto [i, error] : llvm::enumerate(errors))
    if (error && std::isfinite(*error) && *error > 0)
      ranked.push_back(i);
  llvm::stable_sort(
      ranked, [&](size_t a, size_t b) { return *errors[a] > *errors[b]; });
  size_t wanted = std::clamp<size_t>(ranked.size() / 10, 1, 10);
  ranked.resize(std::min(ranked.size(), wanted));
  return ranked;
}

/// A regular expression that matches `name` and, but for bytes that YAML cannot
/// hold, nothing else.
static std::string expressionOf(const std::string &name) {
  bool isText = llvm::json::isUTF8(name);
  std::string plain, expression = "^";
  auto flush = [&] {
    expression += llvm::Regex::escape(plain);
    plain.clear();
  };
  for (char c : name) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f && (byte < 0x80 || isText)) {
      plain += c;
      continue;
    }
    flush();
    expression += '.';
  }
  flush();
  return expression + "$";
}

std::string quantc::exclusionRules(llvm::ArrayRef<std::string> names,
                                   llvm::ArrayRef<std::string> notes) {
  std::string text;
  llvm::StringSet<> seen;
  for (auto [name, note] : llvm::zip_equal(names, notes)) {
    if (!seen.insert(name).second)
      continue;
    std::string quoted;
    for (char c : expressionOf(name))
      quoted += c == '\'' ? std::string("''") : std::string(1, c);
    text += "  - {name: '" + quoted + "', skip: true}  # " + note + "\n";
  }
  return text.empty() ? text : "rules:\n" + text;
}
