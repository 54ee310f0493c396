//===- OutputErrorTest.cpp - errors of weights seen in outputs --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// By hand, against the sum over samples, and where there is nothing.

#include "quantc/Methods/OutputError.h"
#include "gtest/gtest.h"
#include <random>

using namespace quantc;

TEST(OutputError, ByHand) {
  // Inputs (1, 2) and (3, 0): outputs of (1, 1) are 3 and 3, of (1, 2) 5 and 3.
  std::vector<float> hessian = {10, 2, 2, 4}, weights = {1, 1}, other = {1, 2};
  EXPECT_DOUBLE_EQ(relativeOutputError({weights, 1, 2, hessian}, other),
                   4.0 / 18.0);
  EXPECT_EQ(relativeOutputError({weights, 1, 2, hessian}, weights), 0);
}

TEST(OutputError, EqualsTheSumOverSamples) {
  // More rows than lanes.
  constexpr int64_t rows = 37, cols = 19, count = 50;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> weights(rows * cols), other, x(count * cols),
      hessian(cols * cols);
  for (float &one : weights)
    one = normal(random);
  for (float one : weights)
    other.push_back(one + 0.1f * normal(random));
  for (float &one : x)
    one = normal(random);
  double noise = 0, signal = 0;
  for (int64_t s = 0; s < count; ++s) {
    for (int64_t i = 0; i < cols; ++i)
      for (int64_t j = 0; j < cols; ++j)
        hessian[size_t(i * cols + j)] +=
            x[size_t(s * cols + i)] * x[size_t(s * cols + j)];
    for (int64_t r = 0; r < rows; ++r) {
      double y = 0, changed = 0;
      for (int64_t i = 0; i < cols; ++i) {
        y += double(weights[size_t(r * cols + i)]) * x[size_t(s * cols + i)];
        changed +=
            double(other[size_t(r * cols + i)]) * x[size_t(s * cols + i)];
      }
      noise += (y - changed) * (y - changed);
      signal += y * y;
    }
  }
  double found = relativeOutputError({weights, rows, cols, hessian}, other);
  EXPECT_NEAR(found / (noise / signal), 1, 1e-4);
}

TEST(OutputError, OfNothingIsNothing) {
  EXPECT_EQ(relativeOutputError({{}, 0, 0, {}}, {}), 0);
  std::vector<float> zeros(4), other = {1, 2}, weights = {3, 4};
  EXPECT_EQ(relativeOutputError({weights, 1, 2, zeros}, other), 0);
}
