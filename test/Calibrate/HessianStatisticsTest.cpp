//===- HessianStatisticsTest.cpp - X^T X of rows ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sums by hand and against a plain loop, and data that is refused.

#include "quantc/Calibrate/HessianStatistics.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace quantc;

static std::vector<float> randomRows(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(static_cast<size_t>(count));
  for (float &number : numbers)
    number = normal(random);
  return numbers;
}

TEST(HessianStatistics, ByHand) {
  HessianStatistics statistics(2);
  statistics.add({1, 2});
  statistics.add({3, -1, 0, 1});
  EXPECT_EQ(statistics.rows(), 3);
  EXPECT_EQ(statistics.matrix(), (std::vector<float>{10, -1, -1, 6}));
  EXPECT_FALSE(bool(statistics.check()));
}

TEST(HessianStatistics, EqualsThePlainSum) {
  for (int64_t size : {1, 15, 16, 17, 50}) {
    std::vector<float> rows = randomRows(size * 1100, 1);
    HessianStatistics statistics(size);
    statistics.add(rows);
    std::vector<float> matrix = statistics.matrix();
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < size; ++j) {
        double sum = 0;
        for (int64_t r = 0; r < 1100; ++r)
          sum +=
              double(rows[size_t(r * size + i)]) * rows[size_t(r * size + j)];
        ASSERT_NEAR(matrix[size_t(i * size + j)], sum, 1e-3) << size;
      }
  }
}

TEST(HessianStatistics, ThreadsDoNotMatter) {
  std::vector<float> rows = randomRows(70 * 600, 2);
  HessianStatistics one(70), three(70);
  setThreadCount(1);
  one.add(rows);
  setThreadCount(3);
  three.add(rows);
  setThreadCount(0);
  EXPECT_EQ(one.matrix(), three.matrix());
}

/// Why rows of `size` numbers are refused.
static std::string refusal(int64_t size, const std::vector<float> &rows) {
  HessianStatistics statistics(size);
  statistics.add(rows);
  llvm::Error error = statistics.check();
  EXPECT_TRUE(bool(error));
  Failure failure = takeFailure(std::move(error));
  EXPECT_EQ(failure.exitCode, 3);
  return failure.message;
}

TEST(HessianStatistics, DataThatIsRefused) {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(),
                    std::numeric_limits<float>::infinity()})
    EXPECT_EQ(refusal(2, {1, 2, bad, 4, 5, 6}),
              "its inputs are not finite in the calibration data");
  EXPECT_EQ(refusal(3, {1, 2, 3, 4, 5, 6}),
            "2 rows of 3 inputs are too few to calibrate; at least as many "
            "rows as inputs are needed");
  EXPECT_EQ(refusal(2, {0, 0, 0, 0}),
            "its inputs are all 0 in the calibration data");
  EXPECT_EQ(refusal(2, {1, 2, -2, -4, .5f, 1}),
            "its inputs are the same in all of the calibration data, but for a "
            "factor");
}

TEST(CrossStatistics, EqualsThePlainSum) {
  for (int64_t size : {1, 16, 37}) {
    std::vector<float> x = randomRows(size * 700, 4);
    std::vector<float> y = randomRows(size * 700, 5);
    CrossStatistics statistics(size);
    size_t half = x.size() / 7 * 4;
    statistics.add(llvm::ArrayRef(x).take_front(half),
                   llvm::ArrayRef(y).take_front(half));
    statistics.add(llvm::ArrayRef(x).drop_front(half),
                   llvm::ArrayRef(y).drop_front(half));
    std::vector<float> matrix = statistics.matrix();
    for (int64_t i = 0; i < size; ++i)
      for (int64_t j = 0; j < size; ++j) {
        double sum = 0;
        for (int64_t r = 0; r < 700; ++r)
          sum += double(x[size_t(r * size + i)]) * y[size_t(r * size + j)];
        ASSERT_NEAR(matrix[size_t(i * size + j)], sum, 1e-3) << size;
      }
  }
}
