//===- GPTAQ.cpp - the method 'gptaq' ---------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// gptq compares the outputs of a layer with what its float weights make of the
// same inputs. But those inputs X already have the errors of earlier layers in
// them; without these they would be Y (Li et al., GPTAQ, 2025). The weights
// whose products with X come nearest to W Y^T in squares are
//
//   W' = W + W D (H + c I)^-1,   H = X^T X,   D = (Y - X)^T X,
//
// a regression with a ridge c, and the best codes for the products are those
// that gptq finds for W' and H. Of the step from W to W' a share is gone: what
// the samples say of Y - X is partly noise.

#include "BlockRounding.h"
#include "Cholesky.h"
#include "GroupQuantizer.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

/// Share of the step that is gone.
static constexpr float kShare = 0.5f;
/// The ridge, as a share of the mean diagonal.
static constexpr double kRidge = 0.01;

/// H + c I, shrunk as gptq does; columns that no input reaches get a diagonal,
/// too.
static std::vector<float> withRidge(MatrixRef matrix) {
  int64_t n = matrix.cols;
  std::vector<float> hessian = matrix.hessian.vec();
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j)
      hessian[size_t(i * n + j)] *= i == j ? 1.0f : kKept;
  double sum = 0;
  for (int64_t i = 0; i < n; ++i)
    sum += hessian[size_t(i * (n + 1))];
  for (int64_t i = 0; i < n; ++i)
    hessian[size_t(i * (n + 1))] += float(kRidge * sum / double(n));
  return hessian;
}

/// The transpose: row j holds what goes to output j.
static std::vector<float> transpose(ArrayRef<float> matrix, int64_t n) {
  std::vector<float> turned(size_t(n * n));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j)
      turned[size_t(j * n + i)] = matrix[size_t(i * n + j)];
  return turned;
}

namespace quantc::methods {

Expected<QuantizedMatrix> gptq(MatrixRef, const GroupScheme &);

Expected<QuantizedMatrix> gptaq(MatrixRef matrix, const GroupScheme &scheme) {
  int64_t n = matrix.cols;
  std::vector<float> feedback, pivots;
  if (matrix.data.empty() ||
      !factorForm(withRidge(matrix), n, 0, n, feedback, pivots))
    return gptq(matrix, scheme);
  FormRef form{feedback.data(), n, pivots.data(), n};
  std::vector<float> drift = transpose(matrix.drift, n);
  std::vector<float> moved = matrix.data.vec();
  parallelFor(matrix.rows, kLanes, [&](int64_t first, int64_t last) {
    std::vector<float> weights(size_t(n * kLanes), 0.0f), steps(weights.size());
    for (int64_t r = first; r < last; ++r)
      for (int64_t k = 0; k < n; ++k)
        weights[size_t(k * kLanes + r - first)] = matrix.row(r)[size_t(k)];
    multiplyLanes(drift.data(), n, n, weights.data(), n, steps.data());
    solveForm(form, steps.data());
    for (int64_t r = first; r < last; ++r)
      for (int64_t k = 0; k < n; ++k)
        moved[size_t(r * n + k)] +=
            kShare * steps[size_t(k * kLanes + r - first)];
  });
  matrix.data = moved;
  return gptq(matrix, scheme);
}

} // namespace quantc::methods
