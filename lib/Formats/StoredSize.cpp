//===- StoredSize.cpp - how many bits a quantized weight takes --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The formula of stored bits.

#include "quantc/Formats/StoredSize.h"
#include <cassert>

using namespace quantc;

StoredSize quantc::storedSize(const StoredScheme &scheme) {
  assert(
      (scheme.scaleBits + scheme.zeroPointBits == 0 || scheme.groupSize > 0) &&
      "scales need a group size");
  StoredSize size;
  size.weights = scheme.channels * scheme.inputs;
  size.codeBits = size.weights * scheme.codeBits;
  if (scheme.codebookDim > 0) {
    size.codeBits = scheme.channels *
                    groupCount(scheme.inputs, scheme.codebookDim) *
                    scheme.codeBits;
    size.codebookBits = scheme.codebookSize * scheme.codebookDim;
  }
  if (scheme.groupSize == 0)
    return size;
  int64_t groups =
      scheme.channels * groupCount(scheme.inputs, scheme.groupSize);
  size.scaleBits = groups * scheme.scaleBits * scheme.scaleSets;
  size.zeroPointBits = groups * scheme.zeroPointBits;
  return size;
}
