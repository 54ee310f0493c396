//===- MathHalf.cpp - f16 and bf16 as bits ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See MathHalf.h. A bf16 is the upper half of an f32. The exponents of f16
// differ by 112 from those of f32; the multiplication and the addition below
// also take care of denormals, because f32 has room for them.

#include "MathHalf.h"
#include "FloatMath.h"

using namespace mlir;
using namespace quantc;

bool quantc::isHalf(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

static Type withElement(Type type, Type element) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? Type(vector.clone(element)) : element;
}

/// The f32 of f16 bits in the lower half.
static Value fromF16(FloatMath &m, Value bits) {
  Value sign = m.shl(m.andI(bits, m.i(0x8000)), 16);
  Value magnitude = m.shl(m.andI(bits, m.i(0x7fff)), 13);
  Value number = m.mul(m.fromBits(magnitude), m.f(0x1p112));
  // From 65536 on it is infinity or NaN.
  Value special = m.less(m.f(65535), number);
  Value wide =
      m.select(special, m.orI(magnitude, m.i(0x7f800000)), m.bits(number));
  return m.fromBits(m.orI(wide, sign));
}

/// The f16 bits of an f32, in the lower half.
static Value toF16(FloatMath &m, Value x) {
  Value bits = m.bits(x), a = m.abs(x);
  Value sign = m.andI(m.shr(bits, 16), m.i(0x8000));
  // Below 2^-14: the unit is 2^-24; adding 0.5 rounds to it, and the bits count
  // units.
  Value half = m.f(0.5);
  Value small = m.subI(m.bits(m.add(a, half)), m.bits(half));
  // Else cut 13 bits, rounding to nearest, ties to even.
  Value magnitude = m.bits(a);
  Value odd = m.andI(m.shr(magnitude, 13), m.i(1));
  Value rounded = m.addI(m.addI(magnitude, m.i(0xfff)), odd);
  Value normal = m.shr(m.subI(rounded, m.i(112 << 23)), 13);
  Value result = m.select(m.less(a, m.f(0x1p-14)), small, normal);
  // 65520 rounds to 65536, which is infinity.
  result = m.select(m.less(a, m.f(65520)), result, m.i(0x7c00));
  result =
      m.select(m.cmp(FloatMath::Predicate::UNO, x, x), m.i(0x7e00), result);
  return m.orI(result, sign);
}

/// The bf16 bits of an f32, in the lower half.
static Value toBF16(FloatMath &m, Value x) {
  Value bits = m.bits(x);
  Value odd = m.andI(m.shr(bits, 16), m.i(1));
  Value rounded = m.shr(m.addI(m.addI(bits, m.i(0x7fff)), odd), 16);
  // Rounding could make an infinity of a NaN.
  Value quiet = m.orI(m.shr(bits, 16), m.i(0x40));
  return m.select(m.cmp(FloatMath::Predicate::UNO, x, x), quiet, rounded);
}

Value quantc::emitFromHalf(ImplicitLocOpBuilder &b, Value x) {
  Type type = x.getType();
  Value bits =
      arith::BitcastOp::create(b, withElement(type, b.getI16Type()), x);
  Value wide =
      arith::ExtUIOp::create(b, withElement(type, b.getI32Type()), bits);
  // FloatMath takes its shape and type from an f32.
  Value like =
      arith::BitcastOp::create(b, withElement(type, b.getF32Type()), wide);
  FloatMath m(b, like);
  if (getElementTypeOrSelf(type).isBF16())
    return m.fromBits(m.shl(wide, 16));
  return fromF16(m, wide);
}

Value quantc::emitToHalf(ImplicitLocOpBuilder &b, Value x, Type element) {
  FloatMath m(b, x);
  Value bits = element.isBF16() ? toBF16(m, x) : toF16(m, x);
  Value low = arith::TruncIOp::create(
      b, withElement(x.getType(), b.getI16Type()), bits);
  return arith::BitcastOp::create(b, withElement(x.getType(), element), low);
}
