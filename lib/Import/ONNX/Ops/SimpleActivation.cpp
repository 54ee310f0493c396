//===- SimpleActivation.cpp - Elu, HardSwish and relatives ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Activations that are only arithmetic to quantc.

#include "../Elementwise.h"
#include "../Ops.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

using Scalars = ImplicitLocOpBuilder;

/// x where x is positive, else `other`.
static Value positiveOr(Scalars &b, Value x, Value other) {
  Value zero = number(b, x.getType(), 0);
  Value above = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, x, zero);
  return arith::SelectOp::create(b, above, x, other);
}

/// max(0, min(1, alpha x + beta))
static Value hardSigmoid(Scalars &b, Value x, double alpha, double beta) {
  Type type = x.getType();
  Value line = arith::MulFOp::create(b, x, number(b, type, alpha));
  line = arith::AddFOp::create(b, line, number(b, type, beta));
  line = arith::MinimumFOp::create(b, line, number(b, type, 1));
  return arith::MaximumFOp::create(b, line, number(b, type, 0));
}

/// alpha (exp(x) - 1) for negative x
static Value elu(Scalars &b, Value x, double alpha) {
  Value power = math::ExpM1Op::create(b, x);
  return positiveOr(
      b, x, arith::MulFOp::create(b, power, number(b, x.getType(), alpha)));
}

/// log(1 + exp(x)) as max(x, 0) + log1p(exp(-|x|)), which does not overflow.
static Value softplus(Scalars &b, Value x) {
  Value power = math::ExpOp::create(
      b, arith::NegFOp::create(b, math::AbsFOp::create(b, x)));
  Value top = arith::MaximumFOp::create(b, x, number(b, x.getType(), 0));
  return arith::AddFOp::create(b, top, math::Log1pOp::create(b, power));
}

LogicalResult importer::importSimpleActivation(NodeView &n) {
  Value x;
  if (failed(n.tensors({&x})))
    return failure();
  Type element = elementOf(x);
  if (!isa<FloatType>(element))
    return n.unsupported("element type " + nameOf(n.type(0)));
  StringRef name = n.opType();
  float alpha = 0, beta = 0;
  if (name == "HardSigmoid" || name == "LeakyRelu" || name == "Elu")
    alpha = n.floatAttr("alpha", name == "HardSigmoid" ? 0.2f
                                 : name == "LeakyRelu" ? 0.01f
                                                       : 1.0f);
  if (name == "HardSigmoid")
    beta = n.floatAttr("beta", 0.5f);
  auto payload = [&](Scalars &b, ValueRange v) -> Value {
    if (name == "HardSigmoid")
      return hardSigmoid(b, v[0], alpha, beta);
    if (name == "HardSwish")
      return arith::MulFOp::create(b, v[0], hardSigmoid(b, v[0], 1.0 / 6, 0.5));
    if (name == "Elu")
      return elu(b, v[0], alpha);
    if (name == "Softplus")
      return softplus(b, v[0]);
    Value scaled = arith::MulFOp::create(b, v[0], number(b, element, alpha));
    return positiveOr(b, v[0], scaled);
  };
  return n.result(0, elementwise(n, lane(n, x), element, payload));
}
