//===- BinaryTest.cpp - weights of one sign each ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Examples worked by hand, and properties of arb, arb_rc and arb_x.

#include "../../lib/Methods/BinaryFit.h"
#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace quantc;

static std::vector<float> randomNumbers(size_t count, unsigned seed,
                                        float mean = 0, float width = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(mean, width);
  std::vector<float> numbers(count);
  for (float &number : numbers)
    number = normal(random);
  return numbers;
}

/// X^T X of correlated random inputs.
static std::vector<float> randomHessian(int64_t cols, unsigned seed) {
  std::vector<float> x = randomNumbers(size_t(4 * cols * cols), seed);
  for (int64_t i = 0; i < 4 * cols; ++i)
    for (int64_t c = 1; c < cols; ++c)
      x[size_t(i * cols + c)] += 0.6f * x[size_t(i * cols + c - 1)];
  std::vector<float> hessian(size_t(cols * cols));
  for (int64_t a = 0; a < cols; ++a)
    for (int64_t b = 0; b < cols; ++b) {
      double sum = 0;
      for (int64_t i = 0; i < 4 * cols; ++i)
        sum += double(x[size_t(i * cols + a)]) * x[size_t(i * cols + b)];
      hessian[size_t(a * cols + b)] = float(sum);
    }
  return hessian;
}

/// Sum over rows of e S e^T.
static double outputError(const BinaryMatrix &found, MatrixRef weights) {
  std::vector<float> back = found.reconstruct();
  double sum = 0;
  int64_t n = weights.cols;
  for (int64_t r = 0; r < weights.rows; ++r)
    for (int64_t a = 0; a < n; ++a)
      for (int64_t b = 0; b < n; ++b) {
        auto error = [&](int64_t c) {
          size_t at = size_t(r * n + c);
          return double(weights.data[at]) - back[at];
        };
        sum += error(a) * error(b) * weights.hessian[size_t(a * n + b)];
      }
  return sum;
}

static BinaryMatrix binarize(llvm::StringRef method, MatrixRef weights,
                             const BinaryScheme &scheme) {
  auto result = lookupMethod(method)->binarize(weights, scheme);
  EXPECT_TRUE(bool(result)) << takeFailure(result.takeError()).message;
  return result ? *result : BinaryMatrix();
}

static const BinaryScheme kWithZeros{.hasZeroPoints = true};

TEST(Binary, AlternationByHand) {
  std::vector<float> stable = {.9f, -.1f, .4f, -.6f};
  for (int iterations : {0, 1, 15}) {
    methods::BinaryFit fit = methods::alternateFit(stable, iterations);
    EXPECT_NEAR(fit.mu, .15, 1e-7);
    EXPECT_NEAR(fit.alpha, .5, 1e-7);
  }
  BinaryMatrix q = binarize("arb", {stable, 1, 4}, kWithZeros);
  EXPECT_EQ(q.signs, (std::vector<uint8_t>{1, 0, 1, 0}));
  std::vector<float> back = q.reconstruct();
  for (int i = 0; i < 4; ++i)
    EXPECT_NEAR(back[size_t(i)], i % 2 ? -.35 : .65, 1e-6);
  EXPECT_NEAR(q.squaredError({stable, 1, 4}) / 4, .0625, 1e-6);
}

TEST(Binary, AlternationConvergesByHand) {
  std::vector<float> row = {2, .1f, -.1f, -.4f};
  const double mus[] = {.4, .8, .9}, alphas[] = {.8, 1.0, 1.05},
               errors[] = {.245, .045, .0325};
  for (int i = 0; i < 3; ++i) {
    methods::BinaryFit fit = methods::alternateFit(row, i);
    EXPECT_NEAR(fit.mu, mus[i], 1e-6);
    EXPECT_NEAR(fit.alpha, alphas[i], 1e-6);
    methods::StoredFit stored = methods::roundFit(fit, kWithZeros);
    std::vector<uint8_t> signs(4);
    methods::chooseSigns(row, stored, signs);
    EXPECT_NEAR(methods::fitError(row, signs, stored) / 4, errors[i], 1e-6);
  }
  methods::BinaryFit limit = methods::alternateFit(row, 60);
  EXPECT_NEAR(limit.mu, .933333, 1e-5);
  EXPECT_NEAR(limit.alpha, 1.066667, 1e-5);
  BinaryMatrix q = binarize("arb", {row, 1, 4}, kWithZeros);
  EXPECT_NEAR(q.squaredError({row, 1, 4}) / 4, .0316667, 1e-6);
  EXPECT_EQ(q.groupsKeptAtRtn, 0);
}

