//===- StepsTest.cpp - weights that are no integers -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// MXFP4, NVFP4, ternary and odd weights and scales of 8 bits, with every
// method. Expected numbers are worked out by hand or by trying everything.

#include "quantc/Formats/Format.h"
#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace quantc;
using Floats = std::vector<float>;

static Floats randomWeights(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.02f);
  Floats weights(count);
  for (float &weight : weights)
    weight = normal(random);
  for (size_t i = 0; i < count; i += 97)
    weights[i] *= 8;
  return weights;
}

static GroupScheme schemeOf(llvm::StringRef code, int64_t groupSize,
                            ScaleType scale) {
  GroupScheme scheme;
  scheme.steps = lookupCodeSteps(code);
  scheme.bits = scheme.steps ? scheme.steps->bits : 2;
  scheme.groupSize = groupSize;
  scheme.scaleType = scale;
  return scheme;
}

static std::vector<GroupScheme> allStepSchemes() {
  std::vector<GroupScheme> schemes;
  for (const CodeSteps &steps : allCodeSteps())
    for (ScaleType type :
         {ScaleType::FP32, ScaleType::FP16, ScaleType::E8M0, ScaleType::E4M3})
      schemes.push_back(schemeOf(steps.name, 32, type));
  for (ScaleType type : {ScaleType::E8M0, ScaleType::E4M3})
    for (bool symmetric : {true, false}) {
      schemes.push_back(schemeOf("uint", 32, type));
      schemes.back().symmetric = symmetric;
      schemes.back().bits = symmetric ? 2 : 4;
    }
  return schemes;
}

static bool takes(const Method &method, const GroupScheme &scheme) {
  llvm::Error error = method.check(scheme);
  bool isTaken = !error;
  llvm::consumeError(std::move(error));
  return isTaken;
}

static std::string nameOf(const Method &method, const GroupScheme &scheme) {
  return method.name.str() + " " +
         (scheme.steps ? scheme.steps->name.str()
                       : "uint" + std::to_string(scheme.bits)) +
         " scale type " + std::to_string(int(scheme.scaleType));
}

static QuantizedMatrix quantize(llvm::StringRef method, const Floats &weights,
                                int64_t rows, const GroupScheme &scheme) {
  int64_t cols = int64_t(weights.size()) / rows;
  Floats identity(size_t(cols * cols));
  for (int64_t i = 0; i < cols; ++i)
    identity[size_t(i * (cols + 1))] = 1;
  Floats drift(identity.size(), 0.0f);
  auto result = lookupMethod(method)->quantize(
      {weights, rows, cols, identity, drift}, scheme);
  EXPECT_TRUE(bool(result)) << takeFailure(result.takeError()).message;
  return result ? *result : QuantizedMatrix();
}

/// What stored codes and scales stand for, by the formats alone.
static Floats decode(const QuantizedMatrix &q) {
  std::vector<uint8_t> codes = q.storedCodes(), scales = q.storedScales();
  const Format &code = *lookupFormat(q.steps->name);
  const Format &scale =
      *lookupFormat(q.scaleType == ScaleType::E8M0 ? "e8m0" : "e4m3");
  Floats numbers;
  for (int64_t i = 0; i < q.rows * q.cols; ++i) {
    int64_t group = i / q.cols * q.groups + i % q.cols / q.groupSize;
    // The unit is of steps; that of numbers is exact, too.
    float factor = scale.decode(scales[group]) * (q.scaleUnit / q.steps->unit);
    numbers.push_back(code.decode(codes[i]) * factor);
  }
  return numbers;
}

TEST(Steps, Mxfp4) {
  GroupScheme scheme = schemeOf("e2m1", 32, ScaleType::E8M0);
  Floats weights = {.1f, -.6f, 1.2f, 2.5f, -3.1f, 4.2f, 5, 6.9f};
  QuantizedMatrix q = quantize("rtn", weights, 1, scheme);
  EXPECT_EQ(q.storedScales(), std::vector<uint8_t>{127});
  EXPECT_EQ(decode(q), (Floats{0, -.5f, 1, 2, -3, 4, 4, 6}));
  EXPECT_EQ(q.reconstruct(), decode(q));
  // The rule cuts what lies between 6 and 8.
  weights.back() = 7.5f;
  EXPECT_EQ(decode(quantize("rtn", weights, 1, scheme)).back(), 6);
  EXPECT_EQ(decode(quantize("mse", weights, 1, scheme)).back(), 8);
  weights.back() = 8;
  q = quantize("rtn", weights, 1, scheme);
  EXPECT_EQ(q.storedScales(), std::vector<uint8_t>{128});
}

