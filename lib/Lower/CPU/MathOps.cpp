//===- MathOps.cpp - operations of the math dialect -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rounding to integers, and the table that says which operation of the math
// dialect is computed by which function.

#include "FloatMath.h"
#include "MathFunctions.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

//===-- rounding
//-----------------------------------------------------------===//

/// From 2^23 on every fp32 is an integer; `rounded` holds below that. The sign
/// stays, also that of zero.
static Value unlessLarge(FloatMath &m, Value x, Value rounded) {
  Value small = m.less(m.abs(x), m.f(0x1p23));
  return m.select(small, m.copySign(rounded, x), x);
}

Value quantc::emitTrunc(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  // The conversion is only defined for what fits an integer.
  Value fits = m.select(m.less(m.abs(x), m.f(0x1p23)), x, m.f(0));
  return unlessLarge(m, x, m.toFloat(m.toInt(fits)));
}

Value quantc::emitRoundEven(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  // The addition rounds to the nearest integer, ties to even.
  Value magic = m.f(0x1p23);
  return unlessLarge(m, x, m.sub(m.add(m.abs(x), magic), magic));
}

static Value emitFloor(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value t = emitTrunc(b, x);
  return m.select(m.less(x, t), m.sub(t, m.f(1)), t);
}

static Value emitCeil(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  return m.neg(emitFloor(b, m.neg(x)));
}

/// To the nearest, ties away from zero.
static Value emitRound(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value t = emitTrunc(b, x);
  Value below = m.less(m.abs(m.sub(x, t)), m.f(0.5));
  Value away = m.add(t, m.copySign(m.f(1), x));
  // For infinities the difference is NaN.
  return m.select(m.less(m.abs(x), m.f(0x1p23)), m.select(below, t, away), x);
}

//===-- compositions
//-------------------------------------------------------===//

static Value emitTan(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  return m.div(emitSin(b, x), emitCos(b, x));
}

static Value emitSinh(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  // With u = exp(|x|) - 1: (u + u / (u + 1)) / 2; half of exp twice where u
  // overflows before the result does.
  Value a = m.abs(x);
  Value u = emitExpM1(b, a);
  Value inner = m.mul(m.f(0.5), m.add(u, m.div(u, m.add(u, m.f(1)))));
  Value root = emitExp(b, m.mul(a, m.f(0.5)));
  Value outer = m.mul(m.mul(root, m.f(0.5)), root);
  return m.copySign(m.select(m.less(a, m.f(30)), inner, outer), x);
}

static Value emitCosh(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value root = emitExp(b, m.mul(m.abs(x), m.f(0.5)));
  Value half = m.mul(m.mul(root, m.f(0.5)), root);
  return m.add(half, m.div(m.f(0.25), half));
}

/// asin(x) = 2 atan(x / (1 + sqrt(1 - x^2))), 1 - x^2 as (1 - x)(1 + x).
static Value emitAsin(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value one = m.f(1);
  Value cosine = m.sqrt(m.mul(m.sub(one, x), m.add(one, x)));
  return m.mul(m.f(2), emitAtan(b, m.div(x, m.add(one, cosine))));
}

/// acos(x) = 2 atan(sqrt((1 - x) / (1 + x))); at -1 the quotient is infinite.
static Value emitAcos(ImplicitLocOpBuilder &b, Value x) {
  FloatMath m(b, x);
  Value one = m.f(1);
  return m.mul(m.f(2),
               emitAtan(b, m.sqrt(m.div(m.sub(one, x), m.add(one, x)))));
}

static Value emitFPowI(ImplicitLocOpBuilder &b, Value x, Value n) {
  return emitPow(b, x, arith::SIToFPOp::create(b, x.getType(), n));
}

//===-- table
//--------------------------------------------------------------===//

using Unary = Value (*)(ImplicitLocOpBuilder &, Value);

static Unary unaryFunction(Operation *op) {
  return TypeSwitch<Operation *, Unary>(op)
      .Case([](math::ExpOp) { return emitExp; })
      .Case([](math::Exp2Op) { return emitExp2; })
      .Case([](math::ExpM1Op) { return emitExpM1; })
      .Case([](math::LogOp) { return emitLog; })
      .Case([](math::Log2Op) { return emitLog2; })
      .Case([](math::Log10Op) { return emitLog10; })
      .Case([](math::Log1pOp) { return emitLog1p; })
      .Case([](math::ErfOp) { return emitErf; })
      .Case([](math::TanhOp) { return emitTanh; })
      .Case([](math::SinhOp) { return emitSinh; })
      .Case([](math::CoshOp) { return emitCosh; })
      .Case([](math::SinOp) { return emitSin; })
      .Case([](math::CosOp) { return emitCos; })
      .Case([](math::TanOp) { return emitTan; })
      .Case([](math::AtanOp) { return emitAtan; })
      .Case([](math::AsinOp) { return emitAsin; })
      .Case([](math::AcosOp) { return emitAcos; })
      .Case([](math::RsqrtOp) { return emitRsqrt; })
      .Case([](math::FloorOp) { return emitFloor; })
      .Case([](math::CeilOp) { return emitCeil; })
      .Case([](math::RoundOp) { return emitRound; })
      .Case([](math::RoundEvenOp) { return emitRoundEven; })
      .Case([](math::TruncOp) { return emitTrunc; })
      .Default([](Operation *) { return nullptr; });
}

/// Whether LLVM has instructions for an operation of the math dialect, on every
/// machine or as a few others.
static bool isPlain(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::ClampFOp, math::CopySignOp,
             math::CountLeadingZerosOp, math::CountTrailingZerosOp,
             math::CtPopOp, math::FmaOp, math::IsFiniteOp, math::IsInfOp,
             math::IsNaNOp, math::IsNormalOp, math::SqrtOp>(op);
}

bool quantc::needsMathExpansion(Operation *op) {
  if (isa<arith::RemFOp>(op))
    return true;
  return isa<math::MathDialect>(op->getDialect()) && !isPlain(op);
}

FailureOr<Value> quantc::emitMathOp(ImplicitLocOpBuilder &b, Operation *op,
                                    ValueRange operands) {
  if (Unary function = unaryFunction(op))
    return function(b, operands[0]);
  if (isa<math::PowFOp>(op))
    return emitPow(b, operands[0], operands[1]);
  if (isa<math::FPowIOp>(op))
    return emitFPowI(b, operands[0], operands[1]);
  if (isa<math::IPowIOp>(op))
    return emitIPow(b, operands[0], operands[1]);
  if (isa<arith::RemFOp>(op))
    return emitRem(b, operands[0], operands[1]);
  op->emitOpError("has no expansion on the CPU");
  return failure();
}
