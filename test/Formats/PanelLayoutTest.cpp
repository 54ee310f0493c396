//===- PanelLayoutTest.cpp - tests of the N16K4 layout ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The layout byte for byte, against its formula, and back.

#include "quantc/Formats/PanelLayout.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <numeric>
#include <random>
#include <vector>

using namespace quantc;

using Bytes = std::vector<uint8_t>;

static Bytes pack(const Bytes &codes, int64_t n, int64_t k, unsigned bits,
                  uint8_t padding) {
  Bytes packed(size_t(panel16K4Bytes(n, k, bits)), 0xAA);
  packPanel16K4(codes, n, k, bits, padding, packed);
  return packed;
}

static Bytes randomCodes(int64_t count, unsigned bits, unsigned seed) {
  std::mt19937 random(seed);
  Bytes codes(static_cast<size_t>(count));
  for (uint8_t &code : codes)
    code = uint8_t(random() & ((1u << bits) - 1));
  return codes;
}

TEST(PanelLayout, Sizes) {
  EXPECT_EQ(panelLineInputs(8), 4);
  EXPECT_EQ(panelLineInputs(4), 8);
  EXPECT_EQ(panelLineInputs(2), 16);
  EXPECT_EQ(panelLineInputs(1), 32);
  EXPECT_EQ(panel16K4Bytes(16, 8, 4), 64);
  EXPECT_EQ(panel16K4Bytes(17, 9, 4), 2 * 2 * 64);
  EXPECT_EQ(panel16K4Bytes(576, 576, 4), 576 * 576 / 2);
  EXPECT_EQ(panelLineInputs(3), 32);
  EXPECT_EQ(panelLineBytes(3), 192);
  EXPECT_EQ(panelLineBytes(8), 64);
  EXPECT_EQ(panel16K4Bytes(576, 576, 3), 576 * 576 * 3 / 8);
  EXPECT_TRUE(hasPanelLayout(3));
  EXPECT_FALSE(hasPanelLayout(5));
}

TEST(PanelLayout, FourBitsByteForByte) {
  Bytes packed = pack({0, 1, 2, 3, 4, 5, 6, 7}, 1, 8, 4, 8);
  Bytes expected(64, 0x88);
  expected[0] = 0x40;
  expected[1] = 0x51;
  expected[2] = 0x62;
  expected[3] = 0x73;
  EXPECT_EQ(packed, expected);
}

TEST(PanelLayout, EightBitsByteForByte) {
  // Two channels, five inputs: channel 1 is 4 bytes after channel 0, the fifth
  // input is in the second line.
  Bytes packed = pack({1, 2, 3, 4, 5, 11, 12, 13, 14, 15}, 2, 5, 8, 128);
  Bytes expected(128, 128);
  for (size_t i = 0; i < 4; ++i) {
    expected[i] = uint8_t(1 + i);
    expected[4 + i] = uint8_t(11 + i);
  }
  expected[64] = 5;
  expected[68] = 15;
  EXPECT_EQ(packed, expected);
}

TEST(PanelLayout, TwoAndOneBitsByteForByte) {
  // Input 4j + i is in plane j of byte i.
  Bytes two(16, 0);
  two[0] = 1, two[4] = 2, two[8] = 3, two[13] = 1;
  Bytes packed = pack(two, 1, 16, 2, 0);
  EXPECT_EQ(packed[0], 0b00111001);
  EXPECT_EQ(packed[1], 0b01000000);
  EXPECT_EQ(std::accumulate(packed.begin() + 2, packed.end(), 0), 0);

  Bytes one(32, 0);
  one[0] = 1, one[28] = 1, one[31] = 1;
  packed = pack(one, 1, 32, 1, 0);
  EXPECT_EQ(packed[0], 0x81);
  EXPECT_EQ(packed[3], 0x80);
}

TEST(PanelLayout, ThreeBitsByteForByte) {
  // Lower bits of input 16a + 4j + i: piece a, byte i, bits 2j. Upper bits of
  // input 4j + i: piece 2, byte i, bit j.
  Bytes codes(33, 0);
  codes[0] = 5, codes[4] = 2, codes[21] = 7, codes[31] = 4, codes[32] = 6;
  Bytes packed = pack(codes, 1, 33, 3, 0);
  Bytes expected(2 * 192, 0);
  expected[0] = 0b00001001;
  expected[64 + 1] = 0b00001100;
  expected[128] = 0b00000001;
  expected[128 + 1] = 0b00100000;
  expected[128 + 3] = 0b10000000;
  expected[192] = 0b00000010;
  expected[192 + 128] = 0b00000001;
  EXPECT_EQ(packed, expected);
}

