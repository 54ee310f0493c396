//===- GptaqTest.cpp - the method 'gptaq' -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Inputs that drifted: what is known by hand, and outputs against those of the
// weights on inputs that did not.

#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantc;

static QuantizedMatrix quantize(llvm::StringRef method, MatrixRef matrix,
                                const GroupScheme &scheme) {
  auto result = lookupMethod(method)->quantize(matrix, scheme);
  EXPECT_TRUE(bool(result)) << takeFailure(result.takeError()).message;
  return result ? *result : QuantizedMatrix();
}

namespace {
/// Inputs as they are, x, and as they would be, y.
struct Samples {
  int64_t size, count;
  std::vector<float> x, y;

  /// What is lost on the way to x depends on y.
  Samples(int64_t size, int64_t count, unsigned seed, bool isLost = true)
      : size(size), count(count), x(size_t(size * count)), y(x.size()) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (int64_t s = 0; s < count; ++s)
      for (int64_t i = 0; i < size; ++i) {
        size_t place = size_t(s * size + i);
        y[place] = normal(random) + (i ? 0.8f * y[place - 1] : 0);
        x[place] = (isLost ? 0.8f : 1.0f) * y[place] + 0.1f * normal(random);
      }
  }
  /// Sum over samples of (y - x) x^T, or of x x^T.
  std::vector<float> products(bool ofDifference) const {
    std::vector<float> sums(size_t(size * size));
    for (int64_t s = 0; s < count; ++s)
      for (int64_t i = 0; i < size; ++i)
        for (int64_t j = 0; j < size; ++j) {
          size_t a = size_t(s * size + i), b = size_t(s * size + j);
          sums[size_t(i * size + j)] +=
              (ofDifference ? y[a] - x[a] : x[a]) * x[b];
        }
    return sums;
  }
  /// Squares of W y - Q x, over all samples and rows.
  double error(const QuantizedMatrix &q, llvm::ArrayRef<float> weights) const {
    std::vector<float> back = q.reconstruct();
    double sum = 0;
    for (int64_t s = 0; s < count; ++s)
      for (int64_t r = 0; r < q.rows; ++r) {
        double difference = 0;
        for (int64_t i = 0; i < size; ++i)
          difference +=
              double(weights[size_t(r * size + i)]) * y[size_t(s * size + i)] -
              double(back[size_t(r * size + i)]) * x[size_t(s * size + i)];
        sum += difference * difference;
      }
    return sum;
  }
};
} // namespace

static std::vector<float> randomWeights(int64_t count) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 0.02f);
  std::vector<float> weights(static_cast<size_t>(count));
  for (float &weight : weights)
    weight = normal(random);
  return weights;
}

TEST(Gptaq, WeightsMoveHalfTheWayOfARegression) {
  // Twice the input is lost: the outputs of 2 w come nearest. Half the way,
  // with a ridge of 0.01, is w (1 + 1 / 1.01 / 2).
  std::vector<float> weights = {1, 6, 3, 7}, hessian(16), drift(16);
  for (size_t i = 0; i < 4; ++i)
    hessian[i * 5] = drift[i * 5] = 1;
  GroupScheme scheme{.bits = 8, .symmetric = true, .groupSize = 0};
  std::vector<float> back =
      quantize("gptaq", {weights, 1, 4, hessian, drift}, scheme).reconstruct();
  for (size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(back[i], weights[i] * (1 + 0.5 / 1.01), 0.05);
}

TEST(Gptaq, WithoutDriftIsGptq) {
  std::vector<float> weights = randomWeights(20 * 40);
  std::vector<float> hessian = Samples(40, 100, 1).products(false), drift(1600);
  GroupScheme scheme{.bits = 3, .symmetric = false, .groupSize = 16};
  MatrixRef matrix{weights, 20, 40, hessian, drift};
  QuantizedMatrix with = quantize("gptaq", matrix, scheme);
  QuantizedMatrix without = quantize("gptq", matrix, scheme);
  EXPECT_EQ(with.codes, without.codes);
  EXPECT_EQ(with.scales, without.scales);
}

TEST(Gptaq, MakesUpForInputsThatDrifted) {
  std::vector<float> weights = randomWeights(24 * 48);
  Samples samples(48, 200, 2);
  std::vector<float> hessian = samples.products(false),
                     drift = samples.products(true);
  MatrixRef matrix{weights, 24, 48, hessian, drift};
  for (unsigned bits : {2u, 3u, 4u}) {
    GroupScheme scheme{.bits = bits, .symmetric = false, .groupSize = 16};
    EXPECT_LT(samples.error(quantize("gptaq", matrix, scheme), weights),
              0.9 * samples.error(quantize("gptq", matrix, scheme), weights))
        << bits;
  }
}

TEST(Gptaq, ThreadsDoNotMatter) {
  std::vector<float> weights = randomWeights(50 * 48);
  Samples samples(48, 100, 3);
  std::vector<float> hessian = samples.products(false),
                     drift = samples.products(true);
  MatrixRef matrix{weights, 50, 48, hessian, drift};
  GroupScheme scheme{.bits = 3, .symmetric = false, .groupSize = 16};
  setThreadCount(1);
  QuantizedMatrix one = quantize("gptaq", matrix, scheme);
  setThreadCount(3);
  QuantizedMatrix three = quantize("gptaq", matrix, scheme);
  setThreadCount(0);
  EXPECT_EQ(one.codes, three.codes);
  EXPECT_EQ(one.scales, three.scales);
}

TEST(Gptaq, NeedsTheDrift) {
  std::vector<float> weights = {1, 2}, hessian = {1, 0, 0, 1};
  auto result = lookupMethod("gptaq")->quantize({weights, 1, 2, hessian}, {});
  ASSERT_FALSE(bool(result));
  Failure failure = takeFailure(result.takeError());
  EXPECT_EQ(failure.exitCode, 1);
  EXPECT_EQ(failure.message,
            "the method 'gptaq' needs the drift of the inputs");
}
