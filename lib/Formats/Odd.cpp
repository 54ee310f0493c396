//===- Odd.cpp - four levels around zero ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Two bits without a zero: the levels lie as far from each other as from their
// middle, so that none is wasted on one side (the 2-bit grid of ParetoQ, Liu et
// al., 2025, section 3, with another scale).

#include "quantc/Formats/CodeSteps.h"
#include "quantc/Formats/Format.h"
#include <limits>

using namespace llvm;
using namespace quantc;

static float decodeOdd(const Format &format, uint32_t code) {
  if (code >= format.codeCount)
    return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>(code) - 1.5f;
}

static uint32_t encodeOdd(const Format &, float value) {
  if (value != value)
    return 2;
  return uint32_t((roundToStep(StepRule::Odd, 2 * value, -3, 3) + 3) / 2);
}

namespace quantc::formats {

Format makeOdd(StringLiteral name, unsigned bits) {
  return Format{.name = name,
                .summary = "-1.5, -0.5, 0.5 or 1.5",
                .family = FormatFamily::Odd,
                .bits = uint8_t(bits),
                .codeCount = 4,
                .minValue = -1.5f,
                .maxValue = 1.5f,
                .decodeCode = decodeOdd,
                .encodeValue = encodeOdd};
}

} // namespace quantc::formats
