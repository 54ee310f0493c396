//===- FloatCodes.cpp - arithmetic on float codes ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One encoder and one decoder for every format with sign, exponent and
// mantissa.

#include "FloatCodes.h"
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

using namespace llvm;
using namespace quantc;
using namespace quantc::formats;

/// The sign bit of a format.
static uint32_t signBit(const Format &format) {
  return 1u << (format.exponentBits + format.mantissaBits);
}

/// The code of the largest finite value.
static uint32_t largestFiniteCode(const Format &format) {
  uint32_t allOnes = signBit(format) - 1;
  uint32_t infinity = allOnes & ~((1u << format.mantissaBits) - 1);
  if (format.hasInfinity)
    return infinity - 1;
  return format.hasNaN ? allOnes - 1 : allOnes;
}

/// Value of a code without sign, in double: exact for every format here.
static double decodeMagnitude(const Format &format, uint32_t code) {
  unsigned mantissaBits = format.mantissaBits;
  uint32_t fraction = code & ((1u << mantissaBits) - 1);
  int exponent = int(code >> mantissaBits);
  if (exponent == 0) // zero and subnormals
    exponent = 1;
  else
    fraction |= 1u << mantissaBits;
  return std::ldexp(double(fraction),
                    exponent - format.exponentBias - int(mantissaBits));
}

static float decodeFloat(const Format &format, uint32_t code) {
  uint32_t sign = signBit(format);
  uint32_t magnitude = code & (sign - 1);
  double value;
  if (code >= format.codeCount)
    value = std::numeric_limits<double>::quiet_NaN();
  else if (magnitude <= largestFiniteCode(format))
    value = decodeMagnitude(format, magnitude);
  else if (format.hasInfinity && magnitude == largestFiniteCode(format) + 1)
    value = std::numeric_limits<double>::infinity();
  else
    value = std::numeric_limits<double>::quiet_NaN();
  return static_cast<float>(code & sign ? -value : value);
}

/// Code of a finite or infinite magnitude; beyond the largest finite code if it
/// rounds there.
static uint32_t encodeMagnitude(const Format &format, double magnitude) {
  uint32_t limit = largestFiniteCode(format);
  if (std::isinf(magnitude))
    return limit + 1;
  if (magnitude == 0)
    return 0;
  int smallest = 1 - format.exponentBias;
  int exponent = std::max(std::ilogb(magnitude), smallest);
  double mantissa = std::nearbyint(
      std::ldexp(magnitude, int(format.mantissaBits) - exponent));
  // The implied leading one of the mantissa adds 1 to the exponent field, and
  // so does a mantissa that was rounded up to the next power of two.
  uint64_t code = (uint64_t(exponent - smallest) << format.mantissaBits) +
                  uint64_t(mantissa);
  return uint32_t(std::min<uint64_t>(code, uint64_t(limit) + 1));
}

static uint32_t encodeNaN(const Format &format) {
  uint32_t limit = largestFiniteCode(format);
  if (!format.hasNaN)
    return limit;
  // IEEE 754 marks a quiet NaN by the top bit of the mantissa.
  return limit + 1 + (format.hasInfinity ? 1u << (format.mantissaBits - 1) : 0);
}

static uint32_t encodeIeee(const Format &format, float value) {
  if (std::isnan(value))
    return encodeNaN(format);
  uint32_t sign = std::signbit(value) ? signBit(format) : 0;
  return sign | encodeMagnitude(format, std::fabs(double(value)));
}

static uint32_t encodeSaturating(const Format &format, float value) {
  if (std::isnan(value))
    return encodeNaN(format);
  uint32_t sign = std::signbit(value) ? signBit(format) : 0;
  uint32_t magnitude = encodeMagnitude(format, std::fabs(double(value)));
  return sign | std::min(magnitude, largestFiniteCode(format));
}

Format formats::makeFloat(StringLiteral name, StringLiteral summary,
                          unsigned exponentBits, unsigned mantissaBits,
                          Specials specials) {
  unsigned bits = 1 + exponentBits + mantissaBits;
  assert(bits < 32 && "32 bits have their own encoder");
  Format format{.name = name,
                .summary = summary,
                .family = FormatFamily::Float,
                .bits = uint8_t(bits),
                .codeCount = uint64_t(1) << bits,
                .hasInfinity = specials == Specials::Ieee ||
                               specials == Specials::SaturatingInf,
                .hasNaN = specials != Specials::None,
                .exponentBits = uint8_t(exponentBits),
                .mantissaBits = uint8_t(mantissaBits),
                .exponentBias = int16_t((1 << (exponentBits - 1)) - 1),
                .decodeCode = decodeFloat,
                .encodeValue =
                    specials == Specials::Ieee ? encodeIeee : encodeSaturating};
  format.maxValue =
      static_cast<float>(decodeMagnitude(format, largestFiniteCode(format)));
  format.minValue = -format.maxValue;
  return format;
}