TEST(Binary, SignsOfGaussianWeights) {
  std::vector<float> weights = randomNumbers(1 << 16, 1);
  MatrixRef matrix{weights, 16, 4096};
  double error = binarize("arb", matrix, {}).squaredError(matrix) / (1 << 16);
  EXPECT_NEAR(error, 1 - 2 / M_PI, 0.006);
}

TEST(Binary, RowsTimesColumnsAreExact) {
  // Powers of two, so that no rounding of scales is left.
  std::vector<float> weights;
  for (int r = 0; r < 5; ++r)
    for (int c = 0; c < 12; ++c) {
      float value = std::ldexp(1.0f, r - 3) * std::ldexp(1.0f, c % 3);
      weights.push_back((r * 7 + c * 5) % 3 ? value : -value);
    }
  MatrixRef matrix{weights, 5, 12};
  BinaryMatrix q = binarize("arb_rc", matrix, {});
  ASSERT_EQ(q.columnScales.size(), 12u);
  double power = 0;
  for (float weight : weights)
    power += double(weight) * weight;
  // Column scales are fp16: 2^-11 of relative error at most, squared.
  EXPECT_LT(q.squaredError(matrix), 3e-7 * power);
  EXPECT_GT(binarize("arb", matrix, {}).squaredError(matrix), 0.1 * power);
}

TEST(Binary, ColumnScalesHelpWhereColumnsDiffer) {
  std::vector<float> weights = randomNumbers(32 * 96, 2);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] *= 1.0f + float(i % 96) / 16;
  MatrixRef matrix{weights, 32, 96};
  for (int64_t group : {0, 32, 36}) {
    BinaryScheme scheme{.groupSize = group, .scaleType = ScaleType::FP16};
    EXPECT_LT(binarize("arb_rc", matrix, scheme).squaredError(matrix),
              0.95 * binarize("arb", matrix, scheme).squaredError(matrix));
  }
}

TEST(Binary, NeverWorseThanTheMeanFit) {
  for (unsigned seed : {3u, 4u, 5u}) {
    std::vector<float> weights = randomNumbers(6 * 70, seed, 0.3f);
    MatrixRef matrix{weights, 6, 70};
    for (int64_t group : {0, 32})
      for (bool hasZeros : {false, true}) {
        BinaryScheme scheme{group, hasZeros, ScaleType::FP16};
        BinaryMatrix q = binarize("arb", matrix, scheme);
        for (int64_t r = 0; r < 6; ++r)
          for (int64_t g = 0; g < q.groups; ++g) {
            auto [first, last] = q.columnsOf(g);
            auto part =
                matrix.row(r).slice(size_t(first), size_t(last - first));
            methods::StoredFit mean =
                methods::roundFit(methods::meanFit(part, hasZeros), scheme);
            std::vector<uint8_t> signs(part.size());
            methods::chooseSigns(part, mean, signs);
            size_t place = size_t(r * q.groups + g);
            methods::StoredFit found{q.scales[place],
                                     hasZeros ? q.zeroPoints[place] : 0};
            EXPECT_LE(
                methods::fitError(part,
                                  llvm::ArrayRef(q.signs).slice(
                                      size_t(r * 70 + first), part.size()),
                                  found),
                methods::fitError(part, signs, mean));
          }
      }
  }
}

TEST(Binary, HessianMakesOutputsBetter) {
  for (int64_t group : {0, 32})
    for (bool hasZeros : {false, true}) {
      std::vector<float> weights = randomNumbers(9 * 80, 6, 0.1f);
      std::vector<float> hessian = randomHessian(80, 7);
      MatrixRef matrix{weights, 9, 80, hessian};
      BinaryScheme scheme{group, hasZeros, ScaleType::FP16};
      double plain = outputError(binarize("arb", matrix, scheme), matrix);
      BinaryMatrix refined = binarize("arb_x", matrix, scheme);
      EXPECT_LT(outputError(refined, matrix), 0.8 * plain);
      EXPECT_EQ(refined.groupsKeptAtRtn, 0);
    }
}

