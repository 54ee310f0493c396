//===- HadamardTest.cpp - Hadamard matrices of many orders ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Orthogonal in integers; equal to the product with the whole matrix.

#include "quantc/Methods/Hadamard.h"
#include "gtest/gtest.h"

using namespace quantc;

namespace {
TEST(Hadamard, RowsAreOrthogonal) {
  for (int64_t order :
       {1,  2,  4,  8,  12,  20,  24,  28,  36,  40,  44,  52,
        60, 64, 76, 84, 100, 108, 124, 140, 148, 200, 344, 576}) {
    auto matrix = Hadamard::ofOrder(order);
    ASSERT_TRUE(matrix) << order;
    ASSERT_EQ(matrix->order(), order);
    for (int64_t a = 0; a < order; ++a)
      for (int64_t b = 0; b <= a; ++b) {
        int64_t sum = 0;
        for (int64_t i = 0; i < order; ++i)
          sum += matrix->entry(a, i) * matrix->entry(b, i);
        ASSERT_EQ(sum, a == b ? order : 0) << order << ": " << a << ", " << b;
      }
  }
}

TEST(Hadamard, OrdersOfModels) {
  for (auto [order, core] : {std::pair<int64_t, int64_t>{576, 36},
                             {1536, 12},
                             {64, 1},
                             {14336, 28},
                             {13824, 108},
                             {18944, 148},
                             {4864, 76},
                             {8960, 140},
                             {25600, 100},
                             {11008, 344}}) {
    auto matrix = Hadamard::ofOrder(order);
    ASSERT_TRUE(matrix) << order;
    EXPECT_EQ(matrix->sizeOfCore(), core) << order;
    EXPECT_EQ(matrix->sizeOfPower(), order / core) << order;
  }
  for (int64_t order : {0, -4, 3, 6, 9, 172, 92, 11, 156})
    EXPECT_FALSE(Hadamard::ofOrder(order)) << order;
}

TEST(Hadamard, PublishedRows) {
  // Paley I with q = 11, second row; with q = 3 the order is a power of two.
  auto matrix = Hadamard::ofOrder(12);
  ASSERT_TRUE(matrix);
  std::vector<int> row;
  for (int64_t i = 0; i < 12; ++i)
    row.push_back(matrix->entry(1, i));
  EXPECT_EQ(row, (std::vector<int>{-1, 1, -1, 1, -1, -1, -1, 1, 1, 1, -1, 1}));
}

TEST(Hadamard, WalshTransform) {
  std::vector<double> x = {1, 2, 3, 4};
  walshHadamard(x);
  EXPECT_EQ(x, (std::vector<double>{10, -2, -4, 0}));
}

TEST(Hadamard, PaleyTwo) {
  // q = 17: -1 and -2 are squares, -3 is none. A sign becomes [[+, +], [+, -]],
  // the zero of the diagonal [[+, -], [-, -]].
  auto matrix = Hadamard::ofOrder(36);
  ASSERT_TRUE(matrix);
  std::vector<int> row;
  for (int64_t i = 0; i < 10; ++i)
    row.push_back(matrix->entry(2, i));
  EXPECT_EQ(row, (std::vector<int>{1, 1, 1, -1, 1, 1, 1, 1, -1, -1}));
}

TEST(Hadamard, SinglePrecisionIsExactOnWholeNumbers) {
  for (int64_t order : {4, 28, 48, 344}) {
    auto matrix = Hadamard::ofOrder(order);
    ASSERT_TRUE(matrix);
    std::vector<double> x(order);
    for (int64_t i = 0; i < order; ++i)
      x[i] = static_cast<double>(i * i % 23 - 9);
    std::vector<float> y(x.begin(), x.end());
    matrix->apply(x);
    matrix->apply(y);
    EXPECT_EQ(std::vector<double>(y.begin(), y.end()), x) << order;
  }
}

TEST(Hadamard, SinglePrecisionAddsInOrder) {
  // 2^24 + 1 is rounded to 2^24: neighbours are added first.
  std::vector<float> x = {0x1p24f, 1, 1, 0};
  Hadamard::ofOrder(4)->apply(x);
  EXPECT_EQ(x,
            (std::vector<float>{0x1p24f, 0x1p24f, 0x1p24f - 1, 0x1p24f - 2}));
}

TEST(Hadamard, ApplyIsTheProduct) {
  for (int64_t order : {1, 4, 12, 28, 40, 48, 72}) {
    auto matrix = Hadamard::ofOrder(order);
    ASSERT_TRUE(matrix);
    for (bool transposed : {false, true}) {
      std::vector<double> x(order), wanted(order);
      for (int64_t i = 0; i < order; ++i)
        x[i] = static_cast<double>(i * i % 17 - 5);
      for (int64_t i = 0; i < order; ++i)
        for (int64_t j = 0; j < order; ++j)
          wanted[j] +=
              x[i] * (transposed ? matrix->entry(j, i) : matrix->entry(i, j));
      matrix->apply(x, transposed);
      EXPECT_EQ(x, wanted) << order; // whole numbers: exact
    }
  }
}
} // namespace
