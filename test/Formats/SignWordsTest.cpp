//===- SignWordsTest.cpp - tests of the order of signs ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One example byte for byte, odd sizes there and back, zeros behind the end.

#include "quantc/Formats/SignWords.h"
#include "gtest/gtest.h"
#include <random>
#include <vector>

using namespace quantc;

using Bytes = std::vector<uint8_t>;

TEST(SignWords, RowsRoundUpToWords) {
  EXPECT_EQ(signWords(0), 0);
  EXPECT_EQ(signWords(1), 1);
  EXPECT_EQ(signWords(64), 1);
  EXPECT_EQ(signWords(65), 2);
  EXPECT_EQ(panel16B64Bytes(17, 9, 65), 2 * 16 * 9 * 2 * 8);
}

TEST(SignWords, ByteForByte) {
  // Two rows of one tap and ten columns.
  Bytes codes{1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0};
  Bytes words(panel16B64Bytes(2, 1, 10), 0xAA);
  packPanel16B64(codes, 2, 1, 10, words);
  Bytes expected(16 * 8);
  expected[0] = 0b10000101, expected[1] = 0b10;
  expected[8] = 0b11111110, expected[9] = 0b01;
  EXPECT_EQ(words, expected);
}

TEST(SignWords, ThereAndBack) {
  std::mt19937 random(5);
  for (int64_t rows : {1, 15, 16, 33})
    for (int64_t taps : {1, 9})
      for (int64_t columns : {1, 63, 64, 65, 130}) {
        Bytes codes(rows * taps * columns);
        for (uint8_t &code : codes)
          code = random() & 1;
        Bytes words(panel16B64Bytes(rows, taps, columns));
        packPanel16B64(codes, rows, taps, columns, words);
        Bytes found(codes.size(), 7);
        unpackPanel16B64(words, rows, taps, columns, found);
        EXPECT_EQ(found, codes);
        // Nothing but the codes has bits.
        int64_t bits = 0, ones = 0;
        for (uint8_t byte : words)
          bits += __builtin_popcount(byte);
        for (uint8_t code : codes)
          ones += code;
        EXPECT_EQ(bits, ones);
      }
}
