//===- RangeStatisticsTest.cpp - tests of calibrated ranges -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Ranges of known distributions, and independence of order and division.

#include "quantc/Calibrate/RangeStatistics.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace quantc;

static std::vector<float> normalNumbers(int64_t count) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(count);
  for (float &number : numbers)
    number = normal(random);
  return numbers;
}

TEST(RangeStatistics, EmptyHasTheRangeZero) {
  RangeStatistics statistics;
  EXPECT_EQ(statistics.minMax(), std::make_pair(0.0, 0.0));
  EXPECT_EQ(statistics.percentile(99), std::make_pair(0.0, 0.0));
  EXPECT_EQ(statistics.leastSquaredError(), std::make_pair(0.0, 0.0));
}

TEST(RangeStatistics, MinMaxIsExact) {
  RangeStatistics statistics;
  statistics.add({3.5f, -0.25f});
  statistics.add({0.0f, 7.0f});
  EXPECT_EQ(statistics.minMax(), std::make_pair(-0.25, 7.0));
  EXPECT_EQ(statistics.count(), 4);
}

TEST(RangeStatistics, ConstantPositiveValuesKeepTheirRange) {
  RangeStatistics statistics;
  statistics.add({5.0f, 5.0f});
  EXPECT_EQ(statistics.minMax(), std::make_pair(5.0, 5.0));
}

TEST(RangeStatistics, PercentileLeavesOutliersOut) {
  RangeStatistics statistics;
  std::vector<float> numbers(100000);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<float>(i) / 100000;
  numbers.push_back(1000);
  statistics.add(numbers);
  auto [low, high] = statistics.percentile(99);
  EXPECT_NEAR(low, 0.005, 0.005 / 128);
  EXPECT_NEAR(high, 0.995, 1.0 / 128);
  EXPECT_EQ(statistics.minMax().second, 1000);
}

TEST(RangeStatistics, SharesOutsideOfARange) {
  RangeStatistics none;
  EXPECT_EQ(none.shareOutside(0, 0), 0);
  std::vector<float> numbers;
  for (int i = -100; i <= 100; ++i)
    numbers.push_back(static_cast<float>(i));
  RangeStatistics statistics;
  statistics.add(numbers);
  EXPECT_EQ(statistics.shareOutside(-100, 100), 0); // minMax
  EXPECT_NEAR(statistics.shareOutside(-90, 100), 10 / 201.0, 1e-12);
  EXPECT_NEAR(statistics.shareOutside(-90, 49.5), 61 / 201.0, 1e-12);
  auto range = statistics.percentile(80);
  EXPECT_NEAR(statistics.shareOutside(range.first, range.second), 0.2, 0.01);
}

TEST(RangeStatistics, LeastSquaredErrorClipsOneOutlier) {
  RangeStatistics statistics;
  std::vector<float> numbers = normalNumbers(200000);
  numbers.push_back(8);
  statistics.add(numbers);
  auto [low, high] = statistics.leastSquaredError();
  EXPECT_LT(high, 8);
  EXPECT_GT(high, 3);
  EXPECT_LT(low, -2);
}

TEST(RangeStatistics, DivisionAndOrderDoNotMatter) {
  std::vector<float> numbers = normalNumbers(5000);
  RangeStatistics whole, parts;
  whole.add(numbers);
  for (size_t i = numbers.size(); i > 0; i -= 100)
    parts.add(llvm::ArrayRef(numbers).slice(i - 100, 100));
  EXPECT_EQ(whole.percentile(99), parts.percentile(99));
  EXPECT_EQ(whole.leastSquaredError(), parts.leastSquaredError());
}

