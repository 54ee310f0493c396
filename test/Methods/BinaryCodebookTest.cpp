//===- BinaryCodebookTest.cpp - codebooks of sign patterns ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Errors on Gaussian weights against the numbers of a separate experiment, and
// properties of btc and btc_x.

#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantc;

static std::vector<float> gaussian(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(count);
  for (float &number : numbers)
    number = normal(random);
  return numbers;
}

static BinaryMatrix learn(llvm::StringRef method, MatrixRef weights,
                          const BinaryScheme &scheme) {
  auto result = lookupMethod(method)->binarize(weights, scheme);
  EXPECT_TRUE(bool(result)) << takeFailure(result.takeError()).message;
  return result ? *result : BinaryMatrix();
}

static BinaryScheme patternsOf(int64_t dim, int64_t size) {
  return {.codebookDim = dim, .codebookSize = size};
}

TEST(BinaryCodebook, ErrorsOnGaussianWeights) {
  // v, K and the mean squared error with real-valued assignment.
  const std::tuple<int64_t, int64_t, double> cases[] = {
      {8, 256, .364},  {10, 512, .395}, {8, 128, .416},
      {10, 256, .439}, {10, 128, .494}, {12, 256, .505}};
  for (auto [dim, size, expected] : cases) {
    std::vector<float> weights = gaussian(size_t(128 * dim * 500), 1);
    MatrixRef matrix{weights, 128, dim * 500};
    double error =
        learn("btc", matrix, patternsOf(dim, size)).squaredError(matrix) /
        double(weights.size());
    EXPECT_NEAR(error, expected, 0.008) << dim << ' ' << size;
  }
}

TEST(BinaryCodebook, AWholeCodebookIsPlainBinary) {
  std::vector<float> weights = gaussian(12 * 96, 2);
  MatrixRef matrix{weights, 12, 96};
  BinaryMatrix all = learn("btc", matrix, patternsOf(4, 16)),
               plain = learn("arb", matrix, {});
  EXPECT_EQ(all.signs, plain.signs);
  EXPECT_EQ(all.scales, plain.scales);
}

TEST(BinaryCodebook, InnerProductsDecideTies) {
  // Patterns ++++ and +-+- are the frequent ones. .9 -.1 .2 .3 is one sign away
  // from both, and has the inner products 1.3 and .9.
  std::vector<float> weights;
  for (int i = 0; i < 8; ++i)
    for (float sign : {1.0f, -1.0f})
      weights.insert(weights.end(), {1, sign, 1, sign});
  weights.insert(weights.end(), {.9f, -.1f, .2f, .3f});
  weights.insert(weights.end(), {1, 1, 1, 1});
  BinaryMatrix q =
      learn("btc", {weights, 1, int64_t(weights.size())}, patternsOf(4, 2));
  EXPECT_EQ(q.codebook[q.indices[16]], 0b1111);
  EXPECT_EQ(q.codebook[q.indices[1]], 0b0101);
}

TEST(BinaryCodebook, SignsAreThoseOfThePatterns) {
  std::vector<float> weights = gaussian(7 * 53, 3);
  for (int64_t dim : {2, 7, 10, 16}) {
    BinaryScheme scheme = patternsOf(dim, std::min(64, 1 << dim));
    scheme.hasZeroPoints = true;
    BinaryMatrix q = learn("btc", {weights, 7, 53}, scheme);
    ASSERT_EQ(q.patterns(), (53 + dim - 1) / dim);
    for (int64_t r = 0; r < 7; ++r)
      for (int64_t c = 0; c < 53; ++c) {
        uint16_t index = q.indices[size_t(r * q.patterns() + c / dim)];
        ASSERT_LT(index, scheme.codebookSize);
        EXPECT_EQ(q.signs[size_t(r * 53 + c)],
                  q.codebook[index] >> (c % dim) & 1);
      }
  }
}

TEST(BinaryCodebook, HessianMakesOutputsBetter) {
  const int64_t n = 60;
  std::vector<float> weights = gaussian(size_t(16 * n), 4);
  std::vector<float> x = gaussian(size_t(4 * n * n), 5);
  for (int64_t i = 0; i < 4 * n; ++i)
    for (int64_t c = 1; c < n; ++c)
      x[size_t(i * n + c)] += 0.6f * x[size_t(i * n + c - 1)];
  std::vector<float> hessian(static_cast<size_t>(n * n));
  for (int64_t a = 0; a < n; ++a)
    for (int64_t b = 0; b < n; ++b)
      for (int64_t i = 0; i < 4 * n; ++i)
        hessian[size_t(a * n + b)] +=
            x[size_t(i * n + a)] * x[size_t(i * n + b)];
  MatrixRef matrix{weights, 16, n, hessian};
  auto outputError = [&](const BinaryMatrix &q) {
    std::vector<float> back = q.reconstruct();
    double sum = 0;
    for (int64_t i = 0; i < 4 * n; ++i)
      for (int64_t r = 0; r < 16; ++r) {
        double y = 0;
        for (int64_t c = 0; c < n; ++c)
          y += double(x[size_t(i * n + c)]) *
               (double(weights[size_t(r * n + c)]) - back[size_t(r * n + c)]);
        sum += y * y;
      }
    return sum;
  };
  for (bool hasZeros : {false, true}) {
    BinaryScheme scheme = patternsOf(10, 64);
    scheme.hasZeroPoints = hasZeros;
    double plain = outputError(learn("btc", matrix, scheme)),
           refined = outputError(learn("btc_x", matrix, scheme));
    EXPECT_LT(refined, 0.85 * plain);
  }
}

TEST(BinaryCodebook, FewVectorsManyPatterns) {
  std::vector<float> weights = gaussian(3 * 20, 6);
  BinaryMatrix q = learn("btc", {weights, 3, 20}, patternsOf(10, 1024));
  EXPECT_EQ(q.codebook.size(), 1024u);
  EXPECT_EQ(q.signs, learn("arb", {weights, 3, 20}, {}).signs);
  EXPECT_TRUE(learn("btc", {{}, 0, 20}, patternsOf(10, 4)).indices.empty());
}