TEST(Binary, SpecialGroups) {
  std::vector<float> weights = {0, 0, 0, 0, .5f, .5f, .5f, .5f, -3, -3, -3, -3};
  for (bool hasZeros : {false, true}) {
    BinaryMatrix q =
        binarize("arb", {weights, 3, 4}, {0, hasZeros, ScaleType::FP16});
    EXPECT_EQ(q.reconstruct(), weights);
  }
  // A mean so far from the levels that no zero point holds it.
  std::vector<float> close = {1000, 1000.01f, 1000, 1000.02f};
  BinaryMatrix q = binarize("arb", {close, 1, 4}, kWithZeros);
  EXPECT_LT(q.squaredError({close, 1, 4}), 0.01);
  EXPECT_EQ(binarize("arb", {{}, 0, 4}, {}).signs.size(), 0u);
}

TEST(Binary, RowSumsAreProductsWithOnes) {
  std::vector<float> weights = randomNumbers(3 * 50, 8, 0.2f);
  BinaryMatrix q =
      binarize("arb", {weights, 3, 50}, {32, true, ScaleType::FP16});
  std::vector<float> back = q.reconstruct(), sums = q.rowSums();
  for (int64_t r = 0; r < 3; ++r) {
    double sum = 0;
    for (int64_t c = 0; c < 50; ++c)
      sum += back[size_t(r * 50 + c)];
    EXPECT_NEAR(sums[size_t(r)], sum, 1e-4);
  }
}

TEST(Binary, ThreadsDoNotMatter) {
  std::vector<float> weights = randomNumbers(40 * 96, 9, 0.1f);
  std::vector<float> hessian = randomHessian(96, 10);
  MatrixRef matrix{weights, 40, 96, hessian};
  for (const Method &method : allMethods()) {
    if (!method.isBinary())
      continue;
    BinaryScheme scheme;
    if (method.gives == BinaryGives::Codebook)
      scheme.codebookDim = 8, scheme.codebookSize = 32;
    setThreadCount(1);
    BinaryMatrix one = binarize(method.name, matrix, scheme);
    setThreadCount(3);
    BinaryMatrix three = binarize(method.name, matrix, scheme);
    setThreadCount(0);
    EXPECT_EQ(one.signs, three.signs) << method.name.str();
    EXPECT_EQ(one.scales, three.scales) << method.name.str();
    EXPECT_EQ(one.columnScales, three.columnScales) << method.name.str();
    EXPECT_EQ(one.indices, three.indices) << method.name.str();
    EXPECT_EQ(one.codebook, three.codebook) << method.name.str();
  }
}

static std::string failureOf(llvm::StringRef method, MatrixRef weights,
                             const BinaryScheme &scheme) {
  auto result = lookupMethod(method)->binarize(weights, scheme);
  return result ? "" : takeFailure(result.takeError()).message;
}

TEST(Binary, Errors) {
  std::vector<float> weights(32, 1.0f);
  MatrixRef matrix{weights, 2, 16};
  auto has = [](const std::string &text, const char *part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  has(failureOf("arb", matrix, {.groupSize = -1}),
      "the group size of binary weights must be positive");
  has(failureOf("arb_rc", matrix, kWithZeros), "say 'symmetric: true'");
  has(failureOf("rtn", matrix, {}),
      "the method 'rtn' gives no binary weights; those that do are arb, "
      "arb_rc, arb_x");
  has(failureOf("arb", matrix, {.codebookDim = 8, .codebookSize = 16}),
      "the method 'arb' gives no codebook weights; those that do are btc, "
      "btc_x");
  has(failureOf("arb_x", matrix, {}), "needs the Hessian of the inputs");
  has(failureOf("btc", matrix, {.codebookDim = 17, .codebookSize = 16}),
      "a pattern of a codebook has 2 to 16 columns, not 17");
  has(failureOf("btc", matrix, {.codebookDim = 4, .codebookSize = 18}),
      "from 2 to 16, not 18");
  has(failureOf("btc", matrix, {.codebookDim = 8, .codebookSize = 15}),
      "an even number of patterns from 2 to 256, not 15");
  has(failureOf("btc", matrix,
                {.groupSize = 12, .codebookDim = 8, .codebookSize = 16}),
      "groups of 12 columns do not hold whole patterns of 8");
  std::vector<float> large(32, 1e6f);
  has(failureOf("arb", {large, 2, 16}, {.scaleType = ScaleType::FP16}),
      "row 0, group 0 are too large for a binary scale of 16 bits");
  large[20] = std::numeric_limits<float>::quiet_NaN();
  has(failureOf("arb", {large, 2, 16}, {}), "row 1, column 4 is NaN");
  auto integers = lookupMethod("arb")->quantize(matrix, {});
  has(takeFailure(integers.takeError()).message,
      "the method 'arb' gives no integer weights; those that do are rtn");
}
