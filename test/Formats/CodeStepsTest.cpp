//===- CodeStepsTest.cpp - codes as whole numbers ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Steps against the formats of the same name: the same numbers, the same
// rounding.

#include "quantc/Formats/CodeSteps.h"
#include "quantc/Formats/Format.h"
#include "gtest/gtest.h"

using namespace quantc;

TEST(CodeSteps, AreTheNumbersOfTheFormat) {
  for (const CodeSteps &steps : allCodeSteps()) {
    const Format *format = lookupFormat(steps.name);
    ASSERT_TRUE(format) << steps.name.str();
    EXPECT_EQ(steps.bits, format->bits);
    EXPECT_EQ(steps.bytes.size(), size_t(1) << steps.bits);
    EXPECT_EQ(float(steps.largestStep()) * steps.unit, format->maxValue);
    for (uint32_t code = 0; code < format->codeCount; ++code) {
      EXPECT_EQ(float(steps.step(uint8_t(code))) * steps.unit,
                format->decode(code))
          << steps.name.str() << ' ' << code;
      EXPECT_LE(steps.bytes[code], steps.largestByte());
    }
    EXPECT_EQ(lookupCodeSteps(steps.name), &steps);
  }
  EXPECT_EQ(lookupCodeSteps("uint"), nullptr);
  EXPECT_EQ(lookupCodeSteps("e4m3"), nullptr);
}

TEST(CodeSteps, RoundAsTheFormat) {
  for (const CodeSteps &steps : allCodeSteps()) {
    const Format &format = *lookupFormat(steps.name);
    float high = float(steps.largestStep());
    // Every tie is among them.
    for (int i = -1600; i <= 1600; ++i) {
      float number = float(i) / 128;
      EXPECT_EQ(roundToStep(steps.rule, number / steps.unit, -high, high) *
                    steps.unit,
                format.round(number))
          << steps.name.str() << ' ' << number;
    }
    for (float huge : {1e30f, INFINITY}) {
      EXPECT_EQ(roundToStep(steps.rule, huge, -high, high), high);
      EXPECT_EQ(roundToStep(steps.rule, -huge, -high, high), -high);
    }
  }
}

// The midpoints between numbers of E2M1, to the even mantissa (ONNX Cast).
TEST(CodeSteps, TiesOfE2M1) {
  const std::pair<float, float> ties[] = {{.25f, 0},  {.75f, 1}, {1.25f, 1},
                                          {1.75f, 2}, {2.5f, 2}, {3.5f, 4},
                                          {5, 4}};
  for (auto [middle, number] : ties) {
    EXPECT_EQ(roundToE2M1Step(2 * middle), 2 * number);
    EXPECT_EQ(roundToE2M1Step(-2 * middle), -2 * number);
  }
}

// ParetoQ, 2 bits, alpha = 2: 0 goes up, 1 = alpha / 2 down, -1 down.
TEST(CodeSteps, TiesOfOdd) {
  const Format &odd = *lookupFormat("odd");
  EXPECT_EQ(odd.round(0), 0.5f);
  EXPECT_EQ(odd.round(1), 0.5f);
  EXPECT_EQ(odd.round(-1), -1.5f);
  EXPECT_EQ(odd.encode(-9), 0u);
  EXPECT_EQ(odd.encode(9), 3u);
}
