//===- MethodTest.cpp - what holds for every method -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Properties, special groups and errors of every method.

#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace quantc;

static std::vector<float> randomWeights(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.02f);
  std::vector<float> weights(count);
  for (float &weight : weights)
    weight = normal(random);
  // An outlier now and then, as real layers have them.
  for (size_t i = 0; i < count; i += 97)
    weights[i] *= 8;
  return weights;
}

/// With independent inputs of equal size that did not drift, for methods that
/// ask for them.
static llvm::Expected<QuantizedMatrix>
tryQuantize(llvm::StringRef method, const std::vector<float> &weights,
            int64_t rows, const GroupScheme &scheme) {
  int64_t cols = rows ? int64_t(weights.size()) / rows : 0;
  std::vector<float> identity(size_t(cols * cols));
  for (int64_t i = 0; i < cols; ++i)
    identity[size_t(i * (cols + 1))] = 1;
  std::vector<float> zeros(identity.size(), 0.0f);
  return lookupMethod(method)->quantize({weights, rows, cols, identity, zeros},
                                        scheme);
}

static QuantizedMatrix quantize(llvm::StringRef method,
                                const std::vector<float> &weights, int64_t rows,
                                const GroupScheme &scheme) {
  auto result = tryQuantize(method, weights, rows, scheme);
  EXPECT_TRUE(bool(result)) << takeFailure(result.takeError()).message;
  return result ? *result : QuantizedMatrix();
}

/// Every scheme that is allowed, with a group size that leaves a short tail.
static std::vector<GroupScheme> allSchemes() {
  std::vector<GroupScheme> schemes;
  for (unsigned bits = 1; bits <= 8; ++bits)
    for (bool symmetric : {false, true})
      for (ScaleType type : {ScaleType::FP32, ScaleType::FP16})
        if (bits > 1 || !symmetric)
          schemes.push_back({bits, symmetric, 32, type});
  return schemes;
}

/// Methods that take integers.
static std::vector<Method> integerMethods() {
  std::vector<Method> methods;
  for (const Method &method : allMethods())
    if (method.takes == MethodTakes::Any ||
        method.takes == MethodTakes::ZeroCodes)
      methods.push_back(method);
  return methods;
}

TEST(Method, TableIsFound) {
  for (const Method &method : allMethods()) {
    EXPECT_EQ(lookupMethod(method.name), &method);
    EXPECT_FALSE(method.summary.empty());
  }
  EXPECT_EQ(lookupMethod("none"), nullptr);
  EXPECT_EQ(*requireMethod("rtn"), lookupMethod("rtn"));
  Failure failure = takeFailure(requireMethod("rtm").takeError());
  EXPECT_EQ(failure.exitCode, 1);
  EXPECT_NE(failure.message.find("'rtn'"), std::string::npos);
}

TEST(Method, EveryWeightGetsItsNearestLevel) {
  std::vector<float> weights = randomWeights(4 * 72, 1);
  for (const Method &method : integerMethods())
    for (const GroupScheme &scheme : allSchemes()) {
      QuantizedMatrix q = quantize(method.name, weights, 4, scheme);
      ASSERT_EQ(q.groups, 3);
      std::vector<float> back = q.reconstruct();
      for (size_t i = 0; i < weights.size(); ++i) {
        size_t group = i / 72 * 3 + i % 72 / 32;
        double scale = q.scales[group], zero = q.zeroPoints[group];
        int last = (1 << scheme.bits) - 1;
        double best = std::numeric_limits<double>::infinity();
        for (int code = 0; code <= last; ++code)
          best = std::min(best, std::fabs(weights[i] - scale * (code - zero)));
        ASSERT_LE(q.codes[i], last);
        // The fp32 quotient may fall on the other side of a tie.
        EXPECT_NEAR(std::fabs(weights[i] - back[i]), best, 2e-5 * scale)
            << method.name.str() << ' ' << scheme.bits;
      }
    }
}

TEST(Method, NeverWorseThanRoundToNearest) {
  for (unsigned seed : {1u, 2u, 3u}) {
    std::vector<float> weights = randomWeights(8 * 200, seed);
    MatrixRef matrix{weights, 8, 200};
    for (const GroupScheme &scheme : allSchemes()) {
      double rtn = quantize("rtn", weights, 8, scheme).squaredError(matrix);
      for (const Method &method : integerMethods()) {
        double error =
            quantize(method.name, weights, 8, scheme).squaredError(matrix);
        EXPECT_LE(error, rtn) << method.name.str() << ' ' << scheme.bits;
      }
    }
  }
}

TEST(Method, ClipSearchFindsABetterRangeWhereOutliersAre) {
  std::vector<float> weights = randomWeights(8 * 256, 4);
  MatrixRef matrix{weights, 8, 256};
  GroupScheme scheme{.bits = 3, .groupSize = 0};
  QuantizedMatrix rtn = quantize("rtn", weights, 8, scheme);
  QuantizedMatrix mse = quantize("mse", weights, 8, scheme);
  EXPECT_LT(mse.squaredError(matrix), 0.8 * rtn.squaredError(matrix));
  EXPECT_EQ(mse.groupsKeptAtRtn, 0);
}