TEST(RangeStatistics, NotANumberIsSeen) {
  RangeStatistics statistics;
  statistics.add({1.0f, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_FALSE(statistics.isFinite());
  EXPECT_EQ(statistics.minMax(), std::make_pair(1.0, 1.0));
}

TEST(RangeStatistics, MasksAreNotNumbers) {
  RangeStatistics statistics;
  statistics.add({-1.0f, std::numeric_limits<float>::lowest(), 2.0f, -2e30f});
  EXPECT_TRUE(statistics.isFinite());
  EXPECT_EQ(statistics.count(), 2);
  EXPECT_EQ(statistics.minMax(), std::make_pair(-1.0, 2.0));
  EXPECT_EQ(statistics.leastSquaredError(), std::make_pair(-1.0, 2.0));
}

TEST(RangeStatistics, GoOnAfterBeingKept) {
  std::vector<float> numbers = normalNumbers(3000);
  llvm::ArrayRef all(numbers);
  RangeStatistics whole, part;
  whole.add(numbers);
  part.add(all.take_front(1000));
  auto again = RangeStatistics::fromWords(part.toWords());
  ASSERT_TRUE(again);
  again->add(all.drop_front(1000));
  EXPECT_EQ(again->toWords(), whole.toWords());
  auto empty = RangeStatistics::fromWords(RangeStatistics().toWords());
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->minMax(), std::make_pair(0.0, 0.0));
}

TEST(RangeStatistics, WordsOfNoStatistics) {
  RangeStatistics statistics;
  statistics.add({1, 2, 3});
  const std::vector<int64_t> good = statistics.toWords();
  ASSERT_EQ(good.size(), 4u + 2 * 3);
  EXPECT_FALSE(RangeStatistics::fromWords({}));
  for (auto [place, value] : {std::pair<size_t, int64_t>{0, 2},
                              {1, 4},
                              {1, -1},
                              {2, -1},
                              {4, -1},
                              {4, INT64_MAX},
                              {6, good[4]},
                              {9, 0},
                              {9, INT64_MAX}}) {
    std::vector<int64_t> bad = good;
    bad[place] = value;
    EXPECT_FALSE(RangeStatistics::fromWords(bad)) << place << " " << value;
  }
  EXPECT_FALSE(
      RangeStatistics::fromWords(llvm::ArrayRef<int64_t>(good).drop_back()));
}

/// As the residual streams of language models: a few numbers are a thousand
/// times as large as the others.
TEST(RangeStatistics, FewLargeNumbersHideNothing) {
  std::vector<float> numbers = normalNumbers(200000);
  RangeStatistics large;
  large.add(numbers);
  large.add({-3000.0f});
  EXPECT_EQ(large.minMax().first, -3000);
  auto [low, high] = large.percentile(99.9);
  EXPECT_NEAR(low, -3.29, 0.1); // quantiles of the normal distribution
  EXPECT_NEAR(high, 3.29, 0.1);
  // With a range [-x, y]: (40 - x)^2 + count ((x + y) / 255)^2 / 12 is least
  // where x (1 + c) = 40 - c y with c = count / 12 / 255^2, and y where
  // (x + y) / 255^2 / 12 = phi(y) - y Q(y), of the normal distribution.
  RangeStatistics most;
  most.add(numbers);
  most.add({-40.0f});
  double c = 200001 / 12.0 / (255 * 255);
  auto [from, to] = most.leastSquaredError();
  EXPECT_NEAR(from, -(40 - c * to) / (1 + c), 40.0 / 64);
  EXPECT_NEAR(to, 3.57, 0.1);
}

TEST(RangeStatistics, BinsAtTheirEnds) {
  // The edges of bins, numbers beside them, and those that are too small or
  // too large to have one.
  for (float number : {1.0f, 1.0078125f, std::nextafter(1.0f, 0.0f), 0x1p-40f,
                       0x1p-41f, 0x1.fffffep99f, 1e-45f, 0.0f})
    for (float sign : {1.0f, -1.0f}) {
      RangeStatistics statistics;
      std::vector<float> numbers(1000, sign * number);
      statistics.add(numbers);
      std::pair<double, double> wanted(sign * number, sign * number);
      EXPECT_EQ(statistics.minMax(), wanted);
      EXPECT_EQ(statistics.percentile(99), wanted) << number;
      EXPECT_EQ(statistics.percentile(100), wanted) << number;
      EXPECT_EQ(statistics.shareOutside(wanted.first, wanted.second), 0);
    }
}
