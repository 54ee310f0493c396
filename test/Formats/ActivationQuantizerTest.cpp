//===- ActivationQuantizerTest.cpp - tests of activation codes --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The definition of activation codes: examples computed with NumPy float32, and
// every special case of the header.

#include "quantc/Formats/ActivationQuantizer.h"
#include "quantc/Formats/Rounding.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace quantc;

static constexpr float kInfinity = std::numeric_limits<float>::infinity();
static constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

namespace {
struct RowResult {
  std::vector<int8_t> codes;
  float scale;
};
} // namespace

static RowResult quantizeRow(const std::vector<float> &row) {
  RowResult result{std::vector<int8_t>(row.size(), 99), 99};
  quantizeRowsSymmetricInt8(row, 1, int64_t(row.size()), result.codes,
                            result.scale);
  return result;
}

TEST(Rounding, EqualsRintWhereItIsUsed) {
  std::mt19937 random(4);
  std::uniform_real_distribution<float> values(-300, 300);
  for (int i = 0; i < 100000; ++i) {
    float value = values(random);
    ASSERT_EQ(roundHalfEven(value), std::nearbyint(value)) << value;
  }
  for (int twice = -1000; twice <= 1000; ++twice)
    ASSERT_EQ(roundHalfEven(float(twice) / 2),
              std::nearbyint(float(twice) / 2));
  EXPECT_EQ(roundHalfEven(0x1p22f), 0x1p22f);
  EXPECT_EQ(roundHalfEven(-0x1p22f), -0x1p22f);
}

TEST(Rounding, ClampsAndHandlesSpecials) {
  EXPECT_EQ(roundClamped(kInfinity, -8, 7), 7);
  EXPECT_EQ(roundClamped(-kInfinity, -8, 7), -8);
  EXPECT_EQ(roundClamped(kNaN, -8, 7), -8);
  EXPECT_EQ(roundClamped(7.5f, -8, 7), 7);
  EXPECT_EQ(roundClamped(6.5f, -8, 7), 6);
}

TEST(RowQuantizer, ExamplesOfNumPy) {
  RowResult a = quantizeRow({-1, -.3f, .2f, .75f});
  EXPECT_EQ(a.codes, (std::vector<int8_t>{-127, -38, 25, 95}));
  EXPECT_EQ(llvm::bit_cast<uint32_t>(a.scale), 0x3c010204u);

  RowResult b =
      quantizeRow({0.1f, 0.2f, -0.35f, 0.7071f, 3.14159f, -2.71828f, 1e-3f});
  EXPECT_EQ(b.codes, (std::vector<int8_t>{4, 8, -14, 29, 127, -110, 0}));
  EXPECT_EQ(llvm::bit_cast<uint32_t>(b.scale), 0x3ccaa51au);

  // x * (127 / 2.54) lies near ties: division instead would give other codes.
  RowResult c = quantizeRow({2.54f, 0.01f, 0.03f, -0.05f, 0.07f, 1.27f});
  EXPECT_EQ(c.codes, (std::vector<int8_t>{127, 0, 2, -2, 4, 64}));
  EXPECT_EQ(llvm::bit_cast<uint32_t>(c.scale), 0x3ca3d70au);
}

TEST(RowQuantizer, ZeroAndTinyRowsHaveScaleZero) {
  for (float x : {0.0f, -0.0f, 0x1p-149f, 0x1.fffffep-120f}) {
    RowResult row = quantizeRow({x, -x});
    EXPECT_EQ(row.scale, 0) << x;
    EXPECT_EQ(row.codes, (std::vector<int8_t>{0, 0})) << x;
  }
}

TEST(RowQuantizer, SmallestAndLargestRowsAreExactAtTheEnds) {
  for (float x : {0x1p-119f, std::numeric_limits<float>::max()}) {
    RowResult row = quantizeRow({x, -x, 0});
    EXPECT_EQ(row.codes, (std::vector<int8_t>{127, -127, 0})) << x;
    EXPECT_TRUE(std::isnormal(row.scale)) << x;
  }
}

TEST(RowQuantizer, NotFiniteRowsHaveScaleNaN) {
  for (float x : {kNaN, -kNaN, kInfinity, -kInfinity}) {
    RowResult row = quantizeRow({1, x, 2});
    EXPECT_TRUE(std::isnan(row.scale)) << x;
    EXPECT_EQ(row.codes, (std::vector<int8_t>{0, 0, 0})) << x;
  }
}

namespace {
struct RowWithZero : RowResult {
  int8_t zero;
};
} // namespace

