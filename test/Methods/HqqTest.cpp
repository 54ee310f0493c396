//===- HqqTest.cpp - tests of the method 'hqq' ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The shrinkage, what holds for every matrix, groups that are special. The
// numbers of small-floats.py come from NumPy.

#include "../../lib/Methods/HQQ.h"
#include "QuantizeOrFail.h"
#include "quantc/Formats/Format.h"
#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantc;

static std::vector<float> randomWeights(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::student_t_distribution<float> heavy(4);
  std::vector<float> weights(count);
  for (float &weight : weights)
    weight = 0.3f * heavy(random) + 0.1f;
  return weights;
}

static GroupScheme realScheme(unsigned bits, int64_t groupSize) {
  return {.bits = bits,
          .symmetric = false,
          .groupSize = groupSize,
          .scaleType = ScaleType::FP16,
          .realZeros = true};
}

/// sum |w - w^|^0.7 of a group.
static double objective(const std::vector<float> &weights,
                        const QuantizedMatrix &q, int64_t row, int64_t group) {
  std::vector<float> back = q.reconstruct();
  double sum = 0;
  for (int64_t c = group * q.groupSize;
       c < std::min(q.cols, (group + 1) * q.groupSize); ++c)
    sum += std::pow(std::fabs(double(weights[size_t(row * q.cols + c)]) -
                              double(back[size_t(row * q.cols + c)])),
                    0.7);
  return sum;
}

TEST(Hqq, ShrinksAsPublished) {
  EXPECT_NEAR(methods::shrinkLp(0.5f, 10), 0.376886, 1e-6);
  EXPECT_NEAR(methods::shrinkLp(-0.3f, 10), -0.156496, 1e-6);
  EXPECT_EQ(methods::shrinkLp(0.05f, 10), 0);
  EXPECT_EQ(methods::shrinkLp(0, 10), 0);
}

TEST(Hqq, NoGroupIsWorseThanItsStart) {
  int64_t moved = 0;
  for (unsigned bits : {2u, 3u, 4u, 8u})
    for (unsigned seed : {1u, 2u, 3u}) {
      std::vector<float> weights = randomWeights(8 * 200, seed);
      GroupScheme scheme = realScheme(bits, 64);
      QuantizedMatrix rtn = quantize("rtn", weights, 8, scheme);
      QuantizedMatrix hqq = quantize("hqq", weights, 8, scheme);
      int64_t kept = 0;
      for (int64_t r = 0; r < 8; ++r)
        for (int64_t g = 0; g < 4; ++g) {
          size_t at = size_t(r * 4 + g);
          EXPECT_EQ(hqq.scales[at], rtn.scales[at]);
          if (hqq.realZeros[at] == rtn.realZeros[at]) {
            ++kept;
            continue;
          }
          ++moved;
          EXPECT_LT(objective(weights, hqq, r, g),
                    objective(weights, rtn, r, g) * (1 + 1e-6));
        }
      EXPECT_EQ(hqq.groupsKeptAtRtn, kept);
    }
  EXPECT_GT(moved, 100); // of 384
}

TEST(Hqq, ZeroPointsAreHalves) {
  std::vector<float> weights = randomWeights(4 * 96, 4);
  QuantizedMatrix q = quantize("hqq", weights, 4, realScheme(3, 32));
  bool isAnyBetweenCodes = false;
  for (float zero : q.realZeros) {
    EXPECT_EQ(lookupFormat("fp16")->round(zero), zero);
    isAnyBetweenCodes |= zero != std::rint(zero);
  }
  EXPECT_TRUE(isAnyBetweenCodes);
}

TEST(Hqq, ThreadsDoNotChangeResults) {
  std::vector<float> weights = randomWeights(64 * 128, 5);
  setThreadCount(1);
  QuantizedMatrix one = quantize("hqq", weights, 64, realScheme(4, 64));
  setThreadCount(3);
  QuantizedMatrix three = quantize("hqq", weights, 64, realScheme(4, 64));
  setThreadCount(0);
  EXPECT_EQ(one.codes, three.codes);
  EXPECT_EQ(one.realZeros, three.realZeros);
}

TEST(Hqq, RangesFarFromZero) {
  // A range of 2 at 1000, and one number: steps are so large that the zero
  // point is no larger than 1024.
  std::vector<float> weights = {1000, 1001, 1002, 999.5f, -3, -3, -3, -3};
  for (llvm::StringRef method : {"rtn", "mse", "hqq"}) {
    QuantizedMatrix q = quantize(method, weights, 2, realScheme(4, 0));
    for (float zero : q.realZeros)
      EXPECT_LE(std::fabs(zero), 1025);
    std::vector<float> back = q.reconstruct();
    for (size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(back[i], weights[i], q.scales[0]);
    for (size_t i = 4; i < 8; ++i)
      EXPECT_NEAR(back[i], -3, 3.0 / 1024);
  }
}

TEST(Hqq, SpecialGroups) {
  std::vector<float> zeros(2 * 40, 0.0f);
  for (llvm::StringRef method : {"rtn", "mse", "hqq"}) {
    QuantizedMatrix q = quantize(method, zeros, 2, realScheme(4, 32));
    EXPECT_EQ(q.scales, std::vector<float>(4, 1.0f));
    EXPECT_EQ(q.realZeros, std::vector<float>(4, 0.0f));
    EXPECT_EQ(q.codes, std::vector<uint8_t>(80, 0));
    EXPECT_TRUE(quantize(method, {}, 1, realScheme(4, 0)).codes.empty());
  }
  std::vector<float> wide = {1e6f, -1e6f};
  auto result = lookupMethod("hqq")->quantize({wide, 1, 2}, realScheme(4, 0));
  ASSERT_FALSE(bool(result));
  EXPECT_NE(takeFailure(result.takeError()).message.find("16 bits"),
            std::string::npos);
}
