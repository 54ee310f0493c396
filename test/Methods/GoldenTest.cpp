//===- GoldenTest.cpp - methods against NumPy, bit for bit ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The expected values are what golden.py prints: NumPy float32 computing the
// formulas of GroupScheme.h.

#include "QuantizeOrFail.h"
#include "quantc/Methods/Method.h"
#include "quantc/Support/Checksum.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"

using namespace quantc;

/// The weights of golden.py; exact, because an integer is divided once.
static std::vector<float> goldenWeights(int64_t rows, int64_t cols) {
  std::vector<float> weights;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < cols; ++c)
      weights.push_back(float((r * 37 + c * c * 101) % 509 - 254) / 97.0f);
  return weights;
}

static std::vector<uint32_t> bitsOf(const std::vector<float> &values) {
  std::vector<uint32_t> bits;
  for (float value : values)
    bits.push_back(llvm::bit_cast<uint32_t>(value));
  return bits;
}

using Bytes = std::vector<uint8_t>;
using Words = std::vector<uint32_t>;

TEST(Golden, SymmetricFourBits) {
  GroupScheme scheme{.bits = 4, .symmetric = true, .groupSize = 4};
  QuantizedMatrix rtn = quantize("rtn", goldenWeights(2, 10), 2, scheme);
  EXPECT_EQ(rtn.groups, 3);
  EXPECT_EQ(rtn.codes, (Bytes{1, 4, 12, 12, 3, 15, 3, 11, 11, 1, //
                              1, 4, 14, 14, 4, 1,  4, 12, 13, 1}));
  EXPECT_EQ(bitsOf(rtn.scales), (Words{0x3ebf875a, 0x3eb133a7, 0x3ea3a0fe,
                                       0x3ea3a0fe, 0x3eb2b5ba, 0x3e87baa1}));
  EXPECT_EQ(rtn.zeroPoints, Bytes(6, 8));
  EXPECT_EQ(rtn.groupsKeptAtRtn, 0);

  QuantizedMatrix mse = quantize("mse", goldenWeights(2, 10), 2, scheme);
  EXPECT_EQ(mse.codes, (Bytes{1, 4, 12, 12, 3, 15, 3, 11, 12, 0, //
                              1, 4, 14, 14, 4, 0,  3, 13, 14, 0}));
  EXPECT_EQ(bitsOf(mse.scales), (Words{0x3ebf875a, 0x3eb133a7, 0x3e8cb889,
                                       0x3ea1fe1a, 0x3e9d43c2, 0x3e6ee210}));
  EXPECT_EQ(mse.groupsKeptAtRtn, 2);
}

TEST(Golden, AsymmetricFourBitsWithHalfScales) {
  GroupScheme scheme{.bits = 4,
                     .symmetric = false,
                     .groupSize = 4,
                     .scaleType = ScaleType::FP16};
  QuantizedMatrix rtn = quantize("rtn", goldenWeights(2, 10), 2, scheme);
  EXPECT_EQ(rtn.codes, (Bytes{0, 3, 15, 14, 1, 15, 0, 11, 15, 0, //
                              0, 4, 15, 15, 4, 0,  3, 15, 15, 0}));
  EXPECT_EQ(bitsOf(rtn.scales), (Words{0x3e8e2000, 0x3e926000, 0x3e608000,
                                       0x3e8e2000, 0x3e888000, 0x3e608000}));
  EXPECT_EQ(rtn.zeroPoints, (Bytes{9, 7, 10, 8, 9, 8}));

  QuantizedMatrix mse = quantize("mse", goldenWeights(2, 10), 2, scheme);
  EXPECT_EQ(bitsOf(mse.scales)[4], 0x3e872000u);
  EXPECT_EQ(mse.groupsKeptAtRtn, 5);
}

namespace {
struct LargeCase {
  unsigned bits;
  bool symmetric, half, search;
  int64_t kept;
  uint64_t checksum;
};
} // namespace

