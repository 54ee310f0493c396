//===- Rounding.cpp - formulas of the rounding modes ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Rounding.h. Modes that look at the fraction split the magnitude, which is
// exact, and give the result the sign of the number.

#include "quantc/Dialect/Qnt/Rounding.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::qnt;

/// |x| to the nearest integer, a half upwards or downwards, with the sign of x.
static Value buildHalf(ImplicitLocOpBuilder &b, Value x, bool isUp) {
  Type type = x.getType();
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  };
  Value magnitude = math::AbsFOp::create(b, x);
  Value whole = math::FloorOp::create(b, magnitude);
  Value fraction = arith::SubFOp::create(b, magnitude, whole);
  Value isMore = arith::CmpFOp::create(
      b, isUp ? arith::CmpFPredicate::OGE : arith::CmpFPredicate::OGT, fraction,
      number(0.5));
  Value next = arith::AddFOp::create(b, whole, number(1));
  Value rounded = arith::SelectOp::create(b, isMore, next, whole);
  return math::CopySignOp::create(b, rounded, x);
}

Value qnt::buildRounding(ImplicitLocOpBuilder &b, RoundingMode mode, Value x) {
  switch (mode) {
  case RoundingMode::HalfEven:
    return math::RoundEvenOp::create(b, x);
  case RoundingMode::Ceil:
    return math::CeilOp::create(b, x);
  case RoundingMode::Floor:
    return math::FloorOp::create(b, x);
  case RoundingMode::Up: {
    Value magnitude = math::CeilOp::create(b, math::AbsFOp::create(b, x));
    return math::CopySignOp::create(b, magnitude, x);
  }
  case RoundingMode::Down: {
    Value magnitude = math::FloorOp::create(b, math::AbsFOp::create(b, x));
    return math::CopySignOp::create(b, magnitude, x);
  }
  case RoundingMode::HalfUp:
    return buildHalf(b, x, /*isUp=*/true);
  case RoundingMode::HalfDown:
    return buildHalf(b, x, /*isUp=*/false);
  }
  llvm_unreachable("all modes are above");
}

float qnt::roundBy(RoundingMode mode, float x) {
  float magnitude = std::fabs(x), whole = std::floor(magnitude);
  switch (mode) {
  case RoundingMode::HalfEven:
    return std::nearbyint(x);
  case RoundingMode::Ceil:
    return std::ceil(x);
  case RoundingMode::Floor:
    return std::floor(x);
  case RoundingMode::Up:
    return std::copysign(std::ceil(magnitude), x);
  case RoundingMode::Down:
    return std::copysign(whole, x);
  case RoundingMode::HalfUp:
    return std::copysign(magnitude - whole >= 0.5f ? whole + 1 : whole, x);
  case RoundingMode::HalfDown:
    return std::copysign(magnitude - whole > 0.5f ? whole + 1 : whole, x);
  }
  llvm_unreachable("all modes are above");
}

CodeRange qnt::codeRange(bool isSigned, unsigned bits, bool isNarrow) {
  int64_t span = int64_t(1) << bits;
  if (isSigned)
    return {-span / 2 + (isNarrow ? 1 : 0), span / 2 - 1};
  return {0, span - 1 - (isNarrow ? 1 : 0)};
}

ModelQuantizer::ModelQuantizer(QuantizeOp op)
    : isBinary(op.getScheme().getCode() == CodeKind::Binary),
      rounding(op.getRounding()),
      range(codeRange(op.getScheme().isSigned(), op.getScheme().getBits(),
                      op.getNarrow())) {}

bool ModelQuantizer::handles(QuantizeOp op) {
  CodeKind kind = op.getScheme().getCode();
  bool isInteger = kind == CodeKind::Int || kind == CodeKind::UInt;
  return kind == CodeKind::Binary ||
         (isInteger && (op.getByDivision() || op.getRounding()));
}

int64_t ModelQuantizer::codeOf(float x, float scale, int64_t zeroPoint) const {
  if (isBinary)
    return x >= 0;
  float zero = static_cast<float>(zeroPoint);
  float steps = rounding ? x / scale + zero : std::nearbyint(x / scale);
  // NaN fails the comparison and becomes the lowest code.
  if (rounding) {
    if (!(steps > static_cast<float>(range.low)))
      return range.low;
    return static_cast<int64_t>(
        roundBy(*rounding, std::min(steps, static_cast<float>(range.high))));
  }
  if (!(steps > static_cast<float>(range.low - zeroPoint)))
    return range.low;
  return std::min(range.high,
                  static_cast<int64_t>(std::min(steps, 0x1p30f)) + zeroPoint);
}
