//===- BlockRounding.h - columns rounded side by side -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rounds a block of columns for 16 rows at once, so that a quadratic form of
// the errors stays small. What the form is, and what grids there are to try, is
// decided elsewhere. Private to lib/Methods.

#ifndef QUANTC_LIB_METHODS_BLOCKROUNDING_H
#define QUANTC_LIB_METHODS_BLOCKROUNDING_H

#include "quantc/Formats/CodeSteps.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace quantc::methods {

/// Rows that are rounded side by side.
constexpr int64_t kLanes = 16;
/// What a Hessian keeps beside its diagonal.
constexpr float kKept = 0.9f;
/// Grids that are tried side by side for each of them.
constexpr int64_t kTries = 4;

/// The grid of a group, one a row: scale * the steps from low to high.
struct LaneGrid {
  StepRule rule = StepRule::Whole; ///< the same for all that are tried together
  float scales[kLanes], low[kLanes], high[kLanes];
};

/// A quadratic form (I + N) diag(pivots) (I + N)^T with N strictly upper
/// triangular; N_ik lies at feedback[k * stride + i], i < k.
struct FormRef {
  const float *feedback;
  int64_t stride;
  const float *pivots;
  int64_t size;
};

/// sums[r] = sum over i < count, ascending, of matrix[r * stride + i] *
/// numbers[i], for `rows` rows; `numbers` [count][kLanes], `sums`
/// [rows][kLanes].
void multiplyLanes(const float *matrix, int64_t stride, int64_t rows,
                   const float *numbers, int64_t count, float *sums);

/// Levels on the way through a block, all [size][kLanes].
struct BlockRows {
  const float *weights; ///< what the errors are counted from
  const float *targets; ///< what is rounded, before the feedback of the block
  float *levels, *errors;
};

/// Rounds column after column to the nearest level of the target plus what the
/// errors before it feed back, sum_i<k errors_i N_ik. Gives each row's sum of
/// pivots_k (target_k + feedback - rounded)^2.
void roundBlock(const FormRef &form, const BlockRows &rows,
                const LaneGrid &grid, float (&costs)[kLanes]);

/// The same costs for kTries grids, without the levels.
void tryGrids(const FormRef &form, const float *weights, const float *targets,
              llvm::ArrayRef<LaneGrid> grids, float (*costs)[kLanes]);

/// The same costs of the errors that are there.
void costOfErrors(const FormRef &form, const BlockRows &rows,
                  float (&costs)[kLanes]);

/// numbers <- (I + N)^-1 numbers, [size][kLanes].
void solveUpper(const FormRef &form, float *numbers);

/// numbers <- numbers H^-1 for the form H, [size][kLanes].
void solveForm(const FormRef &form, float *numbers);

/// Rounds each column again, given all others, where errors H errors^T + 2
/// errors linear^T is smallest; `hessian` is [size, size] in rows of `stride`.
void roundAgain(const float *hessian, int64_t stride, int64_t size,
                const float *linear, const BlockRows &rows,
                const LaneGrid &grid);

} // namespace quantc::methods

#endif // QUANTC_LIB_METHODS_BLOCKROUNDING_H
