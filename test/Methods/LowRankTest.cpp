//===- LowRankTest.cpp - branches of low rank -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Figures by hand, the least error against other branches, and the budget.

#include "quantc/Methods/LowRank.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantc;

namespace {
struct Case {
  std::vector<float> weights, hessian, approximation;
  int64_t rows, cols;

  LowRankBranch fit(int64_t rank) const {
    auto branch =
        fitLowRank({weights, rows, cols, hessian}, approximation, rank);
    EXPECT_TRUE(bool(branch));
    return branch ? *branch : LowRankBranch();
  }

  /// tr(D G D^T) for D = W - W' - B A.
  double errorWith(const LowRankBranch &branch) const {
    std::vector<float> sum = approximation;
    branch.addTo(sum);
    double error = 0;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t i = 0; i < cols; ++i)
        for (int64_t j = 0; j < cols; ++j) {
          double left = weights[r * cols + i] - sum[r * cols + i],
                 right = weights[r * cols + j] - sum[r * cols + j];
          double g = hessian.empty() ? double(i == j) : hessian[i * cols + j];
          error += left * g * right;
        }
    return error;
  }
};

/// Inputs that depend on each other, and an error of a tenth of the weights.
Case randomCase(int64_t rows, int64_t cols, bool hasHessian = true) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  Case c{{}, {}, {}, rows, cols};
  for (int64_t i = 0; i < rows * cols; ++i) {
    c.weights.push_back(normal(random));
    c.approximation.push_back(c.weights.back() + 0.1f * normal(random));
  }
  if (!hasHessian)
    return c;
  int64_t samples = 2 * cols;
  std::vector<float> x(samples * cols);
  for (float &number : x)
    number = normal(random);
  for (int64_t s = 0; s < samples; ++s)
    for (int64_t i = 1; i < cols; ++i)
      x[s * cols + i] += 0.7f * x[s * cols + i - 1];
  c.hessian.resize(cols * cols);
  for (int64_t i = 0; i < cols; ++i)
    for (int64_t j = 0; j < cols; ++j)
      for (int64_t s = 0; s < samples; ++s)
        c.hessian[i * cols + j] += x[s * cols + i] * x[s * cols + j];
  return c;
}
} // namespace

TEST(LowRank, KeepsTheInputWithMostEnergy) {
  Case c{{1, 0, 0, 1}, {4, 0, 0, 1}, {0, 0, 0, 0}, 2, 2};
  LowRankBranch branch = c.fit(1);
  std::vector<float> sum(4, 0);
  branch.addTo(sum);
  EXPECT_EQ(sum, (std::vector<float>{1, 0, 0, 0}));
  EXPECT_DOUBLE_EQ(c.errorWith(branch), 1);
  // 4 of the 5 that the outputs have.
  EXPECT_NEAR(branch.gains[0], 0.8, 1e-12);
}

TEST(LowRank, RemainderKeepsTheLargestSingularValue) {
  // Singular values 4 and 2 with vectors of signs, whatever the inputs are.
  std::vector<float> weights{3, 1, 1, 3}, hessian{1, -1, -1, 1};
  auto branch = fitLowRank({weights, 2, 2, hessian}, 1);
  ASSERT_TRUE(bool(branch));
  std::vector<float> sum(4, 0);
  branch->addTo(sum);
  for (float number : sum)
    EXPECT_NEAR(number, 2, 2e-3);
  EXPECT_NEAR(branch->gains[0], 0.8, 1e-12); // 16 / (16 + 4)
}

TEST(LowRank, FullRankLeavesWhatHalfPrecisionRounds) {
  for (auto [rows, cols] :
       {std::pair(5, 9), std::pair(9, 5), std::pair(6, 6)}) {
    Case c = randomCase(rows, cols);
    double before = c.errorWith({});
    EXPECT_LT(c.errorWith(c.fit(std::min(rows, cols))), 1e-6 * before);
  }
}

TEST(LowRank, GainsAreWhatTheErrorLoses) {
  // More rows than columns and the other way round.
  for (auto [rows, cols] : {std::pair(12, 20), std::pair(20, 12)}) {
    Case c = randomCase(rows, cols);
    Case zeros = c;
    zeros.approximation.assign(rows * cols, 0);
    double outputs = zeros.errorWith({}), before = c.errorWith({});
    LowRankBranch whole = c.fit(12);
    double gained = 0;
    for (int64_t rank = 1; rank <= 12; ++rank) {
      gained += whole.gains[rank - 1];
      double error = c.errorWith(c.fit(rank));
      EXPECT_NEAR(error / outputs, before / outputs - gained, 1e-6) << rank;
    }
    EXPECT_TRUE(std::is_sorted(whole.gains.rbegin(), whole.gains.rend()));
  }
}

TEST(LowRank, HessianBeatsTheWeightsAlone) {
  Case c = randomCase(16, 24);
  Case blind = c;
  blind.hessian.clear();
  LowRankBranch seen = c.fit(4), plain = blind.fit(4);
  EXPECT_LT(c.errorWith(seen), c.errorWith(plain));
  EXPECT_GT(blind.errorWith(seen), blind.errorWith(plain));
}

TEST(LowRank, IdentityIsTheSameAsNoHessian) {
  Case c = randomCase(10, 7, /*hasHessian=*/false);
  Case same = c;
  same.hessian.assign(49, 0);
  for (int64_t i = 0; i < 7; ++i)
    same.hessian[i * 8] = 1;
  std::vector<float> one(70, 0), two(70, 0);
  c.fit(3).addTo(one);
  same.fit(3).addTo(two);
  for (size_t i = 0; i < one.size(); ++i)
    EXPECT_NEAR(one[i], two[i], 2e-4);
}

