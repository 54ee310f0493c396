//===- BinaryMatrix.cpp - weights of one sign each --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Checks of schemes, and what matrices of signs stand for.

#include "quantc/Methods/BinaryMatrix.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <cassert>
#include <cmath>
#include <numeric>

using namespace llvm;
using namespace quantc;

Error quantc::checkScheme(const BinaryScheme &scheme) {
  if (scheme.groupSize < 0)
    return makeError(ErrorKind::Usage,
                     "the group size of binary weights must be positive, or 0 "
                     "for whole rows, not {0}",
                     scheme.groupSize);
  if (!scheme.hasCodebook() && scheme.codebookSize == 0)
    return Error::success();
  if (scheme.codebookDim < 2 || scheme.codebookDim > kMaxCodebookDim)
    return makeError(ErrorKind::Usage,
                     "a pattern of a codebook has 2 to {0} columns, not {1}",
                     kMaxCodebookDim, scheme.codebookDim);
  int64_t most = int64_t(1) << scheme.codebookDim;
  if (scheme.codebookSize < 2 || scheme.codebookSize > most ||
      scheme.codebookSize % 2)
    return makeError(ErrorKind::Usage,
                     "a codebook of {0} columns has an even number of patterns "
                     "from 2 to {1}, not {2}",
                     scheme.codebookDim, most, scheme.codebookSize);
  if (scheme.groupSize % scheme.codebookDim)
    return makeError(ErrorKind::Usage,
                     "groups of {0} columns do not hold whole patterns of {1}",
                     scheme.groupSize, scheme.codebookDim);
  return Error::success();
}

BinaryMatrix::BinaryMatrix(int64_t rows, int64_t cols,
                           const BinaryScheme &scheme)
    : rows(rows), cols(cols), groupSize(scheme.effectiveGroupSize(cols)),
      groups(groupCount(cols, groupSize)), signs(size_t(rows * cols)),
      scales(size_t(rows * groups)), codebookDim(scheme.codebookDim),
      codebook(size_t(scheme.codebookSize)),
      indices(size_t(rows * patterns())) {
  if (scheme.hasZeroPoints)
    zeroPoints.resize(size_t(rows * groups));
}

std::vector<float> BinaryMatrix::reconstruct() const {
  std::vector<float> weights(signs.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t g = 0; g < groups; ++g) {
      size_t group = size_t(r * groups + g);
      float zero = zeroPoints.empty() ? 0.0f : zeroPoints[group];
      auto [begin, end] = columnsOf(g);
      for (int64_t c = begin; c < end; ++c) {
        float sign = signs[size_t(r * cols + c)] ? 1.0f : -1.0f;
        float value = (sign - zero) * scales[group];
        weights[size_t(r * cols + c)] =
            columnScales.empty() ? value : value * columnScales[size_t(c)];
      }
    }
  return weights;
}

std::vector<float> BinaryMatrix::rowSums() const {
  std::vector<float> sums(size_t(rows), 0.0f);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t g = 0; g < groups; ++g) {
      size_t group = size_t(r * groups + g);
      auto [begin, end] = columnsOf(g);
      int64_t exact = 0;
      for (int64_t c = begin; c < end; ++c)
        exact += signs[size_t(r * cols + c)] ? 1 : -1;
      float level = float(exact);
      if (!zeroPoints.empty())
        level = std::fma(-zeroPoints[group], float(end - begin), level);
      sums[size_t(r)] = std::fma(level, scales[group], sums[size_t(r)]);
    }
  return sums;
}

double BinaryMatrix::squaredError(MatrixRef weights) const {
  assert(weights.rows == rows && weights.cols == cols);
  std::vector<float> found = reconstruct();
  std::vector<double> errors(size_t(rows), 0.0);
  parallelFor(rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * cols; i < end * cols; ++i) {
      double error = double(weights.data[size_t(i)]) - double(found[size_t(i)]);
      errors[size_t(i / cols)] += error * error;
    }
  });
  return std::accumulate(errors.begin(), errors.end(), 0.0);
}