TEST(Steps, Nvfp4) {
  GroupScheme scheme = schemeOf("e2m1", 16, ScaleType::E4M3);
  Floats weights,
      wanted{-6, -4, -4, -3, -2, -1.5f, -.5f, 0, 1, 1.5f, 2, 3, 4, 4, 6, 6};
  for (int i = 0; i < 16; ++i)
    weights.push_back(.013f * float(i) - .09f);
  // A second block makes the largest weight of the tensor 1.
  weights.resize(32);
  weights[16] = -1;
  QuantizedMatrix q = quantize("rtn", weights, 1, scheme);
  EXPECT_EQ(2 * q.scaleUnit, 1 / 2688.0f);
  const Format &e4m3 = *lookupFormat("e4m3");
  std::vector<uint8_t> scales = q.storedScales();
  EXPECT_EQ(e4m3.decode(scales[0]), 48);
  EXPECT_EQ(e4m3.decode(scales[1]), 448);
  Floats numbers = decode(q);
  for (int i = 0; i < 16; ++i)
    EXPECT_EQ(numbers[i], wanted[i] * (48 * (2 * q.scaleUnit))) << i;
  EXPECT_EQ(q.reconstruct(), numbers);
}

// amax 3, so that a step is 1: thresholds 0 and 2.
TEST(Steps, Odd) {
  Floats weights = {0, -.1f, 1.9f, 2.1f, -2.1f, -3, 3, .1f};
  QuantizedMatrix q =
      quantize("rtn", weights, 1, schemeOf("odd", 0, ScaleType::FP32));
  EXPECT_EQ(q.scales, Floats{1});
  EXPECT_EQ(q.reconstruct(), (Floats{1, -1, 1, 3, -3, -3, 3, 1}));
  EXPECT_EQ(q.storedCodes(), (std::vector<uint8_t>{2, 1, 2, 3, 0, 0, 3, 2}));
  // A step for every number, so that sums of rows are exact.
  EXPECT_EQ(q.rowSums(), Floats{2});
}

TEST(Steps, EveryWeightGetsItsNearestStep) {
  Floats weights = randomWeights(4 * 72, 1);
  for (const Method &method : allMethods())
    for (const GroupScheme &scheme : allStepSchemes()) {
      if (!scheme.steps || method.takes != MethodTakes::Any)
        continue;
      QuantizedMatrix q = quantize(method.name, weights, 4, scheme);
      Floats back = q.reconstruct();
      for (size_t i = 0; i < weights.size(); ++i) {
        double scale = q.scales[i / 72 * 3 + i % 72 / 32], best = INFINITY;
        for (uint8_t byte : scheme.steps->bytes)
          if (byte <= scheme.steps->largestByte())
            best =
                std::min(best, std::fabs(weights[i] -
                                         scale * (byte - scheme.steps->zero)));
        EXPECT_NEAR(std::fabs(weights[i] - back[i]), best, 2e-5 * scale)
            << nameOf(method, scheme);
      }
    }
}

TEST(Steps, StoredScalesAreTheScales) {
  Floats weights = randomWeights(4 * 72, 2);
  for (const Method &method : allMethods())
    for (const GroupScheme &scheme : allStepSchemes()) {
      if (!takes(method, scheme) || !scheme.hasScaleUnit())
        continue;
      QuantizedMatrix q = quantize(method.name, weights, 4, scheme);
      const Format &format =
          *lookupFormat(scheme.scaleType == ScaleType::E8M0 ? "e8m0" : "e4m3");
      std::vector<uint8_t> stored = q.storedScales();
      for (size_t i = 0; i < stored.size(); ++i)
        EXPECT_EQ(format.decode(stored[i]) * q.scaleUnit, q.scales[i])
            << nameOf(method, scheme);
    }
}

TEST(Steps, NeverWorseThanRoundToNearest) {
  for (unsigned seed : {1u, 2u, 3u}) {
    Floats weights = randomWeights(8 * 200, seed);
    MatrixRef matrix{weights, 8, 200};
    for (const GroupScheme &scheme : allStepSchemes()) {
      double rtn = quantize("rtn", weights, 8, scheme).squaredError(matrix);
      for (const Method &method : allMethods()) {
        if (!takes(method, scheme))
          continue;
        EXPECT_LE(
            quantize(method.name, weights, 8, scheme).squaredError(matrix), rtn)
            << nameOf(method, scheme);
      }
    }
  }
}

