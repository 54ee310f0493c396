//===- PlaneScalesTest.cpp - scales of codes cut off others -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Least squares by hand and against all scales near it, never worse than the
// truncated grid of the parent.

#include "quantc/Methods/PlaneScales.h"
#include "quantc/Formats/Format.h"
#include "quantc/Formats/PlaneLayout.h"
#include "quantc/Methods/Method.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace quantc;
using Floats = std::vector<float>;

static GroupScheme parentScheme(unsigned bits, int64_t group, ScaleType type) {
  GroupScheme scheme;
  scheme.bits = bits;
  scheme.groupSize = group;
  scheme.scaleType = type;
  scheme.steps = planeSteps(bits, bits);
  return scheme;
}

static QuantizedMatrix quantize(MatrixRef weights, const GroupScheme &scheme) {
  auto found = lookupMethod("rtn")->quantize(weights, scheme);
  EXPECT_TRUE(bool(found));
  return std::move(*found);
}

static QuantizedMatrix slice(MatrixRef weights, const QuantizedMatrix &parent,
                             unsigned width) {
  auto found = slicePlanes(weights, parent, width);
  EXPECT_TRUE(bool(found));
  return std::move(*found);
}

static Floats randomWeights(size_t count) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 0.02f);
  Floats weights(count);
  for (float &weight : weights)
    weight = normal(random);
  return weights;
}

// The scale of 8 bits is 1: codes 255 168 136 8, prefixes of two bits 3 2 2 0,
// steps 11 3 3 -13. sum w d = 1309 + 96 + 0.75 + 1664 over 308.
TEST(PlaneScales, ByHand) {
  Floats weights = {119, 32, 0.25f, -128};
  MatrixRef matrix{weights, 1, 4};
  QuantizedMatrix parent(1, 4, parentScheme(8, 0, ScaleType::FP32));
  parent.scales = {1};
  parent.zeroPoints = {136};
  parent.codes = {255, 168, 136, 8};
  QuantizedMatrix two = slice(matrix, parent, 2);
  EXPECT_EQ(two.codes, (std::vector<uint8_t>{24, 16, 16, 0}));
  EXPECT_EQ(two.storedCodes(), (std::vector<uint8_t>{3, 2, 2, 0}));
  EXPECT_EQ(two.zeroPoints, (std::vector<uint8_t>{13}));
  EXPECT_FLOAT_EQ(two.scales[0], 3069.75f / 308);
  EXPECT_EQ(two.reconstruct()[3], -13 * two.scales[0]);
  EXPECT_EQ(two.groupsKeptAtRtn, 0);
  QuantizedMatrix four = slice(matrix, parent, 4);
  EXPECT_EQ(four.storedCodes(), (std::vector<uint8_t>{15, 10, 8, 0}));
  EXPECT_EQ(four.codes, four.storedCodes()) << "plain integers";
  EXPECT_EQ(four.zeroPoints, (std::vector<uint8_t>{8}));
  QuantizedMatrix same = slice(matrix, parent, 8);
  EXPECT_EQ(same.codes, parent.codes);
  EXPECT_EQ(same.scales, parent.scales);
}

TEST(PlaneScales, PrefixesOfEveryMethodsCodes) {
  Floats weights = randomWeights(5 * 100);
  MatrixRef matrix{weights, 5, 100};
  for (const char *method : {"rtn", "mse"})
    for (unsigned bits : {4u, 8u}) {
      auto parent = lookupMethod(method)->quantize(
          matrix, parentScheme(bits, 32, ScaleType::FP16));
      ASSERT_TRUE(bool(parent));
      for (unsigned width : {2u, 4u}) {
        if (width >= bits)
          continue;
        std::vector<uint8_t> codes =
            slice(matrix, *parent, width).storedCodes();
        for (size_t i = 0; i < codes.size(); ++i)
          ASSERT_EQ(codes[i], parent->codes[i] >> (bits - width)) << method;
      }
    }
}

