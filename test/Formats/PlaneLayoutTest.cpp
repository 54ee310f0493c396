//===- PlaneLayoutTest.cpp - tests of codes in planes -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Prefixes of codes, byte for byte and for odd tails, what fewer bits read, and
// what they stand for.

#include "quantc/Formats/PlaneLayout.h"
#include "quantc/Formats/StoredSize.h"
#include "gtest/gtest.h"
#include <numeric>
#include <random>
#include <vector>

using namespace quantc;

using Bytes = std::vector<uint8_t>;

static Bytes pack(const Bytes &codes, int64_t channels, int64_t inputs,
                  unsigned bits) {
  Bytes packed(size_t(panelPlanesBytes(channels, inputs, bits)), 0x55);
  packPlanes(codes, channels, inputs, bits, packed);
  return packed;
}

TEST(PlaneLayout, ByteForByte) {
  Bytes eight = pack({0x76}, 1, 1, 8);
  ASSERT_EQ(eight.size(), 4 * 64u);
  EXPECT_EQ(eight[0], 0xA9);
  EXPECT_EQ(eight[1], 0xAA) << "the middle is 10 in the first plane";
  EXPECT_EQ(eight[64], 0x03);
  EXPECT_EQ(eight[65], 0x00);
  EXPECT_EQ(eight[128], 0x06);
  EXPECT_EQ(eight[192], 0x00);
  // Column 5 is the second of the second bit position, channel 1 starts at 4.
  Bytes codes(2 * 16, 0);
  codes[16 + 5] = 0xB;
  Bytes four = pack(codes, 2, 16, 4);
  ASSERT_EQ(four.size(), 2 * 64u);
  EXPECT_EQ(four[4 + 1], 0x08);
  EXPECT_EQ(four[64 + 4 + 1], 0x0C);
  EXPECT_EQ(std::accumulate(four.begin(), four.begin() + 8, 0), 0x08);
}

TEST(PlaneLayout, EveryCodeAndTailIsAPrefixAtEveryWidth) {
  std::mt19937 random(3);
  for (unsigned bits : {4u, 8u})
    for (int64_t channels : {1, 16, 19})
      for (int64_t inputs : {1, 8, 15, 16, 17, 40, 257}) {
        Bytes codes(size_t(channels * inputs));
        for (size_t i = 0; i < codes.size(); ++i)
          codes[i] = uint8_t((i < 256 ? i : random()) & ((1u << bits) - 1));
        Bytes packed = pack(codes, channels, inputs, bits);
        for (unsigned width : {2u, 4u, 8u}) {
          if (width > bits)
            continue;
          // Nothing behind the planes of the width is there to be read.
          Bytes first(packed.begin(),
                      packed.begin() +
                          panelPlanesBytes(channels, inputs, width));
          Bytes back(codes.size(), 0xAA), expected(codes);
          for (uint8_t &code : expected)
            code = uint8_t(code >> (bits - width));
          unpackPlanes(first, channels, inputs, width, back);
          EXPECT_EQ(back, expected)
              << bits << ' ' << width << ' ' << channels << 'x' << inputs;
        }
      }
}

TEST(PlaneLayout, BytesAreProportionalToTheWidth) {
  EXPECT_EQ(panelPlanesBytes(4096, 4096, 8), 4096 * 4096);
  EXPECT_EQ(panelPlanesBytes(4096, 4096, 4), 4096 * 4096 / 2);
  EXPECT_EQ(panelPlanesBytes(4096, 4096, 2), 4096 * 4096 / 4);
  EXPECT_EQ(panelPlanesBytes(17, 17, 2), 2 * 2 * 64);
  for (int64_t plane = 0, sum = 0; plane < 3; ++plane) {
    sum += planeBytes(40, 100, plane);
    EXPECT_EQ(sum, panelPlanesBytes(40, 100, plane == 2 ? 8 : 2 + 2 * plane));
  }
}

// A code of fewer bits stands for the middle between the lowest parent that it
// begins and the lowest of the next code, in parents: half a parent above their
// mean.
TEST(PlaneLayout, StepsAreTheMiddlesOfCells) {
  struct Case {
    unsigned bits, width;
    int zero;    ///< of the parents
    int parents; ///< in a step
  };
  for (auto [bits, width, zero, parents] :
       {Case{8, 4, 136, 16}, Case{8, 2, 136, 8}, Case{4, 2, 8, 2}}) {
    const CodeSteps *steps = planeSteps(bits, width);
    int cell = 1 << (bits - width);
    for (int code = 0; code < 1 << width; ++code) {
      double mean = 0;
      for (int parent = code * cell; parent < (code + 1) * cell; ++parent)
        mean += double(parent - zero) / cell;
      int step = steps ? steps->step(uint8_t(code)) : code - 8;
      EXPECT_EQ(step * parents, mean + 0.5)
          << bits << ' ' << width << ' ' << code;
    }
  }
}

TEST(PlaneLayout, StepsOfParents) {
  EXPECT_EQ(planeSteps(4, 4), nullptr) << "plain integers";
  EXPECT_EQ(planeSteps(8, 4), nullptr) << "plain integers";
  const CodeSteps *steps = planeSteps(8, 8);
  EXPECT_EQ(steps->step(136), 0);
  EXPECT_EQ(steps->step(255), 119);
  EXPECT_EQ(steps->largestStep(), 119);
  EXPECT_EQ(steps->largestByte(), 255);
  EXPECT_EQ(codeStepsOf("planes", 8), steps);
  EXPECT_EQ(codeStepsOf("e2m1", 4), lookupCodeSteps("e2m1"));
  EXPECT_EQ(codeStepsOf("uint", 4), nullptr);
}

TEST(PlaneLayout, Widths) {
  EXPECT_TRUE(arePlaneWidths({8, 4, 2}, 8));
  EXPECT_TRUE(arePlaneWidths({8, 2}, 8));
  EXPECT_TRUE(arePlaneWidths({4, 2}, 4));
  EXPECT_FALSE(arePlaneWidths({8}, 8)) << "one width is no choice";
  EXPECT_FALSE(arePlaneWidths({4, 2}, 8));
  EXPECT_FALSE(arePlaneWidths({8, 3}, 8));
  EXPECT_FALSE(arePlaneWidths({8, 2, 4}, 8));
  EXPECT_FALSE(arePlaneWidths({8, 4, 4}, 8));
  EXPECT_FALSE(arePlaneWidths({}, 8));
}

// 8 bits, and of three widths an f16 scale for 64 weights each: 0.75 bits.
TEST(PlaneLayout, StoredBits) {
  StoredScheme scheme{4096, 4096, 8, 64, 16};
  scheme.scaleSets = 3;
  EXPECT_DOUBLE_EQ(storedSize(scheme).storedBitsPerWeight(), 8.75);
  EXPECT_DOUBLE_EQ(storedSize(scheme).nominalBitsPerWeight(), 8);
}
