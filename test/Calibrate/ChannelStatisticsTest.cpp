//===- ChannelStatisticsTest.cpp - sizes of inputs --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Statistics by hand, and data that is refused.

#include "quantc/Calibrate/ChannelStatistics.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>

using namespace quantc;

TEST(ChannelStatistics, ByHand) {
  ChannelStatistics statistics(2);
  EXPECT_EQ(statistics.means(), (std::vector<double>{0, 0}));
  statistics.add({1, -2, -3, 0});
  statistics.add({2, 0.5f});
  EXPECT_EQ(statistics.rows(), 3);
  EXPECT_EQ(statistics.means(), (std::vector<double>{2, 2.5 / 3}));
  EXPECT_EQ(statistics.largest().vec(), (std::vector<double>{3, 2}));
}

static std::string refusal(float first, float second, int64_t rows) {
  ChannelStatistics statistics(2);
  for (int64_t r = 0; r < rows; ++r)
    statistics.add({1, r == 1 ? second : first});
  return llvm::toString(statistics.check());
}

TEST(ChannelStatistics, Refuses) {
  EXPECT_EQ(refusal(2, 3, 8), "");
  EXPECT_EQ(refusal(2, 3, 7), "7 rows of inputs are too few to calibrate; at "
                              "least 8 are needed");
  EXPECT_EQ(refusal(2, 2, 50),
            "its inputs are the same in all of the calibration data");
  for (float wrong : {std::numeric_limits<float>::quiet_NaN(),
                      std::numeric_limits<float>::infinity()})
    EXPECT_EQ(refusal(2, wrong, 50),
              "its inputs are not finite in the calibration data");
}
