//===- PowerOfTwo.cpp - the scale type of the MX formats --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// E8M0: an exponent of 8 bits and nothing else. It has no zero and no sign. The
// scale rules of the MX formats choose the exponent themselves; encode() is the
// rule "nearest, ties up" of ONNX Cast.

#include "quantc/Formats/Format.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace llvm;
using namespace quantc;

static constexpr int kBias = 127;
static constexpr uint32_t kNaNCode = 255;

static float decodePower(const Format &, uint32_t code) {
  if (code >= kNaNCode)
    return std::numeric_limits<float>::quiet_NaN();
  return std::ldexp(1.0f, int(code) - kBias);
}

static uint32_t encodePower(const Format &, float value) {
  if (std::isnan(value))
    return kNaNCode;
  if (!(value > 0))
    return 0;
  if (std::isinf(value))
    return kNaNCode - 1;
  int exponent = std::ilogb(value);
  if (std::ldexp(double(value), -exponent) >= 1.5)
    ++exponent;
  return uint32_t(std::clamp(exponent + kBias, 0, int(kNaNCode) - 1));
}

namespace quantc::formats {

Format makeE8M0(StringLiteral name, unsigned bits) {
  return Format{.name = name,
                .summary = "powers of two from 2^-127 to 2^127",
                .family = FormatFamily::PowerOfTwo,
                .bits = uint8_t(bits),
                .codeCount = 256,
                .minValue = 0x1p-127f,
                .maxValue = 0x1p127f,
                .hasNaN = true,
                .exponentBias = kBias,
                .decodeCode = decodePower,
                .encodeValue = encodePower};
}

} // namespace quantc::formats
