//===- ColumnOrder.cpp - columns one after the other ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ColumnOrder.h.

#include "ColumnOrder.h"
#include "Cholesky.h"
#include "quantc/Support/Errors.h"
#include <algorithm>
#include <numeric>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

double quantc::methods::meanOfDiagonal(MatrixRef matrix) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < matrix.cols; ++i) {
    double entry = matrix.hessian[size_t(i * (matrix.cols + 1))];
    sum += entry;
    count += entry > 0;
  }
  return count ? sum / double(count) : 0;
}

/// The permuted and damped Hessian. Columns that no input reaches get a
/// diagonal, so that they are rounded to the nearest level.
static std::vector<float> permute(MatrixRef matrix, ArrayRef<int64_t> columns,
                                  double mean, double damping) {
  int64_t n = matrix.cols;
  std::vector<float> hessian(size_t(n * n));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j)
      hessian[size_t(i * n + j)] =
          matrix.hessian[size_t(columns[i] * n + columns[j])];
  for (int64_t i = 0; i < n; ++i) {
    float &entry = hessian[size_t(i * (n + 1))];
    entry = float(entry > 0 ? entry + damping * mean : mean);
  }
  return hessian;
}

/// Fills order.feedback; false when the Hessian has no factor.
static bool factor(ColumnOrder &order) {
  int64_t n = order.size;
  // From the last column to the first: its lower factor, turned around, is the
  // upper one.
  std::vector<double> turned(size_t(n * n));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j <= i; ++j)
      turned[size_t(i * n + j)] =
          order.hessian[size_t((n - 1 - i) * n + n - 1 - j)];
  if (!factorCholesky(turned, n))
    return false;
  order.feedback.assign(size_t(n * n), 0.0f);
  order.pivots.resize(static_cast<size_t>(n));
  for (int64_t k = 0; k < n; ++k) {
    int64_t column = n - 1 - k;
    double pivot = turned[size_t(column * (n + 1))];
    order.pivots[size_t(k)] = float(pivot * pivot);
    for (int64_t i = 0; i < k; ++i)
      order.feedback[size_t(k * n + i)] =
          float(turned[size_t((n - 1 - i) * n + column)] / pivot);
  }
  return true;
}

Expected<ColumnOrder> methods::orderColumns(MatrixRef matrix,
                                            bool byImportance) {
  ColumnOrder order;
  order.size = matrix.cols;
  order.columns.resize(matrix.cols);
  std::iota(order.columns.begin(), order.columns.end(), 0);
  if (byImportance)
    std::stable_sort(order.columns.begin(), order.columns.end(),
                     [&](int64_t a, int64_t b) {
                       return matrix.hessian[size_t(a * (matrix.cols + 1))] >
                              matrix.hessian[size_t(b * (matrix.cols + 1))];
                     });
  double mean = meanOfDiagonal(matrix);
  if (matrix.cols > 0 && !(mean > 0))
    return makeError(ErrorKind::BadModel,
                     "the Hessian is zero: all inputs of the samples are 0");
  // More damping where rounding made a singular matrix indefinite.
  for (double damping : {0.01, 0.1, 1.0}) {
    order.hessian = permute(matrix, order.columns, mean, damping);
    if (factor(order))
      return order;
  }
  return makeError(ErrorKind::BadModel,
                   "the Hessian is not positive, even with its mean diagonal "
                   "added: no inputs have such a one");
}
