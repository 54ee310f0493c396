//===- IndexLayoutTest.cpp - codebook indices in panels ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sizes, bytes by hand, and round trips of every width.

#include "quantc/Formats/IndexLayout.h"
#include "gtest/gtest.h"
#include <random>
#include <vector>

using namespace quantc;

TEST(IndexLayout, Bits) {
  EXPECT_EQ(indexBits(2), 1u);
  EXPECT_EQ(indexBits(256), 8u);
  EXPECT_EQ(indexBits(258), 9u);
  EXPECT_EQ(indexBits(512), 9u);
  EXPECT_EQ(indexBits(4096), 12u);
  EXPECT_EQ(indexBits(65536), 16u);
  EXPECT_EQ(indexLineBytes(9), 18);
  EXPECT_EQ(panelIndexBytes(17, 58, 9), 2 * 58 * 18);
}

TEST(IndexLayout, BytesByHand) {
  std::vector<uint16_t> indices = {0x0ff, 0x101};
  std::vector<uint8_t> packed(18, 0xaa), expected(18);
  packPanelIndices(indices, 2, 1, 9, packed);
  expected[0] = 0xff, expected[1] = 0x01, expected[16] = 0x02;
  EXPECT_EQ(packed, expected);
  // Bits 8 to 11 of the indices of channels 0 and 9.
  std::vector<uint16_t> wide(10);
  wide[0] = 0x5a7, wide[9] = 0xf01;
  packed.assign(24, 0xaa);
  packPanelIndices(wide, 10, 1, 12, packed);
  expected.assign(24, 0);
  expected[0] = 0xa7, expected[9] = 0x01;
  expected[16] = 1, expected[20] = 1;
  for (size_t byte : {17, 19, 21, 23})
    expected[byte] = 2;
  EXPECT_EQ(packed, expected);
}

TEST(IndexLayout, RoundTrips) {
  std::mt19937 random(1);
  for (unsigned bits = 1; bits <= 16; ++bits)
    for (int64_t channels : {0, 1, 16, 37})
      for (int64_t perChannel : {0, 1, 5}) {
        std::vector<uint16_t> indices(size_t(channels * perChannel)),
            back = indices;
        for (uint16_t &index : indices)
          index = uint16_t(random() & ((1u << bits) - 1));
        std::vector<uint8_t> packed(
            size_t(panelIndexBytes(channels, perChannel, bits)));
        packPanelIndices(indices, channels, perChannel, bits, packed);
        unpackPanelIndices(packed, channels, perChannel, bits, back);
        EXPECT_EQ(indices, back) << bits << ' ' << channels;
      }
}
