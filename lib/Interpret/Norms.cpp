//===- Norms.cpp - norms and softmax -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// In double precision, rounded once.

#include "Evaluators.h"
#include "quantc/Dialect/NN/NN.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

/// Rewrites every row of the last dimension of `input` and sets the result.
static void mapRows(Operation *op, Frame &frame,
                    function_ref<void(MutableArrayRef<double>)> each) {
  const Tensor &input = frame.get(op->getOperand(0));
  std::vector<double> numbers = input.numbers();
  size_t width = input.shape().back();
  for (size_t at = 0; at < numbers.size(); at += width)
    each(MutableArrayRef(numbers).slice(at, width));
  frame.set(op->getResult(0),
            Tensor::ofNumbers(input.type(), input.shape(), numbers));
}

/// A vector as long as a row of the input.
static FailureOr<std::vector<double>> vectorOf(Operation *op, Value value,
                                               const Frame &frame) {
  const Tensor &vector = frame.get(value);
  int64_t width = frame.get(op->getOperand(0)).shape().back();
  if (vector.count() != width)
    return op->emitError("has a vector of ")
           << vector.count() << " for rows of " << width;
  return vector.numbers();
}

LogicalResult quantc::evalRmsNorm(Operation *op, Frame &frame) {
  auto norm = cast<nn::RmsNormOp>(op);
  auto gamma = vectorOf(op, norm.getGamma(), frame);
  if (failed(gamma))
    return failure();
  double epsilon = norm.getEpsilon().convertToFloat();
  mapRows(op, frame, [&](MutableArrayRef<double> row) {
    double squares = 0;
    for (double x : row)
      squares += x * x;
    double root = std::sqrt(squares / double(row.size()) + epsilon);
    for (auto [x, g] : llvm::zip(row, *gamma))
      x = x / root * g;
  });
  return success();
}

LogicalResult quantc::evalLayerNorm(Operation *op, Frame &frame) {
  auto norm = cast<nn::LayerNormOp>(op);
  auto gamma = vectorOf(op, norm.getGamma(), frame);
  if (failed(gamma))
    return failure();
  FailureOr<std::vector<double>> beta = std::vector<double>(gamma->size());
  if (norm.getBeta())
    beta = vectorOf(op, norm.getBeta(), frame);
  if (failed(beta))
    return failure();
  double epsilon = norm.getEpsilon().convertToFloat();
  mapRows(op, frame, [&](MutableArrayRef<double> row) {
    double sum = 0, squares = 0, width = double(row.size());
    for (double x : row)
      sum += x;
    double mean = sum / width;
    for (double x : row)
      squares += (x - mean) * (x - mean);
    double root = std::sqrt(squares / width + epsilon);
    for (auto [x, g, b] : llvm::zip(row, *gamma, *beta))
      x = (x - mean) / root * g + b;
  });
  return success();
}

LogicalResult quantc::evalSoftmax(Operation *op, Frame &frame) {
  auto softmax = cast<nn::SoftmaxOp>(op);
  const Tensor &input = frame.get(softmax.getInput());
  int64_t axis = softmax.getAxis(), length = input.shape()[axis];
  int64_t inner = elementCount(input.shape().drop_front(axis + 1));
  std::vector<double> numbers = input.numbers();
  for (int64_t start = 0, e = numbers.size(); start < e; ++start) {
    if (start / inner % length != 0)
      continue;
    double largest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < length; ++i)
      largest = std::fmax(largest, numbers[start + i * inner]);
    for (int64_t i = 0; i < length; ++i) {
      double &x = numbers[start + i * inner];
      x = std::exp(x - largest);
      sum += x;
    }
    for (int64_t i = 0; i < length; ++i)
      numbers[start + i * inner] /= sum;
  }
  frame.set(softmax.getResult(),
            Tensor::ofNumbers(input.type(), input.shape(), numbers));
  return success();
}
