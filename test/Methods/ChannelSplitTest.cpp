//===- ChannelSplitTest.cpp - large input channels in two halves -*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Codes of halves add up, at ties and beside them; the figures of the card by
// hand; products of integers before and after, from plain loops.

#include "quantc/Methods/ChannelSplit.h"
#include "quantc/Methods/Method.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantc;

TEST(ChannelSplit, ByHand) {
  // 8.3 steps are 3.9 and 4.4 steps: 4 + 4 = 8.
  auto [first, second] = splitWeight(0.83, 0.1f);
  EXPECT_NEAR(first / 0.1, 3.9, 1e-6);
  EXPECT_NEAR(second / 0.1, 4.4, 1e-6);
  // -2.7 steps are -1.6 and -1.1 steps: -2 - 1 = -3.
  EXPECT_EQ(splitWeight(-2.7, 1), std::pair(-2.7 / 2 - 0.25, -2.7 / 2 + 0.25));
  // 1.5 rounds to 2, but 0.5 and 1 to 0 + 1: it is split in equal halves. 2.5
  // rounds to 2, and 1 and 1.5 to 1 + 2.
  EXPECT_EQ(splitWeight(1.5, 1), std::pair(0.75, 0.75));
  EXPECT_EQ(splitWeight(2.5, 1), std::pair(1.25, 1.25));
  // 0.5 rounds to 0, as do 0 and 0.5.
  EXPECT_EQ(splitWeight(0.5, 1), std::pair(0.0, 0.5));
}

static float code(double weight, float step) {
  return std::rint(float(weight) / step);
}

TEST(ChannelSplit, CodesAddUpAtTies) {
  int fallbacks = 0;
  for (float step : {1.0f, 0.1f, 0.0123f, 3.7e-5f, 1e30f, 0x1p-24f})
    for (int twice = -600; twice <= 600; ++twice) {
      float middle = float(twice) / 2 * step;
      for (float weight : {middle, std::nextafterf(middle, INFINITY),
                           std::nextafterf(middle, -INFINITY),
                           middle + step / 5, middle - step / 7}) {
        auto [first, second] = splitWeight(weight, step);
        EXPECT_EQ(code(first, step) + code(second, step), code(weight, step))
            << weight << " in steps of " << step;
        EXPECT_NEAR(first + second, weight,
                    1e-12 * std::max(step, std::fabs(weight)));
        // Halves lie at most half a step beside the half.
        EXPECT_LE(std::fabs(second - first), double(step) * (1 + 1e-7));
        fallbacks += std::fabs(second - first - step / 2) > step * 1e-3;
      }
    }
  EXPECT_GT(fallbacks, 600);
}

TEST(ChannelSplit, CodesAddUpEverywhere) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0, 40);
  for (int i = 0; i < 100000; ++i) {
    double weight = normal(random);
    float step = float(std::exp(normal(random) / 20));
    auto [first, second] = splitWeight(weight, step);
    ASSERT_EQ(code(first, step) + code(second, step), code(weight, step))
        << weight << " in steps of " << step;
  }
}

namespace {
/// A matrix with a few large columns, its codes by rounding to nearest, and
/// itself with columns split.
struct Problem {
  static constexpr int64_t rows = 24, cols = 96, group = 32;
  std::vector<float> weights, halves;
  std::vector<int64_t> channels = {90, 3, 35, 34, 0, 64, 31, 32};
  QuantizedMatrix codes;
  int64_t wide = cols + int64_t(channels.size());

  Problem(unsigned bits, bool symmetric, ScaleType scales) {
    std::mt19937 random(bits);
    std::normal_distribution<float> normal;
    for (int64_t i = 0; i < rows * cols; ++i)
      weights.push_back(normal(random) * (i % cols % 13 == 3 ? 8.0f : 1.0f));
    GroupScheme scheme;
    scheme.bits = bits;
    scheme.symmetric = symmetric;
    scheme.groupSize = group;
    scheme.scaleType = scales;
    codes = llvm::cantFail(
        lookupMethod("rtn")->quantize({weights, rows, cols}, scheme));
    for (int64_t row = 0; row < rows; ++row) {
      std::vector<double> numbers(&weights[size_t(row * cols)],
                                  &weights[size_t(row * cols)] + cols);
      std::vector<double> split(size_t(wide), NAN);
      splitRow(numbers, channels, scheme, split);
      halves.insert(halves.end(), split.begin(), split.end());
    }
  }

  int64_t sourceOf(int64_t column) const {
    return column < cols ? column : channels[size_t(column - cols)];
  }
};
} // namespace

/// "Identical integer accumulators" at the step that there was.
TEST(ChannelSplit, ProductsOfIntegersStay) {
  std::mt19937 random(9);
  int64_t clipped = 0, all = 0;
  for (ScaleType scales : {ScaleType::FP32, ScaleType::FP16})
    for (unsigned bits = 2; bits <= 8; ++bits)
      for (bool symmetric : {true, false}) {
        Problem problem(bits, symmetric, scales);
        const QuantizedMatrix &before = problem.codes;
        std::vector<int> inputs;
        for (int64_t i = 0; i < problem.cols; ++i)
          inputs.push_back(int(random() % 255) - 127);
        for (int64_t row = 0; row < problem.rows; ++row) {
          std::vector<int64_t> wanted(3), found(3);
          bool hasClipped = false;
          for (int64_t k = 0; k < problem.wide; ++k) {
            int64_t source = problem.sourceOf(k), g = source / problem.group;
            size_t group = size_t(row * before.groups + g);
            float step = before.scales[group];
            int zero = before.zeroPoints[group];
            int level = int(code(problem.halves[row * problem.wide + k], step));
            found[g] += level * inputs[source];
            if (k >= problem.cols)
              continue;
            int now = before.codes[size_t(row * problem.cols + k)] - zero;
            hasClipped |=
                now != int(code(problem.weights[row * problem.cols + k], step));
            wanted[g] += now * inputs[source];
          }
          clipped += hasClipped;
          ++all;
          if (!hasClipped)
            EXPECT_EQ(wanted, found) << bits << " bits, row " << row;
        }
      }
  // A zero point that is rounded leaves the ends of some ranges outside.
  EXPECT_LT(clipped, all / 2);
}

TEST(ChannelSplit, HalvesOfALargeChannelMakeStepsFiner) {
  Problem problem(3, true, ScaleType::FP32);
  for (int64_t row = 0; row < problem.rows; ++row)
    for (auto [i, channel] : llvm::enumerate(problem.channels)) {
      double whole = problem.weights[row * problem.cols + channel];
      double step = problem.codes.scales[size_t(row * problem.codes.groups +
                                                channel / problem.group)];
      double first = problem.halves[row * problem.wide + channel],
             second =
                 problem.halves[row * problem.wide + problem.cols + int64_t(i)];
      EXPECT_NEAR(first + second, whole, 1e-6);
      EXPECT_LE(std::max(std::fabs(first), std::fabs(second)),
                std::fabs(whole) / 2 + step / 2 + 1e-6);
    }
}
