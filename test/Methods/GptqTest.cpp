//===- GptqTest.cpp - the method 'gptq' -------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The worked example of two correlated inputs, the objective against that of
// round-to-nearest, and Hessians that are refused.

#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace quantc;

static llvm::Expected<QuantizedMatrix> tryGptq(MatrixRef matrix,
                                               const GroupScheme &scheme) {
  return lookupMethod("gptq")->quantize(matrix, scheme);
}

static QuantizedMatrix quantize(llvm::StringRef method, MatrixRef matrix,
                                const GroupScheme &scheme) {
  auto result = lookupMethod(method)->quantize(matrix, scheme);
  EXPECT_TRUE(bool(result)) << takeFailure(result.takeError()).message;
  return result ? *result : QuantizedMatrix();
}

/// The Hessian of `samples` inputs whose numbers follow each other.
static std::vector<float> correlated(int64_t size, int64_t samples,
                                     unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> sums(size_t(size * size));
  std::vector<double> x(static_cast<size_t>(size));
  for (int64_t s = 0; s < samples; ++s) {
    for (int64_t i = 0; i < size; ++i)
      x[i] = normal(random) + (i ? 0.8 * x[i - 1] : 0);
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < size; ++j)
        sums[size_t(i * size + j)] += x[i] * x[j];
  }
  return {sums.begin(), sums.end()};
}

static std::vector<float> randomWeights(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.02f);
  std::vector<float> weights(static_cast<size_t>(count));
  for (float &weight : weights)
    weight = normal(random);
  return weights;
}

/// Sum over all rows of d (H + damping mean(diag H) I) d^T; with damping, as
/// the method does it, H is shrunk by 10 % towards its diagonal.
static double objective(const QuantizedMatrix &q, MatrixRef matrix,
                        double damping) {
  std::vector<float> back = q.reconstruct();
  double mean = 0, sum = 0;
  int64_t n = matrix.cols;
  for (int64_t i = 0; i < n; ++i)
    mean += matrix.hessian[size_t(i * (n + 1))] / double(n);
  for (int64_t r = 0; r < matrix.rows; ++r)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double h = matrix.hessian[size_t(i * n + j)];
        if (damping > 0)
          h = i == j ? h + damping * mean : 0.9 * h;
        size_t a = size_t(r * n + i), b = size_t(r * n + j);
        sum += h * (double(matrix.data[a]) - back[a]) *
               (double(matrix.data[b]) - back[b]);
      }
  return sum;
}

TEST(Gptq, SecondWeightMakesUpForTheFirst) {
  // The whole numbers fix a step of 1; nothing depends on them.
  std::vector<float> weights = {.6f, .6f, 7, -7, 6, 5, 4, 3}, hessian(64);
  for (size_t i = 0; i < 8; ++i)
    hessian[i * 9] = 1;
  hessian[1] = hessian[8] = .5f;
  GroupScheme scheme{.bits = 4, .symmetric = true, .groupSize = 0};
  MatrixRef matrix{weights, 1, 8, hessian};
  QuantizedMatrix rtn = quantize("rtn", matrix, scheme);
  EXPECT_EQ(rtn.codes, (std::vector<uint8_t>{9, 9, 15, 1, 14, 13, 12, 11}));
  EXPECT_NEAR(objective(rtn, matrix, 0), 0.48, 1e-6);
  QuantizedMatrix q = quantize("gptq", matrix, scheme);
  EXPECT_EQ(q.codes, (std::vector<uint8_t>{9, 8, 15, 1, 14, 13, 12, 11}));
  EXPECT_NEAR(q.scales[0], 1, 1e-3);
  EXPECT_NEAR(objective(q, matrix, 0), 0.28, 1e-3);
  EXPECT_EQ(q.groupsKeptAtRtn, 0);
}

TEST(Gptq, IsMuchBetterThanRoundingWhereInputsAreCorrelated) {
  std::vector<float> weights = randomWeights(40 * 100, 1);
  std::vector<float> hessian = correlated(100, 400, 2);
  MatrixRef matrix{weights, 40, 100, hessian};
  for (unsigned bits : {2u, 3u, 4u, 8u})
    for (bool symmetric : {true, false})
      for (ScaleType type : {ScaleType::FP32, ScaleType::FP16}) {
        GroupScheme scheme{bits, symmetric, 32, type};
        QuantizedMatrix q = quantize("gptq", matrix, scheme);
        EXPECT_LT(objective(q, matrix, 0.01),
                  0.5 *
                      objective(quantize("mse", matrix, scheme), matrix, 0.01))
            << bits;
        EXPECT_EQ(q.groupsKeptAtRtn, 0);
        for (uint8_t code : q.codes)
          ASSERT_LT(code, 1 << bits);
      }
}

