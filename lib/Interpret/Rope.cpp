//===- Rope.cpp - rotary position embedding -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// In double precision, rounded once.

#include "Evaluators.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;

LogicalResult quantc::evalRope(Operation *op, Frame &frame) {
  auto rope = cast<nn::RopeOp>(op);
  const Tensor &input = frame.get(rope.getInput()),
               &angles = frame.get(rope.getCos());
  int64_t width = input.shape().back(), half = width / 2,
          positions = input.shape()[input.rank() - 2];
  int64_t batches = angles.rank() == 3 ? angles.shape()[0] : 1;
  if (angles.count() != batches * positions * half ||
      frame.get(rope.getSin()).count() != angles.count())
    return op->emitError("has angles [")
           << angles.shape() << "] for an input [" << input.shape() << "]";
  std::vector<double> x = input.numbers(), cosines = angles.numbers(),
                      sines = frame.get(rope.getSin()).numbers(), y(x.size());
  int64_t rows = width ? x.size() / width : 0;
  for (int64_t row = 0; row < rows; ++row) {
    int64_t batch = batches == 1 ? 0 : row / (rows / input.shape()[0]);
    int64_t angle = (batch * positions + row % positions) * half;
    for (int64_t i = 0; i < half; ++i, ++angle) {
      int64_t first = row * width + (rope.getInterleaved() ? 2 * i : i);
      int64_t second = first + (rope.getInterleaved() ? 1 : half);
      y[first] = x[first] * cosines[angle] - x[second] * sines[angle];
      y[second] = x[second] * cosines[angle] + x[first] * sines[angle];
    }
  }
  frame.set(rope.getResult(),
            Tensor::ofNumbers(input.type(), input.shape(), y));
  return success();
}