static RowWithZero quantizeWithZero(const std::vector<float> &row) {
  RowWithZero result{{std::vector<int8_t>(row.size(), 99), 99}, 99};
  quantizeRowsAsymmetricInt8(row, 1, int64_t(row.size()), result.codes,
                             result.scale, result.zero);
  return result;
}

TEST(RowQuantizerWithZero, UsesAllCodes) {
  // One step is one: lo -128 has the first code, hi 127 the last.
  RowWithZero a = quantizeWithZero({-128, 127, 0, 0.5f, 1.5f});
  EXPECT_EQ(a.scale, 1);
  EXPECT_EQ(a.zero, 0);
  EXPECT_EQ(a.codes, (std::vector<int8_t>{-128, 127, 0, 0, 2}));
  // Zero is inside the range although no number is below or above it.
  RowWithZero b = quantizeWithZero({51, 255, 102});
  EXPECT_EQ(b.zero, -128);
  EXPECT_EQ(b.codes, (std::vector<int8_t>{-77, 127, -26}));
  RowWithZero c = quantizeWithZero({-51, -255, -102});
  EXPECT_EQ(c.zero, 127);
  EXPECT_EQ(c.codes, (std::vector<int8_t>{76, -128, 25}));
}

TEST(RowQuantizerWithZero, BothEndsRoundAway) {
  // rint(-127.5) is -128 and rint(127.5) is 128: one code too many.
  RowWithZero row = quantizeWithZero({-127.5f, 127.5f});
  EXPECT_EQ(row.zero, 0);
  EXPECT_EQ(row.codes, (std::vector<int8_t>{-128, 127}));
}

TEST(RowQuantizerWithZero, ErrorIsAtMostHalfAStepButAtTheEnd) {
  std::mt19937 random(8);
  std::normal_distribution<float> normal(3, 10);
  for (int i = 0; i < 500; ++i) {
    std::vector<float> row(37);
    for (float &value : row)
      value = normal(random);
    RowWithZero result = quantizeWithZero(row);
    for (size_t c = 0; c < row.size(); ++c) {
      float back = float(result.codes[c] - result.zero) * result.scale;
      float limit = result.codes[c] == 127 ? 1.001f : 0.501f;
      ASSERT_LE(std::fabs(back - row[c]), limit * result.scale);
    }
  }
}

TEST(RowQuantizerWithZero, RowsWithoutARange) {
  for (float x : {0.0f, -0.0f, 0x1p-149f, 0x1.fffffep-119f}) {
    RowWithZero row = quantizeWithZero({x, 0});
    EXPECT_EQ(row.scale, 0) << x;
    EXPECT_EQ(row.zero, 0) << x;
    EXPECT_EQ(row.codes, (std::vector<int8_t>{0, 0})) << x;
  }
  RowWithZero smallest = quantizeWithZero({0x1p-118f, 0});
  EXPECT_TRUE(std::isnormal(smallest.scale));
  EXPECT_EQ(smallest.codes, (std::vector<int8_t>{127, -128}));
  float largest = std::numeric_limits<float>::max();
  for (float x : {kNaN, -kNaN, kInfinity, -kInfinity, largest})
    EXPECT_TRUE(std::isnan(quantizeWithZero({1, x, -largest}).scale)) << x;
}

TEST(RowQuantizer, RowsAreIndependent) {
  std::vector<float> x = {1, kNaN, 0, 0, 2, -4};
  std::vector<int8_t> codes(6);
  std::vector<float> scales(3);
  quantizeRowsSymmetricInt8(x, 3, 2, codes, scales);
  EXPECT_TRUE(std::isnan(scales[0]));
  EXPECT_EQ(scales[1], 0);
  EXPECT_EQ(scales[2], 4.0f / 127.0f);
  EXPECT_EQ(codes[4], 64); // 63.5 goes to even
  EXPECT_EQ(codes[5], -127);
}

// The clamp never acts: kernels may leave it out.
TEST(RowQuantizer, LargestValueIsAlways127) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> exponent(-110, 120);
  for (int i = 0; i < 100000; ++i) {
    float amax = std::exp2(exponent(random));
    float product = amax * (127.0f / amax);
    ASSERT_LT(product, 127.5f) << amax;
    ASSERT_GT(product, 126.5f) << amax;
  }
}

TEST(RowQuantizer, ThreadsDoNotChangeCodes) {
  std::mt19937 random(6);
  std::normal_distribution<float> normal;
  std::vector<float> x(2000 * 96);
  for (float &value : x)
    value = normal(random);
  std::vector<int8_t> one(x.size()), many(x.size());
  std::vector<float> oneScales(2000), manyScales(2000);
  setThreadCount(1);
  quantizeRowsSymmetricInt8(x, 2000, 96, one, oneScales);
  setThreadCount(7);
  quantizeRowsSymmetricInt8(x, 2000, 96, many, manyScales);
  setThreadCount(0);
  EXPECT_EQ(one, many);
  EXPECT_EQ(oneScales, manyScales);
}

