//===- BatchNormalization.cpp - BatchNormalization at inference -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One generic (x - mean) * rsqrt(var + epsilon) * scale + bias with the vectors
// along the channels, marked nn.batch_norm so that it can be folded into a
// convolution.

#include "../Elementwise.h"
#include "../Ops.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

LogicalResult importer::importBatchNormalization(NodeView &n) {
  Value x, scale, bias, mean, variance;
  if (failed(n.tensors({&x, &scale, &bias, &mean, &variance})) ||
      failed(n.onlyOutputs({0})))
    return failure();
  n.onlyInt("training_mode", 0, 0);
  n.onlyInt("spatial", 1, 1);
  (void)n.floatAttr("momentum", 0.9f); // of training
  float epsilon = n.floatAttr("epsilon", 1e-5f);
  Type element = elementOf(x);
  if (rankOf(x) < 2 || !isa<FloatType>(element))
    return n.unsupported("an input of rank " + Twine(rankOf(x)) +
                         " and element type " + nameOf(n.type(0)));
  SmallVector<Lane> lanes{lane(n, x)};
  for (Value vector : {scale, bias, mean, variance}) {
    if (rankOf(vector) != 1 || elementOf(vector) != element)
      return n.invalid(
          "scale, bias, mean and variance must be vectors of element type " +
          nameOf(n.type(0)));
    lanes.push_back(lane(n, vector));
  }
  Value result = channelwise(
      n, lanes, [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
        Value shifted =
            arith::AddFOp::create(b, v[4], number(b, element, epsilon));
        Value factor = math::RsqrtOp::create(b, shifted);
        Value centred = arith::SubFOp::create(b, v[0], v[3]);
        Value scaled = arith::MulFOp::create(
            b, arith::MulFOp::create(b, centred, factor), v[1]);
        return arith::AddFOp::create(b, scaled, v[2]);
      });
  if (!result)
    return failure();
  result.getDefiningOp()->setAttr("nn.batch_norm",
                                  n.b.getF32FloatAttr(epsilon));
  return n.result(0, result);
}
