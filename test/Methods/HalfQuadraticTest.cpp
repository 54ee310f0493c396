//===- HalfQuadraticTest.cpp - the method 'hqq' -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Shrinkage worked out by hand, a group worked out by NumPy, the objective
// against that of round-to-nearest, threads.

#include "../../lib/Methods/HalfQuadratic.h"
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

static std::vector<float> randomWeights(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.02f);
  std::vector<float> weights(static_cast<size_t>(count));
  for (float &weight : weights)
    weight = normal(random);
  return weights;
}

/// Sum of |w - reconstruction|^0.7.
static double objective(const QuantizedMatrix &q,
                        const std::vector<float> &weights) {
  std::vector<float> back = q.reconstruct();
  double sum = 0;
  for (size_t i = 0; i < weights.size(); ++i)
    sum += std::pow(std::fabs(double(weights[i]) - back[i]), 0.7);
  return sum;
}

static double shrink(double x) {
  return methods::shrinkError(x, std::pow(std::fabs(x), methods::kErrorPower),
                              10);
}

TEST(HalfQuadratic, ShrinkageByHand) {
  EXPECT_NEAR(shrink(.5), .376886, 1e-6);
  EXPECT_NEAR(shrink(-.3), -.156496, 1e-6);
  EXPECT_EQ(shrink(.05), 0);
  EXPECT_EQ(shrink(0), 0);
}

TEST(HalfQuadratic, OneGroupAsNumPyFitsIt) {
  // Printed by hqq.py.
  std::vector<float> weights = {1, .5f, .46f, -.48f, .52f, -.5f, 0, .1f};
  GroupScheme scheme{.bits = 2, .symmetric = true, .groupSize = 0};
  QuantizedMatrix q = quantize("hqq", {weights, 1, 8}, scheme);
  EXPECT_EQ(q.codes, (std::vector<uint8_t>{3, 3, 3, 1, 3, 1, 2, 2}));
  EXPECT_NEAR(q.scales[0], 0.5003048, 1e-6);
  EXPECT_EQ(q.groupsKeptAtRtn, 0);
  EXPECT_EQ(quantize("rtn", {weights, 1, 8}, scheme).scales[0], 1);
}

TEST(HalfQuadratic, ObjectiveIsNeverWorseAndMostlyMuchBetter) {
  std::vector<float> weights = randomWeights(16 * 256, 1);
  MatrixRef matrix{weights, 16, 256};
  for (unsigned bits = 2; bits <= 8; ++bits)
    for (bool symmetric : {true, false})
      for (ScaleType type : {ScaleType::FP32, ScaleType::FP16}) {
        GroupScheme scheme{bits, symmetric, 64, type};
        QuantizedMatrix q = quantize("hqq", matrix, scheme);
        double rtn = objective(quantize("rtn", matrix, scheme), weights);
        EXPECT_LE(objective(q, weights), (bits < 4 ? 0.95 : 1.0) * rtn) << bits;
        EXPECT_LT(q.groupsKeptAtRtn, 64);
      }
}

TEST(HalfQuadratic, UnitsOfWeightsDoNotMatter) {
  std::vector<float> weights = randomWeights(8 * 128, 2), larger = weights;
  for (float &weight : larger)
    weight *= 4096;
  GroupScheme scheme{.bits = 3, .symmetric = false, .groupSize = 64};
  EXPECT_EQ(quantize("hqq", {weights, 8, 128}, scheme).codes,
            quantize("hqq", {larger, 8, 128}, scheme).codes);
}

TEST(HalfQuadratic, ExactGroupsStayAtRoundToNearest) {
  std::vector<float> weights = {-7, 3, 0, 7, 14, -14, 2, 4};
  QuantizedMatrix q =
      quantize("hqq", {weights, 2, 4}, {.bits = 4, .groupSize = 0});
  EXPECT_EQ(q.groupsKeptAtRtn, 2);
  EXPECT_EQ(q.reconstruct(), weights);
}

TEST(HalfQuadratic, ThreadsDoNotMatter) {
  std::vector<float> weights = randomWeights(37 * 100, 3);
  MatrixRef matrix{weights, 37, 100};
  GroupScheme scheme{.bits = 3, .symmetric = false, .groupSize = 32};
  setThreadCount(1);
  QuantizedMatrix one = quantize("hqq", matrix, scheme);
  setThreadCount(3);
  QuantizedMatrix three = quantize("hqq", matrix, scheme);
  setThreadCount(0);
  EXPECT_EQ(one.codes, three.codes);
  EXPECT_EQ(one.scales, three.scales);
}
