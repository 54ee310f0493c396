//===- RoundToNearest.cpp - the method 'rtn' --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every weight to the nearest level of a grid over the whole range of its
// group. Also what other methods are measured against.

#include "GroupQuantizer.h"

using namespace llvm;
using namespace quantc;

namespace quantc::methods {

Expected<QuantizedMatrix> roundToNearest(MatrixRef weights,
                                         const GroupScheme &scheme) {
  return quantizeGroups(
      weights, scheme,
      [&](ArrayRef<float> group, MutableArrayRef<uint8_t> codes) {
        GroupGrid grid = makeGrid(fullRange(group, scheme), scheme);
        encodeGroup(group, grid, scheme, codes);
        return GroupChoice{grid};
      });
}

} // namespace quantc::methods
