//===- MicrosoftGelu.cpp - the GELU forms of com.microsoft ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Forms of GELU that ONNX Runtime's optimizer writes.

#include "../Elementwise.h"
#include "../Ops.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// x / (1 + exp(-alpha x))
static LogicalResult quickGelu(NodeView &n, Value x, float alpha) {
  Type element = elementOf(x);
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Value power = math::ExpOp::create(
        b, arith::MulFOp::create(b, v[0], number(b, element, -alpha)));
    Value sum = arith::AddFOp::create(b, number(b, element, 1), power);
    return arith::DivFOp::create(b, v[0], sum);
  };
  return n.result(0, elementwise(n, lane(n, x), element, payload));
}

LogicalResult importer::importMicrosoftGelu(NodeView &n) {
  Value x, bias;
  bool needsBias = n.opType() == "BiasGelu",
       mayHaveBias = n.opType() == "FastGelu";
  if (failed(needsBias     ? n.tensors({&x, &bias})
             : mayHaveBias ? n.tensors({&x}, {&bias})
                           : n.tensors({&x})))
    return failure();
  if (!isa<FloatType>(elementOf(x)) ||
      (bias && elementOf(bias) != elementOf(x)))
    return n.unsupported("element type " + nameOf(n.type(0)) + " and bias " +
                         nameOf(n.type(1)));
  if (n.opType() == "QuickGelu")
    return quickGelu(n, x, n.floatAttr("alpha", 1.702f));
  if (bias)
    x = elementwise(n, {lane(n, x), lane(n, bias)}, elementOf(x),
                    [](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                      return arith::AddFOp::create(b, v[0], v[1]);
                    });
  if (!x)
    return failure();
  auto kind =
      mayHaveBias ? nn::ActivationKind::GeluTanh : nn::ActivationKind::Gelu;
  auto kindAttr = nn::ActivationKindAttr::get(n.b.getContext(), kind);
  auto op = n.create<nn::ActivationOp>(x, n.attr("kind", kindAttr));
  if (!op)
    return failure();
  return n.result(0, op.getResult(), n.math.sizesOf(x));
}
