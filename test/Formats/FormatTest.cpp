//===- FormatTest.cpp - tests of number formats -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What holds for every format: codes round-trip, encode finds the nearest
// value, specials are as documented.

#include "quantc/Formats/Format.h"
#include "quantc/Support/Errors.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>
#include <set>

using namespace quantc;

static constexpr float kInfinity = std::numeric_limits<float>::infinity();
static constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

static const Format &format(llvm::StringRef name) {
  const Format *found = lookupFormat(name);
  EXPECT_NE(found, nullptr) << name.str();
  return *found;
}

static std::string nameOf(const Format &format) { return format.name.str(); }

TEST(Format, NamesAreUniqueAndFound) {
  std::set<std::string> names;
  for (const Format &f : allFormats()) {
    EXPECT_TRUE(names.insert(nameOf(f)).second) << nameOf(f);
    EXPECT_EQ(lookupFormat(f.name), &f);
    EXPECT_FALSE(f.summary.empty()) << nameOf(f);
  }
  EXPECT_EQ(names.size(), 26u);
}

TEST(Format, UnknownNameIsAnErrorWithASuggestion) {
  EXPECT_EQ(lookupFormat("int9"), nullptr);
  Failure failure = takeFailure(requireFormat("itn4").takeError());
  EXPECT_EQ(failure.exitCode, 1);
  EXPECT_NE(failure.message.find("there is no number format 'itn4'"),
            std::string::npos);
  EXPECT_NE(failure.message.find("'int4'"), std::string::npos)
      << failure.message;
  EXPECT_EQ(*requireFormat("int4"), lookupFormat("int4"));
}

TEST(Format, AllCodesUpTo16BitsRoundTrip) {
  for (const Format &f : allFormats()) {
    if (f.bits > 16)
      continue;
    for (uint32_t code = 0; code < f.codeCount; ++code) {
      float value = f.decode(code);
      if (std::isnan(value)) {
        EXPECT_TRUE(f.hasNaN) << nameOf(f) << ' ' << code;
        EXPECT_TRUE(std::isnan(f.round(value))) << nameOf(f) << ' ' << code;
        continue;
      }
      // e5m2 has codes of infinity that encode never gives.
      if (nameOf(f) == "e5m2" && std::isinf(value)) {
        EXPECT_EQ(f.round(value), std::copysign(57344.0f, value));
        continue;
      }
      EXPECT_EQ(f.encode(value), code) << nameOf(f) << ' ' << value;
    }
  }
}

TEST(Format, CodesThatDoNotExistAreNaN) {
  EXPECT_TRUE(std::isnan(format("ternary").decode(3)));
  EXPECT_TRUE(std::isnan(format("binary").decode(2)));
  EXPECT_TRUE(std::isnan(format("int4").decode(16)));
  EXPECT_TRUE(std::isnan(format("uint8").decode(256)));
  EXPECT_TRUE(std::isnan(format("e2m1").decode(16)));
  EXPECT_TRUE(std::isnan(format("e8m0").decode(256)));
}

// Compares encode with a search over all codes for random values.
TEST(Format, EncodeFindsTheNearestValue) {
  std::mt19937 random(1);
  for (const Format &f : allFormats()) {
    if (f.bits > 8)
      continue;
    double span = std::min<double>(f.maxValue, 1000);
    std::uniform_real_distribution<float> wide(float(-1.2 * span),
                                               float(1.2 * span));
    std::normal_distribution<float> narrow(0, 0.05f);
    for (int i = 0; i < 400; ++i) {
      double value = i % 2 ? wide(random) : narrow(random);
      double best = std::numeric_limits<double>::infinity();
      for (uint32_t code = 0; code < f.codeCount; ++code)
        if (std::isfinite(f.decode(code)))
          best = std::min(best, std::fabs(f.decode(code) - value));
      EXPECT_EQ(std::fabs(f.round(float(value)) - value), best)
          << nameOf(f) << ' ' << value;
    }
  }
}

TEST(Format, LimitsAreReachedAndSaturate) {
  for (const Format &f : allFormats()) {
    EXPECT_EQ(f.round(f.maxValue), f.maxValue) << nameOf(f);
    EXPECT_EQ(f.round(f.minValue), f.minValue) << nameOf(f);
    bool ieee = f.bits >= 16;
    float top = f.round(kInfinity), bottom = f.round(-kInfinity);
    EXPECT_EQ(top, ieee ? kInfinity : f.maxValue) << nameOf(f);
    EXPECT_EQ(bottom, ieee ? -kInfinity : f.minValue) << nameOf(f);
    if (ieee)
      continue;
    EXPECT_EQ(f.round(std::numeric_limits<float>::max()), f.maxValue)
        << nameOf(f);
    EXPECT_EQ(f.round(std::numeric_limits<float>::lowest()), f.minValue)
        << nameOf(f);
  }
}

