//===- Precision.cpp - the option --precision -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Precision.h.

#include "Precision.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"

using namespace quantc;

std::string quantc::listPrecisions(llvm::ArrayRef<int64_t> precisions) {
  std::string text;
  for (auto [i, bits] : llvm::enumerate(precisions)) {
    bool isLast = i + 1 == precisions.size();
    text += i == 0 ? "" : isLast ? " or " : ", ";
    text += std::to_string(bits);
  }
  return text;
}

llvm::Error quantc::choosePrecision(const Arguments &arguments,
                                    Artifact &artifact) {
  if (!arguments.has("--precision"))
    return llvm::Error::success();
  llvm::ArrayRef<int64_t> known = artifact.precisions();
  if (known.empty())
    return makeError(ErrorKind::Usage, "--precision is for models with weights "
                                       "of planes; this one has none");
  auto bits = arguments.getInteger("--precision", known.front(), 1, 8);
  if (!bits)
    return bits.takeError();
  if (!llvm::is_contained(known, *bits))
    return makeError(ErrorKind::Usage,
                     "--precision is {0}, but the weights can be read at {1} "
                     "bits",
                     *bits, listPrecisions(known));
  return artifact.setPrecision(static_cast<int32_t>(*bits));
}
