//===- MagnitudeStatisticsTest.cpp - quantiles of magnitudes ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Thresholds of the normal distribution, against its quantiles; numbers that
// must not disturb them.

#include "quantc/Calibrate/MagnitudeStatistics.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>

using namespace quantc;

/// Phi((1 + p) / 2) inverted by bisection of erf: the magnitude that the share
/// p of N(0, 1) does not exceed.
static double normalMagnitude(double p) {
  double low = 0, high = 40;
  for (int i = 0; i < 200; ++i) {
    double middle = (low + high) / 2;
    (std::erf(middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return low;
}

/// Numbers that are spread like N(0, 1), in equal steps of probability.
static std::vector<float> normalNumbers() {
  std::vector<float> numbers;
  constexpr int count = 20000;
  for (int i = 0; i < count; ++i) {
    auto magnitude = float(normalMagnitude((i + 0.5) / count));
    numbers.push_back(i % 2 ? magnitude : -magnitude);
  }
  return numbers;
}

TEST(MagnitudeStatistics, NormalDistribution) {
  MagnitudeStatistics statistics;
  statistics.add(normalNumbers());
  EXPECT_NEAR(statistics.quantile(0.25), 0.318639, 2e-4);
  EXPECT_NEAR(statistics.quantile(0.4), 0.524401, 2e-4);
  EXPECT_NEAR(statistics.quantile(0.5), 0.674490, 2e-4);
  EXPECT_NEAR(statistics.quantile(0.65), 0.934589, 2e-4);
  EXPECT_EQ(statistics.quantile(0), 0);
}

TEST(MagnitudeStatistics, OutliersLeaveTheRest) {
  std::vector<float> numbers = normalNumbers();
  MagnitudeStatistics alone, together;
  alone.add(numbers);
  for (float &number : llvm::MutableArrayRef(numbers).take_front(2))
    number = 1e30f;
  together.add(numbers);
  EXPECT_NEAR(together.quantile(0.4), alone.quantile(0.4), 1e-3);
}

TEST(MagnitudeStatistics, DivisionIntoCalls) {
  std::vector<float> numbers = normalNumbers();
  MagnitudeStatistics once, often;
  once.add(numbers);
  for (llvm::ArrayRef<float> rest = numbers; !rest.empty();) {
    size_t part = std::min<size_t>(rest.size(), 37);
    often.add(rest.take_front(part));
    rest = rest.drop_front(part);
  }
  for (double share : {0.1, 0.4, 0.9, 1.0})
    EXPECT_EQ(once.quantile(share), often.quantile(share));
  EXPECT_EQ(once.count(), often.count());
}

TEST(MagnitudeStatistics, Edges) {
  MagnitudeStatistics none, zeros, broken;
  EXPECT_EQ(none.quantile(0.5), 0);
  zeros.add({0, -0.0f, 0, 2});
  // Three quarters are 0: what is left out may be all of them, and nothing
  // of 2.
  EXPECT_LT(zeros.quantile(0.5), 1e-37);
  EXPECT_GE(zeros.quantile(1), 2);
  EXPECT_TRUE(zeros.isFinite());
  broken.add({1, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_FALSE(broken.isFinite());
  EXPECT_EQ(broken.count(), 1);
}
