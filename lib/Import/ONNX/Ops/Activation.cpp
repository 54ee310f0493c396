//===- Activation.cpp - Relu, Gelu, Swish -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Activations that quantization and fusion know by name. Swish with another
// alpha than 1 is x / (1 + exp(-alpha x)) as arithmetic.

#include "../Elementwise.h"
#include "../Ops.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

static LogicalResult activation(NodeView &n, Value x, nn::ActivationKind kind) {
  auto kindAttr = nn::ActivationKindAttr::get(n.b.getContext(), kind);
  auto op = n.create<nn::ActivationOp>(x, n.attr("kind", kindAttr));
  if (!op)
    return failure();
  return n.result(0, op.getResult(), n.math.sizesOf(x));
}

LogicalResult importer::importRelu(NodeView &n) {
  Value x;
  if (failed(n.tensors({&x})))
    return failure();
  return activation(n, x, nn::ActivationKind::Relu);
}

LogicalResult importer::importGelu(NodeView &n) {
  Value x;
  if (failed(n.tensors({&x})))
    return failure();
  StringRef approximate = n.stringAttr("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return n.unsupported("attribute 'approximate' = '" + approximate +
                         "' (only none and tanh)");
  return activation(n, x,
                    approximate == "tanh" ? nn::ActivationKind::GeluTanh
                                          : nn::ActivationKind::Gelu);
}

LogicalResult importer::importSwish(NodeView &n) {
  Value x;
  if (failed(n.tensors({&x})))
    return failure();
  float alpha = n.floatAttr("alpha", 1);
  if (alpha == 1)
    return activation(n, x, nn::ActivationKind::Silu);
  Type element = elementOf(x);
  if (!isa<FloatType>(element))
    return n.unsupported("element type " + nameOf(n.type(0)));
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Value scaled = arith::MulFOp::create(b, v[0], number(b, element, -alpha));
    Value power = math::ExpOp::create(b, scaled);
    return arith::DivFOp::create(
        b, v[0], arith::AddFOp::create(b, number(b, element, 1), power));
  };
  return n.result(0, elementwise(n, lane(n, x), element, payload));
}
