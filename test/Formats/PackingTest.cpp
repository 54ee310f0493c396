//===- PackingTest.cpp - tests of packing and stored sizes ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Plain packing, byte for byte and for odd tails; bits accounting.

#include "quantc/Formats/Packing.h"
#include "quantc/Formats/StoredSize.h"
#include "gtest/gtest.h"
#include <random>
#include <vector>

using namespace quantc;

using Bytes = std::vector<uint8_t>;

static Bytes pack(unsigned bits, const Bytes &codes) {
  Bytes packed(size_t(packedBytes(bits, int64_t(codes.size()))), 0xAA);
  packCodes(bits, codes, packed);
  return packed;
}

TEST(Packing, ByteForByte) {
  EXPECT_EQ(pack(8, {1, 255}), (Bytes{1, 255}));
  EXPECT_EQ(pack(4, {0x1, 0x2, 0xF}), (Bytes{0x21, 0x0F}));
  EXPECT_EQ(pack(2, {0, 1, 2, 3, 1}), (Bytes{0b11100100, 0b01}));
  EXPECT_EQ(pack(1, {1, 0, 0, 1, 0, 0, 0, 1, 1}), (Bytes{0b10001001, 1}));
  // 3 bits: 101 | 010 | 11.1 | 001
  EXPECT_EQ(pack(3, {5, 2, 7, 1}), (Bytes{0b11010101, 0b0011}));
  EXPECT_EQ(pack(5, {}), Bytes{});
}

TEST(Packing, BitsAboveTheCodeAreDropped) {
  EXPECT_EQ(pack(4, {0xF1, 0x32}), (Bytes{0x21}));
}

TEST(Packing, SizesRoundUpAndDoNotOverflow) {
  EXPECT_EQ(packedBytes(4, 0), 0);
  EXPECT_EQ(packedBytes(4, 3), 2);
  EXPECT_EQ(packedBytes(3, 8), 3);
  EXPECT_EQ(packedBytes(3, 9), 4);
  EXPECT_EQ(packedBytes(7, 1), 1);
  EXPECT_EQ(packedBytes(16, 3), 6);
  EXPECT_EQ(packedBytes(8, INT64_MAX), INT64_MAX);
}

TEST(Packing, EveryWidthAndTailRoundTrips) {
  std::mt19937 random(2);
  for (unsigned bits = 1; bits <= 8; ++bits)
    for (size_t count = 0; count <= 41; ++count) {
      Bytes codes(count), back(count, 0xAA);
      for (uint8_t &code : codes)
        code = uint8_t(random() & ((1u << bits) - 1));
      Bytes packed = pack(bits, codes);
      unpackCodes(bits, packed, back);
      EXPECT_EQ(back, codes) << bits << ' ' << count;
      // Unused bits are zero.
      size_t used = count * bits % 8;
      if (used)
        EXPECT_EQ(packed.back() >> used, 0) << bits << ' ' << count;
    }
}

TEST(StoredSize, ExamplesOfBitsPerWeight) {
  auto bits = [](unsigned code, int64_t group, unsigned scale, unsigned zero) {
    StoredSize size = storedSize({4096, 4096, code, group, scale, zero});
    EXPECT_EQ(size.nominalBitsPerWeight(), code);
    return size.storedBitsPerWeight();
  };
  EXPECT_DOUBLE_EQ(bits(4, 128, 16, 0), 4.125);
  EXPECT_DOUBLE_EQ(bits(4, 128, 16, 4), 4.15625);
  EXPECT_DOUBLE_EQ(bits(4, 64, 16, 16), 4.5);
  EXPECT_DOUBLE_EQ(bits(2, 4096, 16, 0), 2.00390625);
  EXPECT_DOUBLE_EQ(bits(4, 32, 8, 0), 4.25);
}

TEST(StoredSize, ShortLastGroupCountsAsOne) {
  EXPECT_EQ(groupCount(576, 128), 5);
  EXPECT_EQ(groupCount(128, 128), 1);
  EXPECT_EQ(groupCount(0, 128), 0);
  StoredSize size = storedSize({2, 576, 4, 128, 32, 4});
  EXPECT_EQ(size.codeBits, 2 * 576 * 4);
  EXPECT_EQ(size.scaleBits, 2 * 5 * 32);
  EXPECT_EQ(size.zeroPointBits, 2 * 5 * 4);
  EXPECT_EQ(size.totalBytes(), (4608 + 320 + 40) / 8);
}

TEST(StoredSize, WithoutScales) {
  StoredSize size = storedSize({3, 5, 1, 0, 0, 0});
  EXPECT_EQ(size.totalBits(), 15);
  EXPECT_EQ(size.totalBytes(), 2);
  EXPECT_EQ(StoredSize().storedBitsPerWeight(), 0);
}

TEST(StoredSize, Codebooks) {
  // 410 indices of 8 bits a row, scale and zero point of 16 bits, 256 patterns.
  StoredSize size = storedSize({4096, 4096, 8, 4096, 16, 16, 10, 256});
  EXPECT_EQ(size.codeBits, 4096 * 410 * 8);
  EXPECT_EQ(size.codebookBits, 2560);
  EXPECT_NEAR(size.storedBitsPerWeight(), 0.80875, 5e-6);
  // An index for the columns that are left, too.
  EXPECT_EQ(storedSize({3, 21, 9, 0, 0, 0, 10, 512}).codeBits, 3 * 3 * 9);
}
