//===- InputScalesTest.cpp - scales of inputs -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Figures by hand, and the search against plain loops on random numbers.

#include "quantc/Methods/InputScales.h"
#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantc;

TEST(InputScales, SmoothByHand) {
  std::vector<float> s = smoothScales({10, 1}, {1, 1}, 0.5);
  EXPECT_FLOAT_EQ(s[0], 3.1622777f);
  EXPECT_FLOAT_EQ(s[1], 1);
  // 8^0.75 / 16^0.25; all of the range moves with 1.
  EXPECT_FLOAT_EQ(smoothScales({8}, {16}, 0.75)[0], 2.3784142f);
  EXPECT_FLOAT_EQ(smoothScales({8}, {16}, 1)[0], 8);
}

TEST(InputScales, SmoothLeavesChannelsWithoutRange) {
  EXPECT_EQ(smoothScales({0, 5, 1e-20}, {7, 0, 1}, 0.5),
            (std::vector<float>{1, 1, 1e-5f}));
}

TEST(InputScales, AwqByHand) {
  std::vector<float> s = awqScales({4, 1}, 0.5);
  EXPECT_FLOAT_EQ(s[0], 1.4142135f);
  EXPECT_FLOAT_EQ(s[1], 0.70710678f);
  EXPECT_EQ(awqScales({3, 0, 1e9}, 0), (std::vector<float>{1, 1, 1}));
  EXPECT_TRUE(awqScales({}, 0.5).empty());
}

namespace {
/// Inputs of which some are far larger than the rest, and weights for them.
struct Problem {
  Problem(int64_t rows, int64_t cols, unsigned seed, bool hasOutliers = true) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    weights.rows = rows;
    weights.cols = cols;
    weights.scheme.bits = 3;
    weights.data.resize(size_t(rows * cols));
    for (float &w : weights.data)
      w = normal(random);
    inputs.resize(size_t(count * cols));
    means.assign(size_t(cols), 0);
    for (int64_t i = 0; i < count * cols; ++i) {
      bool isLarge = hasOutliers && i % cols % 7 == 3;
      inputs[size_t(i)] = normal(random) * (isLarge ? 20.0f : 1.0f);
      means[size_t(i % cols)] += std::fabs(inputs[size_t(i)]) / count;
    }
    hessian.resize(size_t(cols * cols));
    for (int64_t a = 0; a < cols; ++a)
      for (int64_t b = 0; b < cols; ++b)
        for (int64_t r = 0; r < count; ++r)
          hessian[size_t(a * cols + b)] +=
              inputs[size_t(r * cols + a)] * inputs[size_t(r * cols + b)];
  }

  /// Squared error of the outputs with these scales, from its definition.
  double error(const std::vector<float> &scales) const {
    std::vector<float> scaled = weights.data;
    for (size_t i = 0; i < scaled.size(); ++i)
      scaled[i] *= scales[i % size_t(weights.cols) % scales.size()];
    auto codes = lookupMethod("rtn")->quantize(
        {scaled, weights.rows, weights.cols}, weights.scheme);
    std::vector<float> again = cantFail(std::move(codes)).reconstruct();
    double sum = 0;
    for (int64_t t = 0; t < count; ++t)
      for (int64_t r = 0; r < weights.rows; ++r) {
        double output = 0;
        for (int64_t k = 0; k < weights.cols; ++k) {
          size_t at = size_t(r * weights.cols + k);
          output += inputs[size_t(t * weights.cols + k)] *
                    (double(weights.data[at]) -
                     again[at] / scales[size_t(k) % scales.size()]);
        }
        sum += output * output;
      }
    return sum;
  }

  static constexpr int64_t count = 60;
  ScaledWeights weights;
  std::vector<float> inputs, hessian;
  std::vector<double> means;
};
} // namespace

TEST(InputScales, SearchFindsTheLeastOutputError) {
  for (auto [rows, cols] : {std::pair(9, 28), std::pair(5, 16)}) {
    Problem problem(rows, cols, 1);
    auto found =
        searchAwqScales({problem.weights}, problem.means, problem.hessian);
    ASSERT_TRUE(bool(found)) << llvm::toString(found.takeError());
    double plain = problem.error(std::vector<float>(size_t(cols), 1));
    double least = plain;
    for (int step = 0; step < 20; ++step)
      least =
          std::min(least, problem.error(awqScales(problem.means, step / 20.0)));
    EXPECT_NEAR(problem.error(found->scales), least, 1e-3 * least);
    EXPECT_NEAR(found->error, least / plain, 1e-3);
    EXPECT_LT(found->error, 0.5);
    EXPECT_GT(found->exponent, 0);
    EXPECT_EQ(found->scales, awqScales(problem.means, found->exponent));
  }
}

TEST(InputScales, SearchIsNeverWorseThanNoScales) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    Problem problem(4, 12, seed, /*hasOutliers=*/false);
    auto found =
        searchAwqScales({problem.weights}, problem.means, problem.hessian);
    ASSERT_TRUE(bool(found));
    EXPECT_LE(found->error, 1);
    EXPECT_LE(problem.error(found->scales),
              problem.error(std::vector<float>(12, 1)) * (1 + 1e-4));
  }
}

TEST(InputScales, ScalesServeSeveralInputs) {
  Problem problem(6, 24, 3);
  std::vector<double> shared(8, 1.0);
  shared[3] = 20;
  auto found = searchAwqScales({problem.weights, problem.weights}, shared,
                               problem.hessian);
  ASSERT_TRUE(bool(found));
  EXPECT_EQ(found->scales.size(), 8u);
  EXPECT_NEAR(found->error,
              problem.error(found->scales) /
                  problem.error(std::vector<float>(8, 1)),
              1e-3);
}

TEST(InputScales, ThreadsDoNotMatter) {
  Problem problem(37, 20, 4);
  std::vector<AwqScales> results;
  for (unsigned threads : {1, 3}) {
    setThreadCount(threads);
    results.push_back(cantFail(
        searchAwqScales({problem.weights}, problem.means, problem.hessian)));
  }
  setThreadCount(0);
  EXPECT_EQ(results[0].scales, results[1].scales);
  EXPECT_EQ(results[0].error, results[1].error);
}

TEST(InputScales, SearchRefusesWhatTheMethodRefuses) {
  Problem problem(2, 8, 5);
  problem.weights.data[3] = NAN;
  auto found =
      searchAwqScales({problem.weights}, problem.means, problem.hessian);
  ASSERT_FALSE(bool(found));
  EXPECT_NE(llvm::toString(found.takeError()).find("row 0"), std::string::npos);
}
