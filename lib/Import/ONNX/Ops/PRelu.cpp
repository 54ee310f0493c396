//===- PRelu.cpp - PRelu -----------------------------------------*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// x where x >= 0, else slope * x, with a slope that broadcasts to x.

#include "../Elementwise.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

LogicalResult importer::importPRelu(NodeView &n) {
  if (failed(n.expectInputs(2, 2)))
    return failure();
  std::optional<Lane> x = lane(n, 0), slope = lane(n, 1);
  if (!x || !slope)
    return failure();
  if (!isa<FloatType>(x->element()) || x->element() != slope->element())
    return n.unsupported("an input of element type " + nameOf(n.type(0)) +
                         " with a slope of " + nameOf(n.type(1)));
  auto payload = [](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Value isPositive = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, v[0],
                                             number(b, v[0].getType(), 0));
    Value scaled = arith::MulFOp::create(b, v[0], v[1]);
    return arith::SelectOp::create(b, isPositive, v[0], scaled);
  };
  return n.result(0, elementwise(n, {*x, *slope}, x->element(), payload));
}
