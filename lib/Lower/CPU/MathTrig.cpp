//===- MathTrig.cpp - sine, cosine, arc tangent -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Angles are reduced to [-pi/4, pi/4] in fp64 (after Cody and Waite, 1980, with
// pi/2 in two parts). The polynomials are fitted as in MathFunctions.cpp.

#include "FloatMath.h"
#include "MathFunctions.h"

using namespace mlir;
using namespace quantc;

/// (sin(r) - r) / r^3 in r^2 for |r| <= pi/4, so that the sine errs by 1.7e-10.
static constexpr double kSin[] = {-0.166666672, 0.0083333794, -0.00019853079,
                                  2.8328061e-06};
/// (cos(r) - 1 + r^2/2) / r^4 in r^2, so that the cosine errs by 1.2e-10.
static constexpr double kCos[] = {0.0416666456, -0.00138873095, 2.44323364e-05};
/// (atan(x) - x) / x^3 in x^2 for |x| <= 1, so that it errs by 2.7e-9.
static constexpr double kAtan[] = {
    -0.333332986, 0.19998534,    -0.142641023, 0.109515063,   -0.0840158165,
    0.0579272285, -0.0311489366, 0.0108996965, -0.00179040583};

/// x = r + n pi/2: r in fp32 and the low 32 bits of n, n counted from
/// `quarter`.
static std::pair<Value, Value> reduceAngle(FloatMath &m, Value x,
                                           int64_t quarter) {
  Value wide = m.widen(x);
  FloatMath d(m.b, wide);
  // 1.5 * 2^52 moves the nearest integer into the low bits.
  Value shifted = d.fma(wide, d.f(0.63661977236758134308), d.f(0x1.8p52));
  Value n = d.sub(shifted, d.f(0x1.8p52));
  Value r = d.fma(n, d.f(-0x1.921fb54442d18p0), wide);
  r = d.fma(n, d.f(-0x1.1a62633145c07p-54), r);
  Value quadrant = d.addI(d.bits(shifted), d.i(quarter));
  Value low =
      arith::TruncIOp::create(m.b, m.withElement(m.b.getI32Type()), quadrant);
  // Too large an angle leaves a remainder that is none.
  return {m.narrow(d.clamp(r, -0.7854, 0.7854)), low};
}

static Value sineFrom(ImplicitLocOpBuilder &b, Value x, int64_t quarter) {
  FloatMath m(b, x);
  auto [r, quadrant] = reduceAngle(m, x, quarter);
  Value square = m.mul(r, r);
  Value sine = m.fma(m.mul(m.poly(square, kSin), square), r, r);
  Value cosine = m.fma(m.poly(square, kCos), m.mul(square, square),
                       m.fma(square, m.f(-0.5), m.f(1)));
  Value even = m.eqI(m.andI(quadrant, m.i(1)), m.i(0));
  Value sign = m.shl(m.andI(quadrant, m.i(2)), 30);
  Value result = m.fromBits(m.xorI(m.bits(m.select(even, sine, cosine)), sign));
  // inf - inf is NaN; the clamp above must not hide it.
  return m.select(m.less(m.abs(x), m.inf()), result, m.nan());
}

Value quantc::emitSin(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  return m.select(m.equal(x, m.f(0)), x, sineFrom(b, x, 0));
}

Value quantc::emitCos(ImplicitLocOpBuilder &b, Value x) {
  return sineFrom(b, x, 1);
}

Value quantc::emitAtan(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  // atan(x) = pi/2 - atan(1/x) for x > 1.
  Value a = m.abs(x);
  Value inverted = m.less(m.f(1), a);
  Value y = m.select(inverted, m.div(m.f(1), a), a);
  Value square = m.mul(y, y);
  Value inner = m.fma(m.mul(m.poly(square, kAtan), square), y, y);
  Value outer = m.sub(m.f(1.57079632679489661923), inner);
  return m.copySign(m.select(inverted, outer, inner), x);
}
