//===- Cholesky.cpp - triangular factors ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Block columns from the left: each waits for those before it, and its rows do
// not depend on each other. Every entry is a dot product of rows, added up in
// an order of its own.

#include "Cholesky.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <cmath>
#include <numeric>

using namespace llvm;
using namespace quantc;

/// Columns of a block, and rows that one thread takes.
static constexpr int64_t kBlock = 64, kRows = 8;

/// Eight partial sums, so that the loop vectorizes in a fixed order.
static double dot(const double *a, const double *b, int64_t count) {
  double sums[8] = {};
  int64_t whole = count / 8 * 8;
  for (int64_t i = 0; i < whole; i += 8)
    for (int64_t lane = 0; lane < 8; ++lane)
      sums[lane] += a[i + lane] * b[i + lane];
  for (int64_t i = whole; i < count; ++i)
    sums[i - whole] += a[i] * b[i];
  return std::accumulate(std::begin(sums), std::end(sums), 0.0);
}

bool methods::factorCholesky(MutableArrayRef<double> a, int64_t n) {
  auto row = [&](int64_t i) { return a.data() + i * n; };
  for (int64_t first = 0; first < n; first += kBlock) {
    int64_t last = std::min(n, first + kBlock);
    parallelFor(n - first, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t i = first + begin; i < first + end; ++i)
        for (int64_t j = first; j < std::min(last, i + 1); ++j)
          row(i)[j] -= dot(row(i), row(j), first);
    });
    for (int64_t j = first; j < last; ++j) {
      double pivot = row(j)[j] - dot(row(j) + first, row(j) + first, j - first);
      if (!(pivot > 0) || !std::isfinite(pivot))
        return false;
      row(j)[j] = std::sqrt(pivot);
      for (int64_t i = j + 1; i < last; ++i)
        row(i)[j] =
            (row(i)[j] - dot(row(i) + first, row(j) + first, j - first)) /
            row(j)[j];
    }
    parallelFor(n - last, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t i = last + begin; i < last + end; ++i)
        for (int64_t j = first; j < last; ++j)
          row(i)[j] =
              (row(i)[j] - dot(row(i) + first, row(j) + first, j - first)) /
              row(j)[j];
    });
  }
  return true;
}

bool methods::factorForm(ArrayRef<float> matrix, int64_t stride, int64_t first,
                         int64_t n, std::vector<float> &feedback,
                         std::vector<float> &pivots) {
  // From the last column to the first: its lower factor, turned around, is the
  // upper one.
  std::vector<double> turned(size_t(n * n));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j <= i; ++j)
      turned[size_t(i * n + j)] =
          matrix[size_t((first + n - 1 - i) * stride + first + n - 1 - j)];
  if (!factorCholesky(turned, n))
    return false;
  feedback.assign(size_t(n * n), 0.0f);
  pivots.resize(size_t(n));
  for (int64_t k = 0; k < n; ++k) {
    int64_t column = n - 1 - k;
    double pivot = turned[size_t(column * (n + 1))];
    pivots[size_t(k)] = float(pivot * pivot);
    for (int64_t i = 0; i < k; ++i)
      feedback[size_t(k * n + i)] =
          float(turned[size_t((n - 1 - i) * n + column)] / pivot);
  }
  return true;
}
