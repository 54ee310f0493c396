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
#include "quantc/Support/ParallelFor.h"
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

std::vector<int64_t> methods::columnsInPlace(MatrixRef matrix) {
  std::vector<int64_t> columns(size_t(matrix.cols));
  std::iota(columns.begin(), columns.end(), 0);
  return columns;
}

std::vector<int64_t> methods::columnsByImportance(MatrixRef matrix) {
  std::vector<int64_t> columns = columnsInPlace(matrix);
  auto diagonal = [&](int64_t column) {
    return matrix.hessian[size_t(column * (matrix.cols + 1))];
  };
  std::stable_sort(columns.begin(), columns.end(), [&](int64_t a, int64_t b) {
    return diagonal(a) > diagonal(b);
  });
  return columns;
}

/// The permuted, shrunk and damped Hessian. Columns that no input reaches get a
/// diagonal, so that they are rounded to the nearest level.
static std::vector<float> permute(MatrixRef matrix, ArrayRef<int64_t> columns,
                                  float kept, double mean, double damping) {
  int64_t n = matrix.cols;
  std::vector<float> hessian(size_t(n * n));
  parallelFor(n, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < n; ++j)
        hessian[size_t(i * n + j)] =
            (i == j ? 1.0f : kept) *
            matrix.hessian[size_t(columns[i] * n + columns[j])];
  });
  for (int64_t i = 0; i < n; ++i) {
    float &entry = hessian[size_t(i * (n + 1))];
    entry = float(entry > 0 ? entry + damping * mean : mean);
  }
  return hessian;
}

Expected<ColumnOrder>
methods::orderColumns(MatrixRef matrix, std::vector<int64_t> columns,
                      float kept,
                      function_ref<bool(const ColumnOrder &)> accept) {
  ColumnOrder order;
  order.size = matrix.cols;
  order.columns = std::move(columns);
  double mean = meanOfDiagonal(matrix);
  if (matrix.cols > 0 && !(mean > 0))
    return makeError(ErrorKind::BadModel,
                     "the Hessian is zero: all inputs of the samples are 0");
  // More damping where rounding made a singular matrix indefinite.
  for (double damping : {0.01, 0.1, 1.0}) {
    order.hessian = permute(matrix, order.columns, kept, mean, damping);
    if (factorForm(order.hessian, order.size, 0, order.size, order.feedback,
                   order.pivots) &&
        (!accept || accept(order)))
      return order;
  }
  return makeError(ErrorKind::BadModel,
                   "the Hessian is not positive, even with its mean diagonal "
                   "added: no inputs have such a one");
}