TEST(Format, NaNIsAsDocumented) {
  for (const Format &f : allFormats()) {
    float result = f.round(kNaN);
    switch (f.family) {
    case FormatFamily::UnsignedInt:
    case FormatFamily::SignedInt:
    case FormatFamily::Ternary:
      EXPECT_EQ(result, 0) << nameOf(f);
      break;
    case FormatFamily::Binary:
      EXPECT_EQ(result, 1) << nameOf(f);
      break;
    case FormatFamily::Odd:
      EXPECT_EQ(result, 0.5f) << nameOf(f);
      break;
    case FormatFamily::Float:
    case FormatFamily::PowerOfTwo:
      if (f.hasNaN)
        EXPECT_TRUE(std::isnan(result)) << nameOf(f);
      else
        EXPECT_EQ(result, f.maxValue) << nameOf(f);
    }
  }
}

TEST(IntegerFormat, RangesAndOffsets) {
  EXPECT_EQ(format("int4").minValue, -8);
  EXPECT_EQ(format("int4").maxValue, 7);
  EXPECT_EQ(format("int4").offset, 8);
  EXPECT_EQ(format("int4").decode(0), -8);
  EXPECT_EQ(format("int4").encode(0), 8u);
  EXPECT_EQ(format("int1").decode(0), -1);
  EXPECT_EQ(format("int1").decode(1), 0);
  EXPECT_EQ(format("uint3").maxValue, 7);
  EXPECT_EQ(format("int8").encode(127), 255u);
  EXPECT_TRUE(format("int2").isSigned());
  EXPECT_FALSE(format("uint2").isSigned());
  EXPECT_TRUE(format("uint2").isInteger());
  EXPECT_FALSE(format("ternary").isInteger());
}

TEST(IntegerFormat, TiesGoToTheEvenInteger) {
  const Format &int4 = format("int4");
  EXPECT_EQ(int4.round(0.5f), 0);
  EXPECT_EQ(int4.round(1.5f), 2);
  EXPECT_EQ(int4.round(2.5f), 2);
  EXPECT_EQ(int4.round(-0.5f), 0);
  EXPECT_EQ(int4.round(-1.5f), -2);
  EXPECT_EQ(int4.round(-2.5f), -2);
  EXPECT_EQ(format("ternary").round(0.5f), 0);
  EXPECT_EQ(format("ternary").round(-0.5f), 0);
  EXPECT_EQ(format("uint8").round(254.5f), 254);
  EXPECT_EQ(format("uint8").round(-0.5f), 0);
}

TEST(IntegerFormat, SignBitFlipGivesTwosComplement) {
  for (unsigned bits = 1; bits <= 8; ++bits) {
    const Format &f = format("int" + std::to_string(bits));
    for (uint32_t code = 0; code < f.codeCount; ++code) {
      int32_t value = int32_t(f.decode(code));
      uint32_t mask = uint32_t(f.codeCount - 1);
      EXPECT_EQ(flipSignBit(code, bits), uint32_t(value) & mask);
      EXPECT_EQ(flipSignBit(flipSignBit(code, bits), bits), code);
    }
  }
}

TEST(BinaryFormat, ZeroIsPlusOne) {
  const Format &binary = format("binary");
  EXPECT_EQ(binary.encode(-3), 0u);
  EXPECT_EQ(binary.encode(0.0f), 1u);
  EXPECT_EQ(binary.encode(-0.0f), 1u);
  EXPECT_EQ(binary.encode(0.1f), 1u);
  EXPECT_EQ(binary.encode(-std::numeric_limits<float>::denorm_min()), 0u);
}

