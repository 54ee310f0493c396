//===- MathPow.cpp - powers -------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// x^y = 2^(y log2 |x|) in fp64, with the sign and the special cases of C
// (ISO C, annex F.10.4.4). The exponent may be 150 large, so the logarithm
// needs more than fp32. Polynomials are fitted as in MathFunctions.cpp,
// unrounded.

#include "FloatMath.h"
#include "MathFunctions.h"

using namespace mlir;
using namespace quantc;

/// (log(1 + f) - f) / f^2 for |f| <= 1/3; log errs by 2.8e-12.
static constexpr double kLog[] = {
    -0.5000000000109857,  0.3333333318161268,   -0.24999999532705752,
    0.20000026244813737,  -0.16666716226344963, 0.1428420829420101,
    -0.12497790240562809, 0.11150571447039614,  -0.1004924894113845,
    0.08575333819274518,  -0.07760088900279614, 0.10892078661592575,
    -0.10396244755775678};
/// 2^r for |r| <= 1/2; errs by 4.1e-11.
static constexpr double kExp2[] = {
    0.9999999999610725,     0.6931471807311587,    0.24022651204157236,
    0.0555041034725604,     0.00961802644211468,   0.001333392549828661,
    0.00015469553142987043, 1.5201714749727563e-05};
static constexpr double kLog2E = 1.44269504088896340736;

/// log2 of a positive normal fp64.
static Value wideLog2(FloatMath &d, Value x) {
  Value bits = d.bits(x);
  Value e = d.shr(d.subI(bits, d.i(0x3fe5555555555555)), 52);
  Value f = d.sub(d.fromBits(d.subI(bits, d.shl(e, 52))), d.f(1));
  Value log = d.fma(d.poly(f, kLog), d.mul(f, f), f);
  // A conversion of i64 is no instruction before AVX512: |e| < 2^51, so adding
  // its bits to 1.5 * 2^52 converts it.
  Value magic = d.f(0x1.8p52);
  Value exponent = d.sub(d.fromBits(d.addI(e, d.bits(magic))), magic);
  return d.fma(log, d.f(kLog2E), exponent);
}

/// 2^t, rounded to fp32 (zero, denormal or infinite where it must be).
static Value wideExp2(FloatMath &m, FloatMath &d, Value t) {
  t = d.clamp(t, -200, 200);
  Value magic = d.f(0x1.8p52);
  Value shifted = d.add(t, magic);
  Value r = d.sub(t, d.sub(shifted, magic));
  Value n = d.subI(d.bits(shifted), d.bits(magic));
  Value power = d.fromBits(d.shl(d.addI(n, d.i(1023)), 52));
  return m.narrow(d.mul(d.poly(r, kExp2), power));
}

Value quantc::emitPow(ImplicitLocOpBuilder &b, Value x, Value y) {
  FloatMath m(b, x);
  Value a = m.abs(x), zero = m.f(0), one = m.f(1);
  Value wide = m.widen(a);
  FloatMath d(b, wide);
  Value log = wideLog2(d, wide);
  log = d.select(m.equal(a, zero), d.neg(d.inf()), log);
  log = d.select(m.equal(a, m.inf()), d.inf(), log);
  Value t = d.mul(m.widen(y), log);
  Value result = wideExp2(m, d, t);

  // Negative x: real only for integer y, negative for odd ones.
  Value whole = emitTrunc(b, y);
  Value isWhole = m.equal(whole, y);
  Value half = m.mul(y, m.f(0.5));
  Value isEven = m.equal(emitTrunc(b, half), half);
  Value signOfX = m.andI(m.bits(x), m.i(int32_t(0x80000000)));
  Value sign = m.select(isWhole, m.select(isEven, m.i(0), signOfX), m.i(0));
  Value finiteNegative =
      m.select(m.less(x, zero), m.less(a, m.inf()), m.less(one, zero));
  Value isReal = m.select(finiteNegative, isWhole, m.less(zero, one));
  result = m.select(isReal, m.fromBits(m.orI(m.bits(result), sign)), m.nan());

  result = m.select(m.cmp(FloatMath::Predicate::UNO, x, y), m.nan(), result);
  // -1 to an infinite power is 1: its log is 0, and 0 times infinity is not.
  Value infinitePower = m.equal(m.abs(y), m.inf());
  Value unit = m.select(infinitePower, m.equal(a, one), m.equal(x, one));
  result = m.select(unit, one, result);
  return m.select(m.equal(y, zero), one, result);
}
