//===- MathFunctions.cpp - exponentials and their inverses ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The family of exp and log, and what is made of them. The polynomials are
// weighted minimax fits in fp64 (Lawson's iteration), their coefficients
// rounded to fp32 from the lowest upwards with a new fit of the rest after
// each; the stated errors are relative to the function. Range reductions are
// those of Cody and Waite, Software Manual for the Elementary Functions, 1980.

#include "MathFunctions.h"
#include "FloatMath.h"

using namespace mlir;
using namespace quantc;

static constexpr double kLn2 = 0.693147180559945309417;
static constexpr double kLog2E = 1.44269504088896340736;
static constexpr double kLog10Of2 = 0.301029995663981195214;
static constexpr double kLog10E = 0.434294481903251827651;
/// ln 2 in two fp32 parts.
static constexpr double kLn2High = 0x1.62e430p-1;
static constexpr double kLn2Low = kLn2 - kLn2High;
/// Adding 1.5 * 2^23 leaves the nearest integer in the low bits of an fp32.
static constexpr double kRoundToInt = 0x1.8p23;

//===-- exp
//----------------------------------------------------------------===//

/// (exp(r) - 1 - r) / r^2 for |r| <= ln(2)/2, so that exp errs by 3.4e-9.
static constexpr double kExp[] = {0.49999994, 0.166665167, 0.0416682847,
                                  0.00836925022, 0.00138204684};
/// (2^r - 1) / r for |r| <= 1/2, so that 2^r errs by 3.3e-9.
static constexpr double kExp2[] = {0.69314718246, 0.24022647738,
                                   0.05550358072, 0.00961850397,
                                   0.00133918913, 0.000153288624};

/// x * 2^n for n in [-252, 254]: two factors, so that neither overflows and a
/// denormal result is rounded once.
static Value scaleBy(FloatMath &m, Value x, Value n) {
  Value half = m.shr(n, 1);
  auto power = [&](Value k) {
    return m.fromBits(m.shl(m.addI(k, m.i(127)), 23));
  };
  return m.mul(m.mul(x, power(half)), power(m.subI(n, half)));
}

/// The integer nearest to x * factor, as a float and as an integer.
static std::pair<Value, Value> nearest(FloatMath &m, Value x, double factor) {
  Value shifted = m.fma(x, m.f(factor), m.f(kRoundToInt));
  Value magic = m.f(kRoundToInt);
  return {m.sub(shifted, magic), m.subI(m.bits(shifted), m.bits(magic))};
}

/// exp(x) - 1 without its power of two, and that: exp(x) = (result + 1) * 2^n.
static std::pair<Value, Value> reducedExp(FloatMath &m, Value x) {
  auto [n, ni] = nearest(m, x, kLog2E);
  Value r = m.fma(n, m.f(-kLn2High), x);
  r = m.fma(n, m.f(-kLn2Low), r);
  return {m.fma(m.poly(r, kExp), m.mul(r, r), r), ni};
}

Value quantc::emitExp(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  // Beyond these bounds the result is 0 or infinity.
  auto [p, n] = reducedExp(m, m.clamp(x, -104, 89));
  return scaleBy(m, m.add(p, m.f(1)), n);
}

Value quantc::emitExp2(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  x = m.clamp(x, -151, 129);
  auto [n, ni] = nearest(m, x, 1);
  Value r = m.sub(x, n);
  return scaleBy(m, m.fma(m.poly(r, kExp2), r, m.f(1)), ni);
}

Value quantc::emitExpM1(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  // (p + 1) 2^n - 1 = p 2^n + (2^n - 1), whose last term is exact for |n| < 24.
  // For n = 0 that is p. Above, the 1 no longer counts.
  Value bounded = m.clamp(x, -20, 89);
  auto [p, n] = reducedExp(m, bounded);
  Value power = scaleBy(m, m.f(1), n);
  Value result = m.fma(p, power, m.sub(power, m.f(1)));
  // 2^128 is no fp32.
  Value large = emitExp(b, x);
  result = m.select(m.less(m.f(30), x), large, result);
  return m.select(m.equal(x, m.f(0)), x, result);
}

//===-- log
//----------------------------------------------------------------===//

/// (log(1 + f) - f) / f^2 for |f| <= 1/3, so that log errs by 4.7e-9.
static constexpr double kLog[] = {-0.5,         0.333332151,  -0.249997988,
                                  0.20010452,   -0.166804448, 0.14005138,
                                  -0.121847399, 0.139880076,  -0.128900155};

