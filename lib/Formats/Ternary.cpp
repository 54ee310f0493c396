//===- Ternary.cpp - -1, 0 and 1 --------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Three values in two bits; the fourth code is not used.

#include "quantc/Formats/Format.h"
#include "quantc/Formats/Rounding.h"
#include <limits>

using namespace llvm;
using namespace quantc;

static float decodeTernary(const Format &format, uint32_t code) {
  if (code >= format.codeCount)
    return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>(code) - 1.0f;
}

static uint32_t encodeTernary(const Format &, float value) {
  if (value != value)
    return 1;
  return uint32_t(roundClamped(value, -1.0f, 1.0f) + 1.0f);
}

namespace quantc::formats {

Format makeTernary(StringLiteral name, unsigned bits) {
  return Format{.name = name,
                .summary = "-1, 0 or 1",
                .family = FormatFamily::Ternary,
                .bits = uint8_t(bits),
                .codeCount = 3,
                .offset = 1,
                .minValue = -1,
                .maxValue = 1,
                .decodeCode = decodeTernary,
                .encodeValue = encodeTernary};
}

} // namespace quantc::formats