TEST(Method, ClipSearchKeepsRtnWhereItIsExact) {
  std::vector<float> weights = {-7, 3, 0, 7, 14, -14, 2, 4};
  QuantizedMatrix q = quantize("mse", weights, 2, {.bits = 4, .groupSize = 0});
  EXPECT_EQ(q.groupsKeptAtRtn, 2);
  EXPECT_EQ(q.reconstruct(), weights);
}

TEST(Method, PerChannelIsOneGroupARow) {
  std::vector<float> weights = randomWeights(3 * 50, 5);
  for (int64_t groupSize : {0, 50, 1000}) {
    QuantizedMatrix q = quantize("rtn", weights, 3, {4, true, groupSize});
    EXPECT_EQ(q.groups, 1);
    EXPECT_EQ(q.groupSize, 50);
    for (int64_t r = 0; r < 3; ++r) {
      float amax = 0;
      for (int64_t c = 0; c < 50; ++c)
        amax = std::max(amax, std::fabs(weights[size_t(r * 50 + c)]));
      EXPECT_EQ(q.scales[size_t(r)], amax / 7);
    }
  }
}

TEST(Method, ZeroIsAlwaysExact) {
  std::vector<float> weights = {0, 1, 2, 3, -0.0f, -1, -2, -3, 0, 5, 0, -1};
  for (const Method &method : integerMethods())
    for (const GroupScheme &scheme : allSchemes()) {
      std::vector<float> back =
          quantize(method.name, weights, 3, scheme).reconstruct();
      for (size_t i = 0; i < weights.size(); ++i)
        if (weights[i] == 0)
          EXPECT_EQ(back[i], 0) << method.name.str() << ' ' << scheme.bits;
    }
}

TEST(Method, GroupsOfZerosHaveScaleOne) {
  std::vector<float> weights(2 * 40, 0.0f);
  weights[3] = -0.0f;
  for (const Method &method : integerMethods())
    for (const GroupScheme &scheme : allSchemes()) {
      QuantizedMatrix q = quantize(method.name, weights, 2, scheme);
      EXPECT_EQ(q.scales, std::vector<float>(4, 1.0f));
      uint8_t zero = scheme.symmetric ? scheme.symmetricZeroPoint() : 0;
      EXPECT_EQ(q.zeroPoints, std::vector<uint8_t>(4, zero));
      EXPECT_EQ(q.codes, std::vector<uint8_t>(80, zero));
    }
}

TEST(Method, OneSidedRangesReachZero) {
  GroupScheme scheme{.bits = 4, .symmetric = false, .groupSize = 0};
  QuantizedMatrix positive = quantize("rtn", {10, 12, 15}, 1, scheme);
  EXPECT_EQ(positive.zeroPoints[0], 0);
  EXPECT_EQ(positive.scales[0], 1);
  EXPECT_EQ(positive.codes, (std::vector<uint8_t>{10, 12, 15}));
  QuantizedMatrix negative = quantize("rtn", {-10, -12, -15}, 1, scheme);
  EXPECT_EQ(negative.zeroPoints[0], 15);
  EXPECT_EQ(negative.codes, (std::vector<uint8_t>{5, 3, 0}));
}

TEST(Method, TinyAndHugeWeightsStayInRange) {
  const float huge = std::numeric_limits<float>::max();
  const float tiny = std::numeric_limits<float>::denorm_min();
  for (const Method &method : integerMethods())
    for (bool symmetric : {true, false}) {
      GroupScheme scheme{.bits = 4, .symmetric = symmetric, .groupSize = 0};
      QuantizedMatrix large =
          quantize(method.name, {huge, huge / 2, 0}, 1, scheme);
      EXPECT_TRUE(std::isfinite(large.scales[0]));
      EXPECT_EQ(large.codes[0], 15);
      QuantizedMatrix small = quantize(method.name, {tiny, -tiny}, 1, scheme);
      EXPECT_EQ(small.scales[0], std::numeric_limits<float>::min());
      EXPECT_EQ(small.codes[0], small.zeroPoints[0]);
      scheme.scaleType = ScaleType::FP16;
      small = quantize(method.name, {1e-9f, -1e-9f}, 1, scheme);
      EXPECT_EQ(small.scales[0], 0x1p-24f);
    }
}

TEST(Method, EmptyMatrices) {
  for (const Method &method : integerMethods()) {
    EXPECT_TRUE(quantize(method.name, {}, 0, {}).codes.empty());
    EXPECT_TRUE(quantize(method.name, {}, 5, {}).scales.empty());
  }
}

