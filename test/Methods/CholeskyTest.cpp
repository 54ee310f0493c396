//===- CholeskyTest.cpp - triangular factors --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Factors multiplied out again, over sizes around that of a block.

#include "../../lib/Methods/Cholesky.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>
#include <vector>

using namespace quantc;

/// B B^T + I for random B.
static std::vector<double> positive(int64_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> b(size_t(n * n)), a(size_t(n * n));
  for (double &entry : b)
    entry = normal(random);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = i == j;
      for (int64_t k = 0; k < n; ++k)
        sum += b[size_t(i * n + k)] * b[size_t(j * n + k)];
      a[size_t(i * n + j)] = sum;
    }
  return a;
}

TEST(Cholesky, FactorTimesItsTransposeIsTheMatrix) {
  for (int64_t n : {0, 1, 2, 63, 64, 65, 131}) {
    std::vector<double> a = positive(n, 1), factor = a;
    ASSERT_TRUE(methods::factorCholesky(factor, n)) << n;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j <= i; ++j) {
        double sum = 0;
        for (int64_t k = 0; k <= j; ++k)
          sum += factor[size_t(i * n + k)] * factor[size_t(j * n + k)];
        ASSERT_NEAR(sum, a[size_t(i * n + j)], 1e-11 * double(n)) << n;
      }
  }
}

TEST(Cholesky, ByHand) {
  std::vector<double> a = {4, 99, 2, 10};
  ASSERT_TRUE(methods::factorCholesky(a, 2));
  EXPECT_EQ(a, (std::vector<double>{2, 99, 1, 3}));
}

TEST(Cholesky, ThreadsDoNotMatter) {
  std::vector<double> a = positive(150, 2), one = a, three = a;
  setThreadCount(1);
  methods::factorCholesky(one, 150);
  setThreadCount(3);
  methods::factorCholesky(three, 150);
  setThreadCount(0);
  EXPECT_EQ(one, three);
}

TEST(Cholesky, RefusesWhatIsNotPositive) {
  for (double pivot : {-1.0, 1.0, double(NAN), double(INFINITY)}) {
    std::vector<double> a = {1, 0, 1, pivot};
    EXPECT_FALSE(methods::factorCholesky(a, 2)) << pivot;
  }
  // The third block finds it.
  std::vector<double> a = positive(150, 3);
  a[140 * 151] = 0;
  EXPECT_FALSE(methods::factorCholesky(a, 150));
}
