//===- Minifloat.cpp - floats of 4 and 8 bits -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// E2M1, E4M3 and E5M2 as the OCP formats and ONNX define them, saturating.

#include "FloatCodes.h"
#include <cassert>

using namespace llvm;

namespace quantc::formats {

Format makeE2M1(StringLiteral name, unsigned bits) {
  assert(bits == 4);
  return makeFloat(name, "float of 4 bits without NaN and infinity", 2, 1,
                   Specials::None);
}

Format makeE4M3(StringLiteral name, unsigned bits) {
  assert(bits == 8);
  return makeFloat(name, "float of 8 bits without infinity (E4M3FN)", 4, 3,
                   Specials::NaNOnly);
}

Format makeE5M2(StringLiteral name, unsigned bits) {
  assert(bits == 8);
  return makeFloat(name, "float of 8 bits, saturating", 5, 2,
                   Specials::SaturatingInf);
}

} // namespace quantc::formats
