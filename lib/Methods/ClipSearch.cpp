//===- ClipSearch.cpp - the method 'mse' ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Changes the range of every group to where the squared error of its weights is
// smallest: the few largest weights are clipped so that all others get finer
// levels. It is no better than rtn where the largest weights matter most.

#include "GroupQuantizer.h"

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

/// Ranges tried: 1, 0.99, ..., 0.21 of the full one, then wider ones. The first
/// is rtn.
static constexpr int kSteps = 80;

/// The range times (100 - step) / 100: one fp32 division, one multiplication.
static GroupRange rangeOf(GroupRange full, int step,
                          const GroupScheme &scheme) {
  float factor = step < kSteps ? float(100 - step) / 100.0f
                               : widerRanges(scheme)[size_t(step - kSteps)];
  if (!scheme.realZeros)
    return {factor * full.low, factor * full.high};
  // Which need not contain 0: about its middle.
  float middle = 0.5f * full.low + 0.5f * full.high;
  return {middle + factor * (full.low - middle),
          middle + factor * (full.high - middle)};
}

static GroupChoice searchGroup(ArrayRef<float> group, const GroupScheme &scheme,
                               MutableArrayRef<uint8_t> codes) {
  const GroupRange full = fullRange(group, scheme);
  BestGrid best(group, scheme, codes);
  const int steps = kSteps + int(widerRanges(scheme).size());
  GroupGrid last = best.choice().grid;
  for (int step = 1; step < steps && !best.isFinal(); ++step) {
    GroupGrid grid = makeGrid(rangeOf(full, step, scheme), scheme);
    if (grid.scale == last.scale && grid.zero(scheme) == last.zero(scheme))
      continue;
    last = grid;
    // Of equal ranges the widest one is kept.
    best.offer(grid);
  }
  return best.choice();
}

namespace quantc::methods {

Expected<QuantizedMatrix> clipSearch(MatrixRef weights,
                                     const GroupScheme &scheme) {
  return quantizeGroups(
      weights, scheme,
      [&](ArrayRef<float> group, MutableArrayRef<uint8_t> codes) {
        return searchGroup(group, scheme, codes);
      });
}

} // namespace quantc::methods