TEST(PlaneScales, NoOtherScaleIsBetter) {
  Floats weights = randomWeights(8 * 96);
  MatrixRef matrix{weights, 8, 96};
  const Format &half = *lookupFormat("fp16");
  for (ScaleType type : {ScaleType::FP32, ScaleType::FP16}) {
    QuantizedMatrix parent = quantize(matrix, parentScheme(8, 32, type));
    for (unsigned width : {2u, 4u}) {
      QuantizedMatrix child = slice(matrix, parent, width);
      EXPECT_LT(child.groupsKeptAtRtn, 24 / 2);
      double least = child.squaredError(matrix);
      QuantizedMatrix truncated = child;
      for (size_t i = 0; i < truncated.scales.size(); ++i)
        truncated.scales[i] = parent.scales[i] * float(width == 4 ? 16 : 8);
      EXPECT_LT(least, truncated.squaredError(matrix));
      for (float factor : {0.9f, 0.99f, 0.999f, 1.001f, 1.01f, 1.1f}) {
        QuantizedMatrix other = child;
        for (float &scale : other.scales)
          scale = type == ScaleType::FP16 ? half.round(scale * factor)
                                          : scale * factor;
        EXPECT_LE(least, other.squaredError(matrix)) << width << ' ' << factor;
      }
    }
  }
}

// Rounded to f16, 1.5 * 2^-24 least squares would become 2^-23 or 2^-24; the
// truncated grid is exact.
TEST(PlaneScales, KeepsTheGridOfTheParentWhereItIsBetter) {
  QuantizedMatrix parent(1, 2, parentScheme(8, 0, ScaleType::FP16));
  parent.scales = {0x1p-14f};
  parent.zeroPoints = {136};
  parent.codes = {255, 0};
  // Steps 11 and -13 of 8 * 2^-14: exactly these weights, but for a hair that
  // rounding to f16 makes a whole unit.
  Floats weights = {88 * 0x1p-14f * 1.0004f, -104 * 0x1p-14f * 1.0006f};
  QuantizedMatrix two = slice({weights, 1, 2}, parent, 2);
  QuantizedMatrix other = two;
  for (int ulp : {-1, 1}) {
    other.scales[0] = two.scales[0] * (1 + float(ulp) * 0x1p-10f);
    EXPECT_LE(two.squaredError({weights, 1, 2}),
              other.squaredError({weights, 1, 2}));
  }
}

TEST(PlaneScales, ZerosAndNoWeights) {
  Floats weights(32, 0.0f);
  MatrixRef matrix{weights, 1, 32};
  QuantizedMatrix parent =
      quantize(matrix, parentScheme(8, 0, ScaleType::FP16));
  QuantizedMatrix two = slice(matrix, parent, 2);
  for (float number : two.reconstruct())
    EXPECT_LE(std::fabs(number), 3 * 0x1p-24f) << "no step is 0";
  QuantizedMatrix sizes = slice({{}, 1, 32}, parent, 4);
  EXPECT_EQ(sizes.scales.size(), 1u);
  EXPECT_EQ(sizes.scales[0], 0);
}

TEST(PlaneScales, RefusesScalesThatTheTypeCannotHold) {
  Floats weights = {4e6f, -4e6f};
  MatrixRef matrix{weights, 1, 2};
  QuantizedMatrix parent =
      quantize(matrix, parentScheme(8, 0, ScaleType::FP16));
  auto two = slicePlanes(matrix, parent, 2);
  ASSERT_FALSE(bool(two));
  EXPECT_EQ(takeFailure(two.takeError()).message,
            "the range of the weights in row 0, group 0 is too wide for a "
            "scale of 16 bits");
}

TEST(PlaneScales, ThreadsDoNotMatter) {
  Floats weights = randomWeights(40 * 64);
  MatrixRef matrix{weights, 40, 64};
  QuantizedMatrix parent =
      quantize(matrix, parentScheme(8, 16, ScaleType::FP16));
  setThreadCount(1);
  QuantizedMatrix one = slice(matrix, parent, 2);
  setThreadCount(7);
  QuantizedMatrix many = slice(matrix, parent, 2);
  setThreadCount(0);
  EXPECT_EQ(one.scales, many.scales);
}