TEST(Gptq, IsBetterThanRoundingForOtherCodesToo) {
  std::vector<float> weights = randomWeights(40 * 100, 1);
  std::vector<float> hessian = correlated(100, 400, 2);
  MatrixRef matrix{weights, 40, 100, hessian};
  for (const CodeSteps &steps : allCodeSteps())
    for (ScaleType type : {ScaleType::FP16, ScaleType::E8M0, ScaleType::E4M3}) {
      GroupScheme scheme{steps.bits, true, 32, type, &steps};
      QuantizedMatrix q = quantize("gptq", matrix, scheme);
      EXPECT_LT(objective(q, matrix, 0.01),
                0.6 * objective(quantize("mse", matrix, scheme), matrix, 0.01))
          << steps.name.str() << ' ' << int(type);
      EXPECT_EQ(q.groupsKeptAtRtn, 0);
      for (uint8_t byte : q.codes)
        ASSERT_TRUE(llvm::is_contained(steps.bytes, byte));
    }
}

TEST(Gptq, RowsThatAreExactStayAtRoundToNearest) {
  std::vector<float> weights(17 * 8);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = float(int(i % 8) * 2 - 7);
  std::vector<float> hessian = correlated(8, 50, 3);
  GroupScheme scheme{.bits = 4, .symmetric = true, .groupSize = 0};
  QuantizedMatrix q = quantize("gptq", {weights, 17, 8, hessian}, scheme);
  EXPECT_EQ(q.reconstruct(), weights);
  EXPECT_EQ(q.groupsKeptAtRtn, 17);
}

TEST(Gptq, NeverWorseThanRoundToNearestRowByRow) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<float> weights = randomWeights(24, seed);
    std::vector<float> hessian = correlated(24, 40, seed + 100);
    MatrixRef matrix{weights, 1, 24, hessian};
    GroupScheme scheme{
        .bits = 2 + seed % 3, .symmetric = seed % 2 == 0, .groupSize = 8};
    EXPECT_LE(objective(quantize("gptq", matrix, scheme), matrix, 0.01),
              objective(quantize("rtn", matrix, scheme), matrix, 0.01) * 1.0001)
        << seed;
  }
}

TEST(Gptq, ThreadsDoNotMatter) {
  std::vector<float> weights = randomWeights(70 * 130, 5);
  std::vector<float> hessian = correlated(130, 300, 6);
  GroupScheme scheme{.bits = 3, .symmetric = false, .groupSize = 64};
  MatrixRef matrix{weights, 70, 130, hessian};
  setThreadCount(1);
  QuantizedMatrix one = quantize("gptq", matrix, scheme);
  setThreadCount(3);
  QuantizedMatrix three = quantize("gptq", matrix, scheme);
  setThreadCount(0);
  EXPECT_EQ(one.codes, three.codes);
  EXPECT_EQ(one.scales, three.scales);
  EXPECT_EQ(one.zeroPoints, three.zeroPoints);
}

TEST(Gptq, InputsThatNeverComeKeepTheirNearestLevel) {
  std::vector<float> weights = {7, .6f, -2.4f, .6f};
  std::vector<float> hessian(16, 0.0f);
  hessian[0] = 100;
  GroupScheme scheme{.bits = 4, .symmetric = true, .groupSize = 0};
  QuantizedMatrix q = quantize("gptq", {weights, 1, 4, hessian}, scheme);
  EXPECT_EQ(q.codes, (std::vector<uint8_t>{15, 9, 6, 9}));
}

/// The failure of quantizing two weights with that Hessian.
static Failure refusal(std::vector<float> hessian) {
  std::vector<float> weights = {1, 2};
  auto result = tryGptq({weights, 1, 2, hessian}, {});
  EXPECT_FALSE(bool(result));
  return result ? Failure() : takeFailure(result.takeError());
}

TEST(Gptq, HessiansThatAreRefused) {
  Failure missing = refusal({});
  EXPECT_EQ(missing.exitCode, 1);
  EXPECT_EQ(missing.message,
            "the method 'gptq' needs the Hessian of the inputs");
  EXPECT_EQ(refusal({1, 2, 3}).message, "a Hessian of 3 numbers for 2 columns");
  Failure zero = refusal({0, 0, 0, 0});
  EXPECT_EQ(zero.exitCode, 3);
  EXPECT_EQ(zero.message,
            "the Hessian is zero: all inputs of the samples are 0");
  EXPECT_EQ(refusal({1, std::numeric_limits<float>::quiet_NaN(), 0, 1}).message,
            "the Hessian of the inputs is not finite");
  // |x y| > (x^2 + y^2) / 2 for no numbers.
  EXPECT_EQ(refusal({1, 5, 5, 1}).message,
            "the Hessian is not positive, even with its mean diagonal added: "
            "no inputs have such a one");
}

TEST(Gptq, SingularHessiansAreDamped) {
  // Always the same input.
  std::vector<float> weights = {.6f, .6f, 7}, hessian(9, 4.0f);
  MatrixRef matrix{weights, 1, 3, hessian};
  GroupScheme scheme{.bits = 4, .symmetric = true, .groupSize = 0};
  double error = objective(quantize("gptq", matrix, scheme), matrix, 0);
  EXPECT_LT(error, objective(quantize("rtn", matrix, scheme), matrix, 0));
}
