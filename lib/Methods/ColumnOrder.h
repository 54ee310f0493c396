//===- ColumnOrder.h - columns one after the other --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What methods share that choose codes column by column and let later columns
// make up for the errors of earlier ones. Chooses no code.

#ifndef QUANTC_LIB_METHODS_COLUMNORDER_H
#define QUANTC_LIB_METHODS_COLUMNORDER_H

#include "quantc/Methods/GroupScheme.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace quantc::methods {

/// The Hessian in the order in which columns are rounded, damped by 1 % of its
/// mean diagonal or what it takes to have a factor, as H = (I + N) D (I + N)^T
/// with N strictly upper triangular. With the errors d in that order, d H d^T
/// is the sum over k of D_k (d_k + sum_i<k d_i N_ik)^2.
struct ColumnOrder {
  int64_t size = 0;
  std::vector<int64_t> columns; ///< the column rounded k-th
  std::vector<float> hessian;   ///< [size, size], damped
  std::vector<float> feedback;  ///< [size, size]: N_ik at [k, i], i < k
  std::vector<float> pivots;    ///< D_k
};

/// The mean of the Hessian's diagonal, over the columns that any input reaches;
/// 0 when none does.
double meanOfDiagonal(MatrixRef matrix);

/// The columns of a matrix as they lie.
std::vector<int64_t> columnsInPlace(MatrixRef matrix);
/// The columns by descending diagonal of the Hessian.
std::vector<int64_t> columnsByImportance(MatrixRef matrix);

/// The order `columns` of a matrix, with `kept` of what the Hessian has beside
/// its diagonal. `accept` may ask for more damping by saying no. Errors:
/// ErrorKind::BadModel when no inputs have such a Hessian.
llvm::Expected<ColumnOrder>
orderColumns(MatrixRef matrix, std::vector<int64_t> columns, float kept = 1,
             llvm::function_ref<bool(const ColumnOrder &)> accept = nullptr);

} // namespace quantc::methods

#endif // QUANTC_LIB_METHODS_COLUMNORDER_H
