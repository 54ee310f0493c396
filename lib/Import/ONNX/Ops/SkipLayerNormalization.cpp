//===- SkipLayerNormalization.cpp - com.microsoft norms with a residual -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// SkipLayerNormalization and SkipSimplifiedLayerNormalization: the sum of
// input, skip and bias (output 3), and its norm (output 0).

#include "../Elementwise.h"
#include "../Norms.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

static Value sum(NodeView &n, Value x, Value y) {
  return elementwise(n, {lane(n, x), lane(n, y)}, elementOf(x),
                     [](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                       return arith::AddFOp::create(b, v[0], v[1]);
                     });
}

LogicalResult importer::importSkipLayerNormalization(NodeView &n) {
  bool isRms = n.opType() == "SkipSimplifiedLayerNormalization";
  Value x, skip, gamma, beta, bias;
  if (failed(isRms ? n.tensors({&x, &skip, &gamma}, {&bias})
                   : n.tensors({&x, &skip, &gamma}, {&beta, &bias})))
    return failure();
  float epsilon = n.floatAttr("epsilon", isRms ? 1e-6f : 1e-12f);
  if (failed(n.onlyOutputs({0, 3})))
    return failure();
  if (!isa<FloatType>(elementOf(x)) || elementOf(x) != elementOf(skip) ||
      rankOf(x) < 1 || (bias && elementOf(bias) != elementOf(x)))
    return n.invalid("input, skip and bias must be of one float type");
  Value total = sum(n, x, skip);
  if (total && bias)
    total = sum(n, total, bias);
  if (!total || failed(n.result(3, total)))
    return failure();
  int64_t axis = rankOf(total) - 1;
  return n.result(0, isRms ? rmsNorm(n, total, gamma, axis, epsilon)
                           : layerNorm(n, total, gamma, beta, axis, epsilon));
}