/// x = (1 + f) 2^e with 1 + f in [2/3, 4/3): returns log(1 + f) and e, for
/// positive finite x.
static std::pair<Value, Value> reducedLog(FloatMath &m, Value x) {
  Value small = m.less(x, m.f(0x1p-126));
  Value normal = m.select(small, m.mul(x, m.f(0x1p23)), x);
  Value bits = m.bits(normal);
  Value twoThirds = m.i(0x3f2aaaab);
  Value e = m.shr(m.subI(bits, twoThirds), 23);
  Value f = m.sub(m.fromBits(m.subI(bits, m.shl(e, 23))), m.f(1));
  e = m.subI(e, m.select(small, m.i(23), m.i(0)));
  return {m.fma(m.poly(f, kLog), m.mul(f, f), f), m.toFloat(e)};
}

/// The logarithm of zero, infinity, negative numbers and NaN; else `result`.
static Value logOfSpecial(FloatMath &m, Value x, Value result) {
  result = m.select(m.equal(x, m.inf()), x, result);
  result = m.select(m.equal(x, m.f(0)), m.neg(m.inf()), result);
  return m.select(m.cmp(FloatMath::Predicate::ULT, x, m.f(0)), m.nan(), result);
}

Value quantc::emitLog(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  auto [log, e] = reducedLog(m, x);
  return logOfSpecial(m, x, m.fma(e, m.f(kLn2), log));
}

Value quantc::emitLog2(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  auto [log, e] = reducedLog(m, x);
  return logOfSpecial(m, x, m.fma(log, m.f(kLog2E), e));
}

Value quantc::emitLog10(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  auto [log, e] = reducedLog(m, x);
  return logOfSpecial(m, x, m.fma(e, m.f(kLog10Of2), m.mul(log, m.f(kLog10E))));
}

Value quantc::emitLog1p(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  // log(u) x / (u - 1) with u = 1 + x rounded: the errors of both factors
  // cancel (Kahan; Goldberg, What every computer scientist should know, theorem
  // 4).
  Value u = m.add(x, m.f(1));
  Value log = emitLog(b, u);
  Value result = m.mul(log, m.div(x, m.sub(u, m.f(1))));
  result = m.select(m.equal(u, m.f(1)), x, result);
  // Neither infinity nor zero can be divided by itself.
  Value plain = m.select(m.equal(u, m.inf()), u, result);
  return m.select(m.equal(u, m.f(0)), log, plain);
}

//===-- erf and tanh
//-------------------------------------------------------===//

/// erf(x) / x - 1 in x^2 for |x| < 1, so that erf errs by 1.5e-9.
static constexpr double kErfSmall[] = {
    0.128379166,  -0.37612626,    0.112835787,   -0.0268533472,
    0.0051871622, -0.00079978531, 7.80690316e-05};
/// -log(1 - erf(x)) / x - 1 for 1 <= x <= 4, so that erf errs by 5e-10.
static constexpr double kErfLarge[] = {
    0.128682911,   0.635013998,     0.106460221,   -0.0239514727,
    0.00373073341, -0.000344227883, 1.33458207e-05};

Value quantc::emitErf(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value small = m.fma(m.poly(m.mul(x, x), kErfSmall), x, x);
  // erf(4) rounds to 1.
  Value a = m.abs(x);
  Value bounded = m.select(m.less(m.f(4), a), m.f(4), a);
  Value q = m.fma(m.poly(bounded, kErfLarge), bounded, bounded);
  Value large = m.sub(m.f(1), emitExp(b, m.neg(q)));
  return m.select(m.less(a, m.f(1)), small, m.copySign(large, x));
}

/// (tanh(x) - x) / x^3 in x^2 for |x| < 0.625, so that tanh errs by 4.6e-9.
static constexpr double kTanh[] = {-0.333332807, 0.133314103, -0.0537371412,
                                   0.0206308253, -0.00569581287};

Value quantc::emitTanh(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value square = m.mul(x, x);
  Value small = m.fma(m.mul(m.poly(square, kTanh), square), x, x);
  // tanh(x) = 1 - 2 / (exp(2 x) + 1).
  Value a = m.abs(x);
  Value e = emitExp(b, m.add(a, a));
  Value large = m.sub(m.f(1), m.div(m.f(2), m.add(e, m.f(1))));
  return m.copySign(m.select(m.less(a, m.f(0.625)), small, large), x);
}

Value quantc::emitRsqrt(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  return m.div(m.f(1), m.sqrt(x));
}
