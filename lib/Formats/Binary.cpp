//===- Binary.cpp - -1 and 1 ------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One bit: 1 stands for +1; zero becomes +1, as QONNX BipolarQuant has it.

#include "quantc/Formats/Format.h"
#include <limits>

using namespace llvm;
using namespace quantc;

static float decodeBinary(const Format &format, uint32_t code) {
  if (code >= format.codeCount)
    return std::numeric_limits<float>::quiet_NaN();
  return code ? 1.0f : -1.0f;
}

static uint32_t encodeBinary(const Format &, float value) {
  return value < 0 ? 0 : 1;
}

namespace quantc::formats {

Format makeBinary(StringLiteral name, unsigned bits) {
  return Format{.name = name,
                .summary = "-1 or 1",
                .family = FormatFamily::Binary,
                .bits = uint8_t(bits),
                .codeCount = 2,
                .minValue = -1,
                .maxValue = 1,
                .decodeCode = decodeBinary,
                .encodeValue = encodeBinary};
}

} // namespace quantc::formats
