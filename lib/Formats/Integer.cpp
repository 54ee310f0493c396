//===- Integer.cpp - integers of 1 to 8 bits --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Unsigned and signed integers. Signed ones are stored offset-binary, so that
// kernels read every code as an unsigned byte.

#include "quantc/Formats/Format.h"
#include "quantc/Formats/Rounding.h"
#include <limits>

using namespace llvm;
using namespace quantc;

static float decodeInteger(const Format &format, uint32_t code) {
  if (code >= format.codeCount)
    return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>(int32_t(code) - format.offset);
}

static uint32_t encodeInteger(const Format &format, float value) {
  if (value != value)
    return uint32_t(format.offset);
  float rounded = roundClamped(value, format.minValue, format.maxValue);
  return uint32_t(int32_t(rounded) + format.offset);
}

static Format makeInteger(StringLiteral name, StringLiteral summary,
                          FormatFamily family, unsigned bits, int32_t offset) {
  int32_t count = 1 << bits;
  return Format{.name = name,
                .summary = summary,
                .family = family,
                .bits = uint8_t(bits),
                .codeCount = uint64_t(count),
                .offset = offset,
                .minValue = float(-offset),
                .maxValue = float(count - 1 - offset),
                .decodeCode = decodeInteger,
                .encodeValue = encodeInteger};
}

namespace quantc::formats {

Format makeUnsignedInt(StringLiteral name, unsigned bits) {
  return makeInteger(name, "unsigned integer", FormatFamily::UnsignedInt, bits,
                     0);
}

Format makeSignedInt(StringLiteral name, unsigned bits) {
  return makeInteger(name, "signed integer, stored offset-binary",
                     FormatFamily::SignedInt, bits, 1 << (bits - 1));
}

} // namespace quantc::formats
