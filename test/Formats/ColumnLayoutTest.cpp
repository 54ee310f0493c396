//===- ColumnLayoutTest.cpp - bits of weights in columns --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One example byte by byte; all widths there and back, tiles that are not full.

#include "quantc/Formats/ColumnLayout.h"
#include "gtest/gtest.h"
#include <vector>

using namespace quantc;

TEST(ColumnLayout, ByteForByte) {
  std::vector<uint8_t> codes;
  for (int i = 0; i < 32; ++i)
    codes.push_back(i % 16);
  codes.push_back(7);
  std::vector<uint8_t> packed(column64Bytes(33, 1, 4));
  ASSERT_EQ(packed.size(), 32u);
  packColumn64(codes, 33, 1, 4, 8, packed);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(packed[2 * i], i << 4 | i);
    EXPECT_EQ(packed[2 * i + 1], i == 0 ? 0x87 : 0x88);
  }
}

TEST(ColumnLayout, AColumnIsContiguous) {
  // 3 columns of 65 channels: two tiles a column.
  std::vector<uint8_t> codes(65 * 3, 0), packed(column64Bytes(65, 3, 8));
  ASSERT_EQ(packed.size(), 3u * 2 * 64);
  codes[64 * 3 + 1] = 200; // channel 64, input 1
  packColumn64(codes, 65, 3, 8, 0, packed);
  for (size_t i = 0; i < packed.size(); ++i)
    EXPECT_EQ(packed[i], i == (1 * 2 + 1) * 64 ? 200 : 0) << i;
}

TEST(ColumnLayout, ThereAndBack) {
  for (unsigned bits : {2u, 4u, 8u})
    for (int64_t channels : {1, 15, 16, 63, 64, 65, 200})
      for (int64_t inputs : {0, 1, 7, 130}) {
        std::vector<uint8_t> codes(channels * inputs), again(codes.size());
        uint32_t random = 1;
        for (uint8_t &code : codes) {
          random = random * 1664525 + 1013904223;
          code = uint8_t(random >> 24) & ((1u << bits) - 1);
        }
        std::vector<uint8_t> packed(column64Bytes(channels, inputs, bits));
        packColumn64(codes, channels, inputs, bits, 1, packed);
        unpackColumn64(packed, channels, inputs, bits, again);
        EXPECT_EQ(again, codes) << bits << " " << channels << "x" << inputs;
      }
}