// 24 x 576 in groups of 128, so that the last group of a row has 64.
static const LargeCase kLargeCases[] = {
    {1, false, false, false, 0, 0x6921ecbdfa49b046},
    {1, false, false, true, 0, 0x723db64d2f9c611c},
    {1, false, true, false, 0, 0x94f0139050c5e625},
    {1, false, true, true, 0, 0x941f9940aa6f273f},
    {2, true, false, false, 0, 0x199767b66e584dbf},
    {2, true, false, true, 0, 0x909e3ec5ead741e1},
    {2, true, true, false, 0, 0x2da52848a22a20ef},
    {2, true, true, true, 0, 0x1cfe7d3684a2bc34},
    {2, false, false, false, 0, 0x84aad48519df9426},
    {2, false, false, true, 16, 0x9f63a6c2811bd4e0},
    {2, false, true, false, 0, 0x16ca5fbd794bf0e3},
    {2, false, true, true, 14, 0x957dc9cebb3ea07f},
    {3, true, false, false, 0, 0x168c50be2a7d25a3},
    {3, true, false, true, 0, 0xc2a570be85ecf662},
    {3, true, true, false, 0, 0x722b772c00a8f0fb},
    {3, true, true, true, 0, 0x79babd97cd422862},
    {3, false, false, false, 0, 0x9200f346daa66b62},
    {3, false, false, true, 28, 0x03e0606bd1194f60},
    {3, false, true, false, 0, 0x6d7f7b33b30a9ac8},
    {3, false, true, true, 28, 0xab836bcba38bed7b},
    {4, true, false, false, 0, 0x3e224120119cd8c7},
    {4, true, false, true, 3, 0x6ed141caa84dab5d},
    {4, true, true, false, 0, 0x4a78daadcb9eb52e},
    {4, true, true, true, 3, 0x3ad3086dcd27aa4f},
    {4, false, false, false, 0, 0x3b05599b9b43b09a},
    {4, false, false, true, 41, 0x98466c1750c46945},
    {4, false, true, false, 0, 0x1c872e80cea88d5f},
    {4, false, true, true, 41, 0x6155832a29807519},
    {8, true, false, false, 0, 0x95fb951ee99ef174},
    {8, true, false, true, 57, 0x7ff4b4b55b1bd889},
    {8, true, true, false, 0, 0xce911acfb4b2ce1e},
    {8, true, true, true, 59, 0x65395fdf5132cc09},
    {8, false, false, false, 0, 0x7bfe9f586267ef8e},
    {8, false, false, true, 120, 0x7bfe9f586267ef8e},
    {8, false, true, false, 0, 0x1690dc18bac9a63e},
    {8, false, true, true, 120, 0x1690dc18bac9a63e},
};

/// Checksum of codes, then scales, then zero points.
static uint64_t checksumOf(const QuantizedMatrix &matrix) {
  WordChecksum sum;
  sum.update(matrix.codes);
  sum.update({reinterpret_cast<const uint8_t *>(matrix.scales.data()),
              matrix.scales.size() * sizeof(float)});
  sum.update(matrix.zeroPoints);
  return sum.value();
}

TEST(Golden, EveryWidthWithAShortLastGroupForAnyNumberOfThreads) {
  std::vector<float> weights = goldenWeights(24, 576);
  for (unsigned threads : {1u, 5u}) {
    setThreadCount(threads);
    for (const LargeCase &c : kLargeCases) {
      GroupScheme scheme{c.bits, c.symmetric, 128,
                         c.half ? ScaleType::FP16 : ScaleType::FP32};
      QuantizedMatrix result =
          quantize(c.search ? "mse" : "rtn", weights, 24, scheme);
      std::string name = "bits " + std::to_string(c.bits) +
                         (c.symmetric ? " symmetric" : " asymmetric") +
                         (c.half ? " fp16" : " fp32") +
                         (c.search ? " mse" : " rtn");
      EXPECT_EQ(checksumOf(result), c.checksum) << name;
      EXPECT_EQ(result.groupsKeptAtRtn, c.kept) << name;
    }
  }
  setThreadCount(0);
}
