//===- GridSearch.h - grids that a group may have ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which grids to try for 16 rows of a group, and which of them is best. Private
// to lib/Methods.

#ifndef QUANTC_LIB_METHODS_GRIDSEARCH_H
#define QUANTC_LIB_METHODS_GRIDSEARCH_H

#include "BlockRounding.h"
#include "GroupQuantizer.h"
#include "llvm/ADT/SmallVector.h"

namespace quantc::methods {

using LaneGrids = llvm::SmallVector<LaneGrid, 64>;

/// Puts a grid into one lane.
void setLane(LaneGrid &grids, int64_t lane, GroupGrid grid,
             const GroupScheme &scheme);

/// Shrunk ranges of `count` targets [count][kLanes], zero points beside those
/// that the range gives; `fallback` where the scale cannot be stored.
LaneGrids gridsOfRange(const float *targets, int64_t count,
                       const LaneGrid &fallback, const GroupScheme &scheme);

/// Grids with scales and zero points beside those of `grid`.
LaneGrids gridsBeside(const LaneGrid &grid, const GroupScheme &scheme);

/// Of each lane the grid that costs the least, the first of equals.
LaneGrid cheapestGrid(const FormRef &form, const float *weights,
                      const float *targets, LaneGrids &grids);

} // namespace quantc::methods

#endif // QUANTC_LIB_METHODS_GRIDSEARCH_H