// The mse of any codes and any scale, of all 3^6 codes.
TEST(Steps, TwnIsTheBestTernary) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    Floats weights = randomWeights(6, seed);
    double least = INFINITY;
    for (int number = 0; number < 729; ++number) {
      double product = 0, power = 0, signal = 0;
      for (int i = 0, rest = number; i < 6; ++i, rest /= 3) {
        product += weights[i] * (rest % 3 - 1);
        power += std::abs(rest % 3 - 1);
        signal += double(weights[i]) * weights[i];
      }
      least = std::min(least, signal - (power ? product * product / power : 0));
    }
    QuantizedMatrix q =
        quantize("twn", weights, 1, schemeOf("ternary", 0, ScaleType::FP32));
    EXPECT_NEAR(q.squaredError({weights, 1, 6}), least, 1e-6 * least);
  }
}

TEST(Steps, ZerosStayZerosOrNearly) {
  Floats weights(2 * 40, 0.0f);
  weights[1] = 4; // the last three groups are zeros
  for (const Method &method : allMethods())
    for (const GroupScheme &scheme : allStepSchemes()) {
      if (!takes(method, scheme))
        continue;
      Floats back = quantize(method.name, weights, 2, scheme).reconstruct();
      for (size_t i = 32; i < back.size(); ++i)
        EXPECT_LE(std::fabs(back[i]),
                  scheme.rule() == StepRule::Odd ? 0.01f : 0.0f)
            << nameOf(method, scheme);
    }
}

TEST(Steps, TinyAndHugeWeights) {
  const float huge = std::numeric_limits<float>::max();
  for (const GroupScheme &scheme : allStepSchemes()) {
    if (!scheme.symmetric || scheme.scaleType == ScaleType::FP16)
      continue;
    for (float size : {huge, 1e-44f, 1e-30f}) {
      QuantizedMatrix q =
          quantize("mse", {size, -size / 2, 0, size / 3}, 1, scheme);
      EXPECT_TRUE(std::isfinite(q.scales[0]) && q.scales[0] > 0);
      for (float number : q.reconstruct())
        EXPECT_TRUE(std::isfinite(number));
    }
  }
}

TEST(Steps, ThreadsDoNotMatter) {
  Floats weights = randomWeights(70 * 130, 5);
  for (const GroupScheme &scheme : allStepSchemes())
    for (const char *method : {"mse", "gptq"}) {
      setThreadCount(1);
      QuantizedMatrix one = quantize(method, weights, 70, scheme);
      setThreadCount(3);
      QuantizedMatrix three = quantize(method, weights, 70, scheme);
      setThreadCount(0);
      EXPECT_EQ(one.codes, three.codes);
      EXPECT_EQ(one.scales, three.scales);
    }
}

static void expectRefusal(llvm::StringRef method, const GroupScheme &scheme,
                          llvm::StringRef message) {
  Failure failure = takeFailure(lookupMethod(method)->check(scheme));
  EXPECT_EQ(failure.exitCode, 1);
  EXPECT_EQ(failure.message, message);
}

TEST(Steps, WhatIsRefused) {
  expectRefusal("twn", {},
                "the method 'twn' takes ternary weights only, not integer ones "
                "of 4 bits");
  expectRefusal("twn", schemeOf("e2m1", 32, ScaleType::E8M0),
                "the method 'twn' takes ternary weights only, not e2m1 ones of "
                "4 bits");
  GroupScheme scheme = schemeOf("e2m1", 32, ScaleType::E8M0);
  scheme.symmetric = false;
  expectRefusal("rtn", scheme, "e2m1 weights have 4 bits and no zero points");
  // fp32 has no scale for a range of twice its largest number.
  const float huge = std::numeric_limits<float>::max();
  scheme = {.bits = 4, .symmetric = false, .scaleType = ScaleType::E4M3};
  Floats weights = {huge, -huge};
  auto result = lookupMethod("rtn")->quantize({weights, 1, 2}, scheme);
  ASSERT_FALSE(bool(result));
  EXPECT_NE(takeFailure(result.takeError()).message.find("8 bits"),
            std::string::npos);
}
