//===- GridSearch.cpp - grids that a group may have -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See GridSearch.h.

#include "GridSearch.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

/// Ranges tried for a group: 1, 0.95 ... 0.3 of the full one.
static constexpr int kRanges = 15;
/// Scales tried beside one that was found.
static constexpr float kFactors[] = {1, 0.97f, 1.03f, 0.9f, 1.1f, 0.82f, 1.22f};

void methods::setLane(LaneGrid &grids, int64_t lane, GroupGrid grid,
                      const GroupScheme &scheme) {
  grids.scales[lane] = grid.scale;
  grids.low[lane] = -float(grid.zeroPoint);
  grids.high[lane] = float(int(scheme.largestCode()) - grid.zeroPoint);
}

/// A lane of `grid` with another scale, and its levels moved by `shift`; false
/// where there is no such grid.
static bool moveLane(LaneGrid &grid, int64_t lane, float scale, int shift,
                     const GroupScheme &scheme) {
  float rounded = roundScale(scale, scheme);
  float low = grid.low[lane] + float(shift),
        high = grid.high[lane] + float(shift);
  if (!std::isfinite(rounded) || low > 0 || high < 0)
    return false;
  grid.scales[lane] = rounded;
  grid.low[lane] = low;
  grid.high[lane] = high;
  return true;
}

LaneGrids methods::gridsOfRange(const float *targets, int64_t count,
                                const LaneGrid &fallback,
                                const GroupScheme &scheme) {
  LaneGrid full = fallback;
  SmallVector<float, 256> numbers(static_cast<size_t>(count));
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    for (int64_t k = 0; k < count; ++k)
      numbers[k] = targets[k * kLanes + lane];
    GroupGrid grid = makeGrid(fullRange(numbers, scheme), scheme);
    if (std::isfinite(grid.scale) && fallback.low[lane] < fallback.high[lane])
      setLane(full, lane, grid, scheme);
  }
  SmallVector<float, 32> factors;
  for (int step = 0; step < kRanges; ++step)
    factors.push_back(float(100 - 5 * step) / 100.0f);
  append_range(factors, widerRanges(scheme));
  LaneGrids grids = {fallback};
  for (int shift : {0, -1, 1})
    for (float factor : factors) {
      if (shift && scheme.symmetric)
        continue;
      LaneGrid grid = full;
      for (int64_t lane = 0; lane < kLanes; ++lane)
        if (full.low[lane] < full.high[lane])
          moveLane(grid, lane, factor * full.scales[lane], shift, scheme);
      grids.push_back(grid);
    }
  return grids;
}

LaneGrids methods::gridsBeside(const LaneGrid &grid,
                               const GroupScheme &scheme) {
  LaneGrids grids;
  for (int shift : {0, -1, 1})
    for (float factor : kFactors) {
      if (shift && scheme.symmetric)
        continue;
      grids.push_back(grid);
      for (int64_t lane = 0; lane < kLanes; ++lane)
        if (grid.low[lane] < grid.high[lane])
          moveLane(grids.back(), lane, factor * grid.scales[lane], shift,
                   scheme);
    }
  return grids;
}

LaneGrid methods::cheapestGrid(const FormRef &form, const float *weights,
                               const float *targets, LaneGrids &grids) {
  grids.resize((grids.size() + kTries - 1) / kTries * kTries, grids.front());
  LaneGrid best = grids.front();
  float least[kLanes];
  std::fill(std::begin(least), std::end(least), INFINITY);
  for (size_t first = 0; first < grids.size(); first += kTries) {
    float costs[kTries][kLanes];
    tryGrids(form, weights, targets, ArrayRef(grids).slice(first, kTries),
             costs);
    for (int64_t t = 0; t < kTries; ++t)
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        if (!(costs[t][lane] < least[lane]))
          continue;
        const LaneGrid &grid = grids[first + t];
        least[lane] = costs[t][lane];
        best.scales[lane] = grid.scales[lane];
        best.low[lane] = grid.low[lane];
        best.high[lane] = grid.high[lane];
      }
  }
  return best;
}