TEST(GroupSums, ShortLastGroup) {
  std::vector<int8_t> codes = {1, 2, 3, 4, -5, 127, 127, 127, -127, -127};
  std::vector<int32_t> sums(6, 99);
  sumGroups(codes, 2, 5, 2, sums);
  EXPECT_EQ(sums, (std::vector<int32_t>{3, 7, -5, 254, 0, -127}));
}

TEST(GroupSums, OneGroupForTheRow) {
  std::vector<int8_t> codes(1000, -127);
  std::vector<int32_t> sums(1);
  sumGroups(codes, 1, 1000, 1000, sums);
  EXPECT_EQ(sums[0], -127000);
}

template <typename Code>
static std::vector<int> affine(const std::vector<float> &x,
                               const AffineParams &params) {
  std::vector<Code> codes(x.size());
  quantizeAffine(x, params, llvm::MutableArrayRef<Code>(codes));
  return {codes.begin(), codes.end()};
}

TEST(AffineQuantizer, ExamplesOfNumPy) {
  EXPECT_EQ(affine<uint8_t>({-1, -.3f, .2f, .75f, 5, -5, .0343f},
                            {0.0068627451f, 146, 0, 255}),
            (std::vector<int>{0, 102, 175, 255, 255, 0, 151}));
  EXPECT_EQ(affine<int8_t>({-1, -.3f, .2f, .75f, 5, -5, .05f, .15f, .25f},
                           {0.1f, -3, -128, 127}),
            (std::vector<int>{-13, -6, -1, 5, 47, -53, -3, -1, -1}));
}

TEST(AffineQuantizer, RoundsBeforeTheZeroPointIsAdded) {
  // Rounding after adding an odd zero point would send ties the other way.
  EXPECT_EQ(affine<uint8_t>({0.5f, 1.5f, 2.5f, -0.5f, -1.5f}, {1, 11, 0, 255}),
            (std::vector<int>{11, 13, 13, 11, 9}));
}

TEST(AffineQuantizer, SaturatesAndHandlesSpecials) {
  EXPECT_EQ(affine<uint8_t>({1e30f, -1e30f, kInfinity, -kInfinity, kNaN},
                            {1e-5f, 100, 0, 255}),
            (std::vector<int>{255, 0, 255, 0, 0}));
  EXPECT_EQ(affine<int8_t>({kInfinity, -kInfinity, kNaN}, {1, 127, -128, 127}),
            (std::vector<int>{127, -128, -128}));
  // A narrow range is kept: uint4 codes in bytes.
  EXPECT_EQ(affine<uint8_t>({100, -100}, {1, 8, 0, 15}),
            (std::vector<int>{15, 0}));
}

TEST(RowQuantizer, FourBits) {
  // amax = 7: one step is one, ties go to even.
  std::vector<float> x = {7, -7, 1.5f, 2.5f, -0.5f, 0.4f};
  std::vector<int8_t> codes(x.size());
  float scale = 0;
  quantizeRowsSymmetricInt8(x, 1, 6, codes, scale, /*bits=*/4);
  EXPECT_EQ(codes, (std::vector<int8_t>{7, -7, 2, 2, 0, 0}));
  EXPECT_EQ(scale, 1);
}

TEST(RowQuantizer, FourBitsWithZeroPoint) {
  // 15 steps of one from -7.5 to 7.5; -7.5 steps are -8 and 7.5 steps 8, which
  // is one too many.
  std::vector<float> x = {-7.5f, 7.5f, 0, 1.5f, -3};
  std::vector<int8_t> codes(x.size());
  float scale = 0;
  int8_t zero = 99;
  quantizeRowsAsymmetricInt8(x, 1, 5, codes, scale, zero, /*bits=*/4);
  EXPECT_EQ(zero, 0);
  EXPECT_EQ(codes, (std::vector<int8_t>{-8, 7, 0, 2, -3}));
  EXPECT_EQ(scale, 1);
  // All positive: 0 is the lowest code.
  x = {15, 1, 2, 8, 14.5f};
  quantizeRowsAsymmetricInt8(x, 1, 5, codes, scale, zero, /*bits=*/4);
  EXPECT_EQ(zero, -8);
  EXPECT_EQ(codes, (std::vector<int8_t>{7, -7, -6, 0, 6}));
}
