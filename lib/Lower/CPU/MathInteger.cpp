//===- MathInteger.cpp - remainders and integer powers ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The exact functions that would be calls of a library: the remainder of
// floats, and powers of integers.

#include "FloatMath.h"
#include "MathFunctions.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace quantc;

Value quantc::emitRem(ImplicitLocOpBuilder &b, Value x, Value y) {
  FloatMath m(b, x);
  Value a = m.abs(x), c = m.abs(y);
  Value rest = m.widen(a), divisor = m.widen(c);
  FloatMath d(b, rest);
  // Subtract multiples of |y| 2^264, |y| 2^240, ... , |y| from |x|: 24 bits of
  // the quotient, which is below 2^278, at a time. All steps are exact: the
  // rest is a multiple of the unit of the smaller number and has few bits more
  // than it.
  Value magic = d.f(0x1.8p52);
  for (int shift = 264; shift >= 0; shift -= 24) {
    Value step = d.mul(divisor, d.f(std::ldexp(1.0, shift)));
    Value quotient = d.sub(d.add(d.div(rest, step), magic), magic);
    rest = d.fma(d.neg(quotient), step, rest);
    rest = d.select(d.less(rest, d.f(0)), d.add(rest, step), rest);
  }
  Value result = m.copySign(m.narrow(rest), x);
  // Any finite number is its own remainder by infinity.
  Value whole = m.select(m.less(a, m.inf()), m.equal(c, m.inf()), m.less(a, a));
  return m.select(whole, x, result);
}

Value quantc::emitIPow(ImplicitLocOpBuilder &b, Value x, Value n) {
  Type type = x.getType(), element = getElementTypeOrSelf(type);
  auto constant = [&](int64_t v) -> Value {
    TypedAttr attr = b.getIntegerAttr(element, v);
    if (auto vector = dyn_cast<VectorType>(type))
      attr = SplatElementsAttr::get(vector, Attribute(attr));
    return arith::ConstantOp::create(b, attr);
  };
  auto compare = [&](arith::CmpIPredicate p, Value v, int64_t w) -> Value {
    return arith::CmpIOp::create(b, p, v, constant(w));
  };
  Value one = constant(1);
  Value zero = arith::ConstantIndexOp::create(b, 0),
        step = arith::ConstantIndexOp::create(b, 1);
  Value bits =
      arith::ConstantIndexOp::create(b, element.getIntOrFloatBitWidth());
  // Square and multiply, one bit of the exponent after the other.
  auto loop = scf::ForOp::create(b, zero, bits, step, ValueRange{one, x, n});
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value power = loop.getRegionIterArg(0), square = loop.getRegionIterArg(1);
    Value rest = loop.getRegionIterArg(2);
    Value odd = arith::AndIOp::create(b, rest, one);
    Value isOdd =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, odd, constant(0));
    Value next = arith::MulIOp::create(b, power, square);
    Value chosen = arith::SelectOp::create(b, isOdd, next, power);
    Value squared = arith::MulIOp::create(b, square, square);
    Value shifted = arith::ShRUIOp::create(b, rest, one);
    scf::YieldOp::create(b, ValueRange{chosen, squared, shifted});
  }
  // 1 / x^|n| rounds to zero unless |x| = 1.
  Value negative = compare(arith::CmpIPredicate::slt, n, 0);
  Value magnitude = math::AbsIOp::create(b, x);
  Value large = compare(arith::CmpIPredicate::ne, magnitude, 1);
  Value vanishes = arith::AndIOp::create(b, negative, large);
  return arith::SelectOp::create(b, vanishes, constant(0), loop.getResult(0));
}
