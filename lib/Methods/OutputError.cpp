//===- OutputError.cpp - errors of weights seen in outputs ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See OutputError.h.

#include "quantc/Methods/OutputError.h"
#include "BlockRounding.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <cassert>
#include <numeric>

using namespace quantc;
using namespace quantc::methods;

/// r H r^T of up to kLanes rows of numbers [cols][kLanes], added up.
static double quadraticForm(const std::vector<float> &numbers, int64_t cols,
                            const float *hessian) {
  std::vector<float> products(numbers.size());
  multiplyLanes(hessian, cols, cols, numbers.data(), cols, products.data());
  double sum = 0;
  for (size_t i = 0; i < numbers.size(); ++i)
    sum += double(products[i]) * numbers[i];
  return sum;
}

double quantc::relativeOutputError(MatrixRef weights,
                                   llvm::ArrayRef<float> other) {
  assert(other.size() == weights.data.size());
  int64_t cols = weights.cols, parts = (weights.rows + kLanes - 1) / kLanes;
  std::vector<double> noise(static_cast<size_t>(parts), 0.0), signal = noise;
  parallelFor(weights.rows, kLanes, [&](int64_t first, int64_t last) {
    std::vector<float> errors(size_t(cols * kLanes), 0.0f), rows = errors;
    for (int64_t r = first; r < last; ++r)
      for (int64_t k = 0; k < cols; ++k) {
        size_t place = size_t(k * kLanes + r - first);
        rows[place] = weights.row(r)[size_t(k)];
        errors[place] = rows[place] - other[size_t(r * cols + k)];
      }
    size_t part = size_t(first / kLanes);
    noise[part] = quadraticForm(errors, cols, weights.hessian.data());
    signal[part] = quadraticForm(rows, cols, weights.hessian.data());
  });
  double all = std::accumulate(signal.begin(), signal.end(), 0.0);
  double wrong = std::accumulate(noise.begin(), noise.end(), 0.0);
  return all > 0 ? std::max(wrong, 0.0) / all : 0;
}
