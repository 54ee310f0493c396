//===- Pool.cpp - pooling over windows of an image -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Means are fp32 sums over the window in ascending order and one division, as
// the kernel takes them.

#include "Evaluators.h"
#include "Products.h"
#include "quantc/Dialect/NN/NN.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {
/// One output of a pooling, element after element of its window.
struct Pooled {
  bool isMax, countsPadding;
  float value = isMax ? -INFINITY : 0;
  int64_t count = 0;

  void add(float x) {
    if (!isMax)
      value += x;
    else if (x > value || std::isnan(x))
      value = x;
    ++count;
  }
  float result() const {
    return isMax ? value : value / float(std::max<int64_t>(count, 1));
  }
};
} // namespace

static Pooled poolWindow(const Window &window, ArrayRef<float> x, Pooled pooled,
                         int64_t image, int64_t row, int64_t column,
                         int64_t channel) {
  for (int64_t kh = 0; kh < window.kernelH; ++kh)
    for (int64_t kw = 0; kw < window.kernelW; ++kw) {
      int64_t h = window.imageRow(row, kh), w = window.imageColumn(column, kw);
      bool isPadding =
          h < window.height + window.bottom && w < window.width + window.right;
      if (window.isInside(h, w))
        pooled.add(x[window.input(image, h, w, channel)]);
      else if (pooled.countsPadding && isPadding)
        ++pooled.count;
    }
  return pooled;
}

template <typename Op>
static LogicalResult evalPool(Op op, Pooled start, Frame &frame) {
  const Tensor &input = frame.get(op.getInput());
  Window window(input.shape(), op.getLayout() == nn::Layout::NHWC);
  window.setKernel(op.getKernel(), op.getStrides(), op.getPads(),
                   op.getDilations(), op.getCeilMode());
  if (window.outHeight < 0 || window.outWidth < 0)
    return op->emitError("has a window that does not fit an image [")
           << input.shape() << "]";
  std::vector<float> x = input.floats();
  SmallVector<int64_t> shape = window.outputShape(window.channels);
  std::vector<float> y(elementCount(shape));
  for (int64_t image = 0; image < window.images; ++image)
    for (int64_t row = 0; row < window.outHeight; ++row)
      for (int64_t column = 0; column < window.outWidth; ++column)
        for (int64_t c = 0; c < window.channels; ++c)
          y[window.element(image, row, column, c, window.outHeight,
                           window.outWidth, window.channels)] =
              poolWindow(window, x, start, image, row, column, c).result();
  frame.set(op.getResult(), Tensor::ofFloats(input.type(), shape, y));
  return success();
}

LogicalResult quantc::evalMaxPool(Operation *op, Frame &frame) {
  return evalPool(cast<nn::MaxPoolOp>(op), {true, false}, frame);
}

LogicalResult quantc::evalAvgPool(Operation *op, Frame &frame) {
  auto pool = cast<nn::AvgPoolOp>(op);
  return evalPool(pool, {false, pool.getCountIncludePad()}, frame);
}
