//===- FloatMath.h - arithmetic on scalars or vectors alike -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Short names for the float and integer operations that the elementary
// functions are written in. One object works on one shape: a scalar, or vectors
// of one size. Private to the MathFunctions files.

#ifndef QUANTC_LIB_LOWER_CPU_FLOATMATH_H
#define QUANTC_LIB_LOWER_CPU_FLOATMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace quantc {

class FloatMath {
public:
  using Value = mlir::Value;
  using Predicate = mlir::arith::CmpFPredicate;

  /// Works on values of the shape and the float type (f32 or f64) of `like`.
  FloatMath(mlir::ImplicitLocOpBuilder &b, Value like)
      : b(b), floatType(like.getType()),
        intType(withElement(b.getIntegerType(width()))) {}

  unsigned width() const {
    return mlir::getElementTypeOrSelf(floatType).getIntOrFloatBitWidth();
  }

  Value f(double v) {
    auto element =
        llvm::cast<mlir::FloatType>(mlir::getElementTypeOrSelf(floatType));
    return constant(floatType, b.getFloatAttr(element, v));
  }
  Value i(int64_t v) {
    return constant(intType,
                    b.getIntegerAttr(mlir::getElementTypeOrSelf(intType), v));
  }
  Value nan() { return f(std::numeric_limits<double>::quiet_NaN()); }
  Value inf() { return f(std::numeric_limits<double>::infinity()); }

  Value add(Value x, Value y) { return mlir::arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return mlir::arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return mlir::arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return mlir::arith::DivFOp::create(b, x, y); }
  Value neg(Value x) { return mlir::arith::NegFOp::create(b, x); }
  Value fma(Value x, Value y, Value z) {
    return mlir::math::FmaOp::create(b, x, y, z);
  }
  Value sqrt(Value x) { return mlir::math::SqrtOp::create(b, x); }
  Value abs(Value x) { return mlir::math::AbsFOp::create(b, x); }
  Value copySign(Value x, Value sign) {
    return mlir::math::CopySignOp::create(b, x, sign);
  }

  Value addI(Value x, Value y) { return mlir::arith::AddIOp::create(b, x, y); }
  Value subI(Value x, Value y) { return mlir::arith::SubIOp::create(b, x, y); }
  Value andI(Value x, Value y) { return mlir::arith::AndIOp::create(b, x, y); }
  Value orI(Value x, Value y) { return mlir::arith::OrIOp::create(b, x, y); }
  Value xorI(Value x, Value y) { return mlir::arith::XOrIOp::create(b, x, y); }
  Value shl(Value x, int64_t n) {
    return mlir::arith::ShLIOp::create(b, x, i(n));
  }
  Value shr(Value x, int64_t n) {
    return mlir::arith::ShRSIOp::create(b, x, i(n));
  }
  Value eqI(Value x, Value y) {
    return mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::eq, x, y);
  }

  Value cmp(Predicate p, Value x, Value y) {
    return mlir::arith::CmpFOp::create(b, p, x, y);
  }
  Value less(Value x, Value y) { return cmp(Predicate::OLT, x, y); }
  Value equal(Value x, Value y) { return cmp(Predicate::OEQ, x, y); }
  Value select(Value c, Value x, Value y) {
    return mlir::arith::SelectOp::create(b, c, x, y);
  }
  /// Into [low, high]; NaN stays.
  Value clamp(Value x, double low, double high) {
    x = select(less(x, f(low)), f(low), x);
    return select(less(f(high), x), f(high), x);
  }

  Value bits(Value x) { return mlir::arith::BitcastOp::create(b, intType, x); }
  Value fromBits(Value x) {
    return mlir::arith::BitcastOp::create(b, floatType, x);
  }
  Value toFloat(Value x) {
    return mlir::arith::SIToFPOp::create(b, floatType, x);
  }
  /// |x| must be below 2^31.
  Value toInt(Value x) { return mlir::arith::FPToSIOp::create(b, intType, x); }

  /// sum_i coefficients[i] x^i, by Horner's rule with one fma a coefficient.
  Value poly(Value x, llvm::ArrayRef<double> coefficients) {
    Value y = f(coefficients.back());
    for (double c : llvm::reverse(coefficients.drop_back()))
      y = fma(y, x, f(c));
    return y;
  }

  /// The same shape with another element type.
  mlir::Type withElement(mlir::Type element) {
    if (auto vector = llvm::dyn_cast<mlir::VectorType>(floatType))
      return vector.clone(element);
    return element;
  }
  Value widen(Value x) {
    return mlir::arith::ExtFOp::create(b, withElement(b.getF64Type()), x);
  }
  Value narrow(Value x) {
    return mlir::arith::TruncFOp::create(b, withElement(b.getF32Type()), x);
  }

  mlir::ImplicitLocOpBuilder &b;

private:
  Value constant(mlir::Type type, mlir::TypedAttr element) {
    if (auto shaped = llvm::dyn_cast<mlir::ShapedType>(type))
      return mlir::arith::ConstantOp::create(
          b, mlir::DenseElementsAttr::get(shaped, mlir::Attribute(element)));
    return mlir::arith::ConstantOp::create(b, element);
  }

  mlir::Type floatType, intType;
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_FLOATMATH_H