TEST(FloatFormat, E2M1Table) {
  const float values[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
  for (uint32_t code = 0; code < 8; ++code) {
    EXPECT_EQ(format("e2m1").decode(code), values[code]);
    EXPECT_EQ(format("e2m1").decode(code | 8), -values[code]);
  }
}

TEST(FloatFormat, E2M1MidpointsGoToTheEvenCode) {
  const float midpoints[][2] = {{.25f, 0}, {.75f, 1}, {1.25f, 1}, {1.75f, 2},
                                {2.5f, 2}, {3.5f, 4}, {5, 4}};
  for (auto [value, result] : midpoints) {
    EXPECT_EQ(format("e2m1").round(value), result) << value;
    EXPECT_EQ(format("e2m1").round(-value), -result) << value;
  }
}

TEST(FloatFormat, LimitsOfTheStandards) {
  EXPECT_EQ(format("e4m3").maxValue, 448);
  EXPECT_EQ(format("e4m3").decode(1), 0x1p-9f);
  EXPECT_TRUE(std::isnan(format("e4m3").decode(0x7F)));
  EXPECT_TRUE(std::isnan(format("e4m3").decode(0xFF)));
  EXPECT_EQ(format("e5m2").maxValue, 57344);
  EXPECT_EQ(format("e5m2").decode(0x7C), kInfinity);
  EXPECT_EQ(format("e5m2").decode(1), 0x1p-16f);
  EXPECT_EQ(format("fp16").maxValue, 65504);
  EXPECT_EQ(format("fp16").decode(0x0001), 0x1p-24f);
  EXPECT_EQ(format("fp16").decode(0xFC00), -kInfinity);
  EXPECT_EQ(format("bf16").maxValue, 0x1.FEp127f);
}

// Codes as NumPy and ml_dtypes give them.
TEST(FloatFormat, ExamplesOfNumPy) {
  const float values[] = {0.1f, -0.3f, 1.0f / 3, 3.1f, -17.5f, 100.0f, 0.0021f};
  const uint32_t e4m3[] = {0x1d, 0xaa, 0x2b, 0x44, 0xd9, 0x6c, 0x01};
  const uint32_t e5m2[] = {0x2e, 0xb5, 0x35, 0x42, 0xcc, 0x56, 0x18};
  const uint32_t bf16[] = {0x3dcd, 0xbe9a, 0x3eab, 0x4046,
                           0xc18c, 0x42c8, 0x3b0a};
  for (size_t i = 0; i < std::size(values); ++i) {
    EXPECT_EQ(format("e4m3").encode(values[i]), e4m3[i]) << values[i];
    EXPECT_EQ(format("e5m2").encode(values[i]), e5m2[i]) << values[i];
    EXPECT_EQ(format("bf16").encode(values[i]), bf16[i]) << values[i];
  }
}

TEST(FloatFormat, HalfPrecisionEdges) {
  const Format &half = format("fp16");
  EXPECT_EQ(half.encode(0.1f), 0x2e66u);
  EXPECT_EQ(half.encode(-0.3f), 0xb4cdu);
  EXPECT_EQ(half.encode(65519), 0x7bffu);
  EXPECT_EQ(half.encode(65520), 0x7c00u); // a tie, rounds beyond the range
  EXPECT_EQ(half.encode(0x1p-25f), 0u);   // a tie, to even
  EXPECT_EQ(half.encode(0x1.8p-25f), 1u);
  EXPECT_EQ(half.encode(-0.0f), 0x8000u);
  EXPECT_EQ(half.encode(kNaN), 0x7e00u);
  EXPECT_EQ(half.encode(std::numeric_limits<float>::denorm_min()), 0u);
}

TEST(FloatFormat, SingleKeepsEveryBit) {
  const Format &single = format("fp32");
  for (uint32_t code : {0u, 1u, 0x80000000u, 0x3F800000u, 0x7F7FFFFFu,
                        0x7F800000u, 0xFFC00001u})
    EXPECT_EQ(single.encode(single.decode(code)), code);
  EXPECT_EQ(single.decode(0x3FC00000u), 1.5f);
}

TEST(PowerOfTwoFormat, ValuesAndTies) {
  const Format &e8m0 = format("e8m0");
  EXPECT_EQ(e8m0.decode(127), 1);
  EXPECT_EQ(e8m0.decode(0), 0x1p-127f);
  EXPECT_EQ(e8m0.decode(254), 0x1p127f);
  EXPECT_EQ(e8m0.round(1.4f), 1);
  EXPECT_EQ(e8m0.round(1.5f), 2); // ties go up
  EXPECT_EQ(e8m0.round(3), 4);
  EXPECT_EQ(e8m0.round(0), 0x1p-127f);
  EXPECT_EQ(e8m0.round(-5), 0x1p-127f);
  EXPECT_EQ(e8m0.encode(kNaN), 255u);
  EXPECT_EQ(e8m0.encode(std::numeric_limits<float>::denorm_min()), 0u);
}
