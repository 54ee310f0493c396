//===- HalfAndSingle.cpp - fp16, bf16 and fp32 ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The float types that scales and unquantized tensors are stored in.

#include "FloatCodes.h"
#include "llvm/ADT/bit.h"
#include <cassert>
#include <limits>

using namespace llvm;
using namespace quantc;

static float decodeSingle(const Format &, uint32_t code) {
  return bit_cast<float>(code);
}

static uint32_t encodeSingle(const Format &, float value) {
  return bit_cast<uint32_t>(value);
}

namespace quantc::formats {

Format makeFP16(StringLiteral name, unsigned bits) {
  assert(bits == 16);
  return makeFloat(name, "IEEE 754 binary16", 5, 10, Specials::Ieee);
}

Format makeBF16(StringLiteral name, unsigned bits) {
  assert(bits == 16);
  return makeFloat(name, "bfloat16", 8, 7, Specials::Ieee);
}

Format makeFP32(StringLiteral name, unsigned bits) {
  return Format{.name = name,
                .summary = "IEEE 754 binary32",
                .family = FormatFamily::Float,
                .bits = uint8_t(bits),
                .codeCount = uint64_t(1) << bits,
                .minValue = std::numeric_limits<float>::lowest(),
                .maxValue = std::numeric_limits<float>::max(),
                .hasInfinity = true,
                .hasNaN = true,
                .exponentBits = 8,
                .mantissaBits = 23,
                .exponentBias = 127,
                .decodeCode = decodeSingle,
                .encodeValue = encodeSingle};
}

} // namespace quantc::formats
