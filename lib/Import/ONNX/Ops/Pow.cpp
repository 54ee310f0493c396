//===- Pow.cpp - Pow --------------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A constant exponent of exactly 2 is a multiplication, because this is how
// norms are written; everything else stays math.powf or math.ipowi.

#include "../Elementwise.h"
#include "../Ops.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

LogicalResult importer::importPow(NodeView &n) {
  if (failed(n.expectInputs(2, 2)))
    return failure();
  std::optional<Lane> base = lane(n, 0), exponent = lane(n, 1);
  if (!base || !exponent)
    return failure();
  Type element = base->element();
  if (element.isInteger(1) || exponent->element().isInteger(1))
    return n.unsupported("element type bool");
  bool isFloat = isa<FloatType>(element);
  if (!isFloat && isa<FloatType>(exponent->element()))
    return n.unsupported("an integer to the power of a float");
  bool isSquare =
      scalarNumber(n, 1) == 2 && exponent->sizes.size() <= base->sizes.size();
  if (isSquare) {
    Value square = elementwise(
        n, *base, element, [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
          if (isFloat)
            return arith::MulFOp::create(b, v[0], v[0]);
          return arith::MulIOp::create(b, v[0], v[0]);
        });
    return n.result(0, square);
  }
  bool isUnsignedExponent = isUnsigned(n.type(1));
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Value power = castScalar(b, v[1], element, isUnsignedExponent, false);
    if (isFloat)
      return math::PowFOp::create(b, v[0], power);
    return math::IPowIOp::create(b, v[0], power);
  };
  return n.result(0, elementwise(n, {*base, *exponent}, element, payload));
}