TEST(PanelLayout, ThreeBitsRoundTrip) {
  for (int64_t n : {1, 15, 16, 17, 40})
    for (int64_t k : {1, 15, 16, 17, 31, 32, 33, 72}) {
      Bytes codes = randomCodes(n * k, 3, unsigned(n * 100 + k));
      Bytes packed = pack(codes, n, k, 3, 4), back(codes.size(), 0xAA);
      unpackPanel16K4(packed, n, k, 3, back);
      EXPECT_EQ(back, codes) << n << ' ' << k;
      // Padding has the code 4 everywhere: unpacked as part of a larger matrix.
      int64_t rows = panelCount(n) * 16, columns = panelLines(k, 3) * 32;
      Bytes all(size_t(rows * columns), 0xAA);
      unpackPanel16K4(packed, rows, columns, 3, all);
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c)
          ASSERT_EQ(all[size_t(r * columns + c)],
                    r < n && c < k ? codes[size_t(r * k + c)] : 4);
    }
}

TEST(PanelLayout, BitsAboveTheCodeDoNotSpill) {
  Bytes packed = pack({0xF1, 0, 0, 0, 0xF2, 0, 0, 0}, 1, 8, 4, 0);
  EXPECT_EQ(packed[0], 0x21);
}

TEST(PanelLayout, AgreesWithItsFormulaAndRoundTrips) {
  for (unsigned bits : {1u, 2u, 4u, 8u})
    for (int64_t n : {1, 15, 16, 17, 40})
      for (int64_t k : {1, 3, 4, 7, 31, 32, 33, 72}) {
        Bytes codes = randomCodes(n * k, bits, unsigned(n * 100 + k));
        uint8_t padding = uint8_t(1u << (bits - 1));
        Bytes packed = pack(codes, n, k, bits, padding);

        const unsigned mask = (1u << bits) - 1;
        Bytes rest = packed;
        for (int64_t channel = 0; channel < n; ++channel)
          for (int64_t input = 0; input < k; ++input) {
            auto [byte, shift] = panel16K4Position(channel, input, k, bits);
            ASSERT_EQ(packed[size_t(byte)] >> shift & mask,
                      codes[size_t(channel * k + input)]);
            // Put padding in its place: all must be padding in the end.
            uint8_t &place = rest[size_t(byte)];
            place = uint8_t((place & ~(mask << shift)) | padding << shift);
          }
        Bytes onlyPadding = pack({}, 0, 0, bits, padding);
        unsigned filler = 0;
        for (unsigned shift = 0; shift < 8; shift += bits)
          filler |= unsigned(padding) << shift;
        EXPECT_EQ(rest, Bytes(rest.size(), uint8_t(filler)));
        EXPECT_TRUE(onlyPadding.empty());

        Bytes back(codes.size(), 0xAA);
        unpackPanel16K4(packed, n, k, bits, back);
        EXPECT_EQ(back, codes) << bits << ' ' << n << ' ' << k;
      }
}

TEST(PanelLayout, ThreadsDoNotChangeBytes) {
  Bytes codes = randomCodes(200 * 100, 4, 3);
  setThreadCount(1);
  Bytes one = pack(codes, 200, 100, 4, 8);
  setThreadCount(5);
  Bytes five = pack(codes, 200, 100, 4, 8);
  setThreadCount(0);
  EXPECT_EQ(one, five);
}

TEST(PanelLayout, FloatPanels) {
  // 17 channels, 2 inputs: w[n][k] = 10 n + k.
  std::vector<float> weights;
  for (int n = 0; n < 17; ++n)
    for (int k = 0; k < 2; ++k)
      weights.push_back(float(10 * n + k));
  std::vector<float> packed(size_t(panel16F32Count(17, 2)), -1);
  packPanel16F32(weights, 17, 2, packed);
  ASSERT_EQ(packed.size(), 64u);
  EXPECT_EQ(packed[0], 0);
  EXPECT_EQ(packed[1], 10);   // channel 1, input 0
  EXPECT_EQ(packed[16], 1);   // channel 0, input 1
  EXPECT_EQ(packed[32], 160); // channel 16, input 0
  EXPECT_EQ(packed[48], 161);
  EXPECT_EQ(packed[33], 0); // padding
}

TEST(PanelLayout, ScalePanels) {
  std::vector<float> scales = {1, 2, 3, 4, 5, 6}; // 2 channels, 3 groups
  std::vector<float> packed(size_t(panel16F32Count(2, 3)));
  packPanelScales(scales, 2, 3, 0.5f, packed);
  for (size_t g = 0; g < 3; ++g) {
    EXPECT_EQ(packed[g * 16], float(1 + g));
    EXPECT_EQ(packed[g * 16 + 1], float(4 + g));
    EXPECT_EQ(packed[g * 16 + 2], 0.5f);
  }
  Bytes zeroPoints = {7, 8}; // 2 channels, 1 group
  Bytes bytes(16);
  packPanelBytes(zeroPoints, 2, 1, 9, bytes);
  EXPECT_EQ(bytes[0], 7);
  EXPECT_EQ(bytes[1], 8);
  EXPECT_EQ(bytes[15], 9);
}
