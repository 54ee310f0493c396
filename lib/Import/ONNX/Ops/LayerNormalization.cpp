//===- LayerNormalization.cpp - LayerNormalization and RMSNormalization -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// nn.layer_norm and nn.rms_norm. SimplifiedLayerNormalization, which ONNX
// Runtime puts in the default domain and in its own, is RMS norm.

#include "../Norms.h"
#include "../Ops.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// `vector` as one dimension of `width` elements; null with a problem.
static Value flatVector(NodeView &n, Value vector, Size width) {
  Size count = n.math.product(n.math.sizesOf(vector));
  auto have = constantOf(count), want = constantOf(width);
  if (have && want && *have != *want)
    return (void)n.unsupported("a scale or bias of " + Twine(*have) +
                               " elements for " + Twine(*want) +
                               " normalized ones"),
           Value();
  return reshape(n, vector, width);
}

/// The norm over the last dimension of `x`, or of `x` with the dimensions from
/// `axis` on seen as one.
template <typename Op>
static Value norm(NodeView &n, Value x, ArrayRef<Value> vectors, int64_t axis,
                  float epsilon) {
  Sizes sizes = n.math.sizesOf(x), flat(sizes.begin(), sizes.begin() + axis);
  flat.push_back(n.math.product(ArrayRef(sizes).drop_front(axis)));
  bool isFlat = axis + 1 == static_cast<int64_t>(sizes.size());
  SmallVector<Value> operands{isFlat ? x : reshape(n, x, flat)};
  for (Value vector : vectors)
    operands.push_back(flatVector(n, vector, flat.back()));
  if (llvm::is_contained(operands, Value()))
    return {};
  auto op =
      n.create<Op>(operands, n.attr("epsilon", n.b.getF32FloatAttr(epsilon)));
  if (!op)
    return {};
  n.math.record(op.getResult(), flat);
  return isFlat ? Value(op.getResult()) : reshape(n, op.getResult(), sizes);
}

Value importer::rmsNorm(NodeView &n, Value x, Value gamma, int64_t axis,
                        float epsilon) {
  return norm<nn::RmsNormOp>(n, x, gamma, axis, epsilon);
}

Value importer::layerNorm(NodeView &n, Value x, Value gamma, Value beta,
                          int64_t axis, float epsilon) {
  if (beta)
    return norm<nn::LayerNormOp>(n, x, {gamma, beta}, axis, epsilon);
  return norm<nn::LayerNormOp>(n, x, gamma, axis, epsilon);
}

LogicalResult importer::importLayerNormalization(NodeView &n) {
  Value x, gamma, beta;
  if (failed(n.tensors({&x, &gamma}, {&beta})) || failed(n.onlyOutputs({0})))
    return failure();
  n.onlyInt("stash_type", 1, 1);
  float epsilon = n.floatAttr("epsilon", 1e-5f);
  std::optional<int64_t> axis = n.axisAttr(-1, rankOf(x));
  if (!axis)
    return failure();
  return n.result(0, layerNorm(n, x, gamma, beta, *axis, epsilon));
}

LogicalResult importer::importRmsNormalization(NodeView &n) {
  Value x, gamma;
  if (failed(n.tensors({&x, &gamma})) || failed(n.onlyOutputs({0})))
    return failure();
  n.onlyInt("stash_type", 1, 1);
  float epsilon = n.floatAttr("epsilon", 1e-5f);
  std::optional<int64_t> axis = n.axisAttr(-1, rankOf(x));
  if (!axis)
    return failure();
  return n.result(0, rmsNorm(n, x, gamma, *axis, epsilon));
}
