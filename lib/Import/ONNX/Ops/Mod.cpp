//===- Mod.cpp - Mod --------------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// fmod = 0 on integers has the sign of the divisor, fmod = 1 that of the
// dividend.

#include "../Elementwise.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// The remainder with the sign of the divisor.
static Value floorRemainder(ImplicitLocOpBuilder &b, Value x, Value y) {
  Value zero = number(b, x.getType(), 0);
  Value rest = arith::RemSIOp::create(b, x, y);
  using P = arith::CmpIPredicate;
  Value isNonZero = arith::CmpIOp::create(b, P::ne, rest, zero);
  Value restNegative = arith::CmpIOp::create(b, P::slt, rest, zero);
  Value divisorNegative = arith::CmpIOp::create(b, P::slt, y, zero);
  Value differ = arith::XOrIOp::create(b, restNegative, divisorNegative);
  Value mustAdd = arith::AndIOp::create(b, isNonZero, differ);
  return arith::SelectOp::create(b, mustAdd, arith::AddIOp::create(b, rest, y),
                                 rest);
}

LogicalResult importer::importMod(NodeView &n) {
  if (failed(n.expectInputs(2, 2)))
    return failure();
  int64_t fmod = n.intAttr("fmod", 0);
  auto fold = [&](ArrayRef<Size> sizes) -> std::optional<Size> {
    return n.math.mod(sizes[0], sizes[1]);
  };
  if (fmod == 0 && foldShapes(n, 2, n.type(0), fold))
    return success();
  std::optional<Lane> x = lane(n, 0), y = lane(n, 1);
  if (!x || !y)
    return failure();
  bool isFloat = isa<FloatType>(x->element());
  if (x->element() != y->element())
    return n.invalid("operands have different types, " + nameOf(n.type(0)) +
                     " and " + nameOf(n.type(1)));
  if (isFloat && fmod == 0)
    return n.invalid("attribute 'fmod' = 0 needs integers");
  if (x->element().isF64())
    return n.unsupported("a remainder of doubles");
  bool isUnsignedType = isUnsigned(n.type(0));
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    if (isFloat)
      return arith::RemFOp::create(b, v[0], v[1]);
    if (isUnsignedType)
      return arith::RemUIOp::create(b, v[0], v[1]);
    if (fmod)
      return arith::RemSIOp::create(b, v[0], v[1]);
    return floorRemainder(b, v[0], v[1]);
  };
  return n.result(0, elementwise(n, {*x, *y}, x->element(), payload));
}