TEST(LowRank, SmallerRanksAreBeginnings) {
  Case c = randomCase(17, 13);
  LowRankBranch large = c.fit(9), small = c.fit(4);
  large.up.resize(4 * 17);
  large.down.resize(4 * 13);
  EXPECT_EQ(large.up, small.up);
  EXPECT_EQ(large.down, small.down);
}

TEST(LowRank, InputsThatNeverOccurDoNoHarm) {
  Case c = randomCase(8, 12);
  for (int64_t i = 0; i < 12; ++i)
    c.hessian[i * 12 + 5] = c.hessian[5 * 12 + i] = 0;
  for (int64_t rank : {4, 8, 20}) {
    LowRankBranch branch = c.fit(rank);
    EXPECT_LT(c.errorWith(branch), c.errorWith({}));
    EXPECT_EQ(branch.gains.size(), size_t(rank));
  }
}

TEST(LowRank, SubspaceIterationFindsTheSame) {
  // An error of rank 3 and noise, on both sides of the size that is decomposed
  // as a whole.
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  int64_t rows = 1030, cols = 1040;
  Case c{std::vector<float>(rows * cols), {}, {}, rows, cols};
  for (int64_t k = 0; k < 3; ++k) {
    std::vector<float> u(rows), v(cols);
    for (float &number : u)
      number = normal(random);
    for (float &number : v)
      number = normal(random);
    for (int64_t i = 0; i < rows * cols; ++i)
      c.weights[i] += float(3 - k) * u[i / cols] * v[i % cols];
  }
  for (float &number : c.weights)
    number += 0.01f * normal(random);
  c.approximation.assign(rows * cols, 0);
  LowRankBranch branch = c.fit(3);
  std::vector<float> sum(rows * cols, 0);
  branch.addTo(sum);
  double left = 0, all = 0;
  for (int64_t i = 0; i < rows * cols; ++i) {
    left += std::pow(double(c.weights[i] - sum[i]), 2);
    all += std::pow(double(c.weights[i]), 2);
  }
  EXPECT_NEAR(branch.gains[0] + branch.gains[1] + branch.gains[2],
              1 - left / all, 1e-6);
  EXPECT_LT(left / double(rows * cols), 1.1e-4);
}

TEST(LowRank, NoErrorAndNoWeights) {
  Case c = randomCase(4, 4);
  c.approximation = c.weights;
  LowRankBranch branch = c.fit(2);
  EXPECT_EQ(branch.gains, (std::vector<double>{0, 0}));
  EXPECT_EQ(branch.up, std::vector<uint16_t>(8, 0));
  Case empty{{}, {}, {}, 0, 4};
  EXPECT_EQ(empty.fit(2).down.size(), 8u);
}

TEST(LowRank, ThreadsChangeNothing) {
  Case c = randomCase(70, 90);
  setThreadCount(1);
  LowRankBranch one = c.fit(6);
  setThreadCount(3);
  LowRankBranch three = c.fit(6);
  setThreadCount(0);
  EXPECT_EQ(one.up, three.up);
  EXPECT_EQ(one.down, three.down);
  EXPECT_EQ(one.gains, three.gains);
}

TEST(LowRank, Refuses) {
  Case c = randomCase(3, 3);
  auto none = fitLowRank({c.weights, 3, 3, c.hessian}, c.approximation, 0);
  EXPECT_EQ(llvm::toString(none.takeError()),
            "a low-rank branch of rank 0; expected 1 or more");
  c.hessian[4] = INFINITY;
  auto infinite = fitLowRank({c.weights, 3, 3, c.hessian}, c.approximation, 1);
  EXPECT_EQ(llvm::toString(infinite.takeError()),
            "the weights or the Hessian of the inputs are not finite");
}

TEST(LowRank, BytesOfABranch) {
  // 0.25 bits of each weight of 4096 by 4096 at rank 32.
  EXPECT_EQ(8.0 * 32 * double(lowRankBytes(4096, 4096)) / (4096.0 * 4096),
            0.25);
  EXPECT_EQ(lowRankBytes(17, 5), 2 * (5 + 32));
}

TEST(LowRank, BytesGoWhereTheyGainMost) {
  std::vector<RankCandidate> layers(3);
  layers[0] = {{8, 8, 8, 8, 1, 1, 1, 1}, 10};
  layers[1] = {{9, 9, 9, 9, 5, 5, 5, 5}, 20};
  layers[2] = {{0, 0, 0, 0}, 1};
  EXPECT_EQ(chooseRanks(layers, 39), (std::vector<int64_t>{0, 0, 0}));
  EXPECT_EQ(chooseRanks(layers, 40), (std::vector<int64_t>{4, 0, 0}));
  EXPECT_EQ(chooseRanks(layers, 120), (std::vector<int64_t>{4, 4, 0}));
  EXPECT_EQ(chooseRanks(layers, 200), (std::vector<int64_t>{4, 8, 0}));
  EXPECT_EQ(chooseRanks(layers, 1000), (std::vector<int64_t>{8, 8, 0}));
  // What does not fit leaves room for a smaller one.
  EXPECT_EQ(chooseRanks(layers, 160), (std::vector<int64_t>{8, 4, 0}));
  EXPECT_TRUE(chooseRanks({}, 100).empty());
}