/// The failure of quantizing; its message must hold every part.
static void expectFailure(llvm::Expected<QuantizedMatrix> result, int exitCode,
                          llvm::ArrayRef<const char *> parts) {
  ASSERT_FALSE(bool(result));
  Failure failure = takeFailure(result.takeError());
  EXPECT_EQ(failure.exitCode, exitCode);
  for (const char *part : parts)
    EXPECT_NE(failure.message.find(part), std::string::npos) << failure.message;
}

TEST(Method, NotFiniteWeightsAreErrorsThatNameTheFirst) {
  for (const Method &method : integerMethods()) {
    std::vector<float> weights(300 * 10, 1.0f);
    weights[2950] = std::numeric_limits<float>::quiet_NaN();
    weights[1233] = -std::numeric_limits<float>::infinity();
    expectFailure(
        tryQuantize(method.name, weights, 300, {}), 3,
        {"row 123, column 3 is infinite; weights must be finite numbers"});
    weights[1233] = 1;
    expectFailure(tryQuantize(method.name, weights, 300, {}), 3,
                  {"row 295, column 0 is NaN"});
  }
}

TEST(Method, RangesTooWideForTheScaleAreErrors) {
  const float huge = std::numeric_limits<float>::max();
  for (const Method &method : integerMethods()) {
    GroupScheme scheme{.bits = 4, .symmetric = false, .groupSize = 2};
    expectFailure(tryQuantize(method.name, {0, 0, huge, -huge}, 1, scheme), 3,
                  {"row 0", "group 1", "32 bits"});
    scheme = {4, true, 1, ScaleType::FP16};
    expectFailure(tryQuantize(method.name, {1, 1e6f}, 2, scheme), 3,
                  {"row 1", "group 0", "16 bits"});
  }
}

TEST(Method, SchemesThatAreNotAllowed) {
  for (const Method &method : integerMethods()) {
    expectFailure(tryQuantize(method.name, {1}, 1, {1, true}), 1,
                  {"symmetric integer weights have 2 to 8 bits, not 1"});
    expectFailure(tryQuantize(method.name, {1}, 1, {0, false}), 1,
                  {"asymmetric integer weights have 1 to 8 bits, not 0"});
    expectFailure(tryQuantize(method.name, {1}, 1, {9, false}), 1, {"not 9"});
    expectFailure(tryQuantize(method.name, {1}, 1, {4, true, -1}), 1,
                  {"the group size of weights must be positive, or 0 for "
                   "whole rows, not -1"});
  }
}

TEST(Method, RealZeroPointsAreOfTheSchemesThatHaveThem) {
  GroupScheme real{.bits = 4, .symmetric = false, .realZeros = true};
  expectFailure(tryQuantize("gptq", {1}, 1, real), 1,
                {"the method 'gptq' gives no zero points that are numbers; "
                 "those that do are rtn, mse, hqq"});
  expectFailure(tryQuantize("hqq", {1}, 1, {4, false}), 1,
                {"the method 'hqq' takes integer weights whose zero points are "
                 "numbers only: 'zero_point: f16'"});
  real.symmetric = true;
  expectFailure(tryQuantize("rtn", {1}, 1, real), 1,
                {"symmetric weights have no zero points that are numbers"});
}

TEST(QuantizedMatrix, RealZeroPointsByHand) {
  GroupScheme scheme{
      .bits = 4, .symmetric = false, .groupSize = 2, .realZeros = true};
  QuantizedMatrix q(1, 3, scheme);
  q.codes = {0, 15, 8};
  q.scales = {0.5f, 2};
  q.realZeros = {1.25f, 7.5f};
  EXPECT_EQ(q.reconstruct(), (std::vector<float>{-0.625f, 6.875f, 1}));
  std::vector<float> weights = {-0.5f, 6.875f, 3};
  EXPECT_EQ(q.squaredError({weights, 1, 3}), 0.015625 + 4);
  // (0 + 15 - 2 * 1.25) * 0.5 and (8 - 7.5) * 2: what a row of ones gives.
  EXPECT_EQ(q.rowSums(), std::vector<float>{7.25f});
}

TEST(QuantizedMatrix, ReconstructionAndErrorByHand) {
  GroupScheme scheme{.bits = 4, .symmetric = false, .groupSize = 2};
  QuantizedMatrix q(1, 3, scheme);
  q.codes = {0, 15, 8};
  q.scales = {0.5f, 2};
  q.zeroPoints = {1, 8};
  EXPECT_EQ(q.reconstruct(), (std::vector<float>{-0.5f, 7, 0}));
  std::vector<float> weights = {-0.25f, 6, 3};
  EXPECT_EQ(q.squaredError({weights, 1, 3}), 0.0625 + 1 + 9);
  // (0 + 15 - 2 * 1) * 0.5 and (8 - 8) * 2: what a row of ones gives.
  EXPECT_EQ(q.rowSums(), std::vector<float>{6.5f});
}
