//===- Softmax.cpp - Softmax and LogSoftmax ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Before version 13 the input is seen as a matrix split at the axis. The
// logarithm is x - max - log(sum(exp(x - max))).

#include "../Elementwise.h"
#include "../Ops.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

static Value reduceKeeping(NodeView &n, Value x, int64_t axis,
                           nn::ReduceKind kind) {
  auto op = n.create<nn::ReduceOp>(
      x, {n.attr("kind", nn::ReduceKindAttr::get(n.b.getContext(), kind)),
          n.attr("axes", n.b.getDenseI64ArrayAttr(axis)),
          n.attr("keepdims", n.b.getBoolAttr(true))});
  if (!op)
    return {};
  Sizes sizes = n.math.sizesOf(x);
  sizes[axis] = n.math.constant(1);
  n.math.record(op.getResult(), sizes);
  return op.getResult();
}

static Value subtract(NodeView &n, Value x, Value y) {
  return elementwise(n, {lane(n, x), lane(n, y)}, elementOf(x),
                     [](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                       return arith::SubFOp::create(b, v[0], v[1]);
                     });
}

template <typename Op> static Value apply(NodeView &n, Value x) {
  return elementwise(n, lane(n, x), elementOf(x),
                     [](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                       return Op::create(b, v[0]);
                     });
}

static Value logSoftmax(NodeView &n, Value x, int64_t axis) {
  Value largest = reduceKeeping(n, x, axis, nn::ReduceKind::Max);
  if (!largest)
    return {};
  Value shifted = subtract(n, x, largest);
  Value sum = reduceKeeping(n, apply<math::ExpOp>(n, shifted), axis,
                            nn::ReduceKind::Sum);
  return sum ? subtract(n, shifted, apply<math::LogOp>(n, sum)) : Value();
}

static Value softmax(NodeView &n, Value x, int64_t axis) {
  if (n.opType() == "LogSoftmax")
    return logSoftmax(n, x, axis);
  auto op =
      n.create<nn::SoftmaxOp>(x, n.attr("axis", n.b.getI64IntegerAttr(axis)));
  if (!op)
    return {};
  n.math.record(op.getResult(), n.math.sizesOf(x));
  return op.getResult();
}

LogicalResult importer::importSoftmax(NodeView &n) {
  Value x;
  if (failed(n.tensors({&x})))
    return failure();
  Sizes sizes = n.math.sizesOf(x);
  int64_t rank = sizes.size();
  std::optional<int64_t> axis = n.axisAttr(n.opset < 13 ? 1 : -1, rank);
  if (!axis)
    return failure();
  if (!isa<FloatType>(elementOf(x)))
    return n.unsupported("element type " + nameOf(n.type(0)));
  if (n.opset >= 13 || *axis == rank - 1)
    return n.result(0, softmax(n, x, *axis));
  Size rows = n.math.product(ArrayRef(sizes).take_front(*axis));
  Size columns = n.math.product(ArrayRef(sizes).drop_front(*axis));
  Value matrix = reshape(n, x, {rows, columns});
  Value result = matrix ? softmax(n, matrix, 1) : Value();
  return n.result(0, result ? reshape(n, result, sizes) : result);
}
