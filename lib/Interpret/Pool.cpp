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
template <typename T> struct Pooled {
  bool isMax, countsPadding;
  T value = isMax ? -INFINITY : 0;
  int64_t count = 0;

  void add(T x) {
    if (!isMax)
      value += x;
    else if (x > value || std::isnan(x))
      value = x;
    ++count;
  }
  T result() const {
    return isMax ? value : value / T(std::max<int64_t>(count, 1));
  }
};
} // namespace

template <typename T>
static Pooled<T> poolWindow(const Window &window, ArrayRef<T> x,
                            Pooled<T> pooled, int64_t image, int64_t row,
                            int64_t column, int64_t channel) {
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

template <typename T, typename Op>
static LogicalResult evalPool(Op op, Pooled<T> start, Frame &frame) {
  const Tensor &input = frame.get(op.getInput());
  Window window(input.shape(), op.getLayout() == nn::Layout::NHWC);
  window.setKernel(op.getKernel(), op.getStrides(), op.getPads(),
                   op.getDilations(), op.getCeilMode());
  if (window.outHeight < 0 || window.outWidth < 0)
    return op->emitError("has a window that does not fit an image [")
           << input.shape() << "]";
  std::vector<T> x = elementsOf<T>(input);
  SmallVector<int64_t> shape = window.outputShape(window.channels);
  std::vector<T> y(elementCount(shape));
  for (int64_t image = 0; image < window.images; ++image)
    for (int64_t row = 0; row < window.outHeight; ++row)
      for (int64_t column = 0; column < window.outWidth; ++column)
        for (int64_t c = 0; c < window.channels; ++c)
          y[window.element(image, row, column, c, window.outHeight,
                           window.outWidth, window.channels)] =
              poolWindow<T>(window, x, start, image, row, column, c).result();
  if constexpr (std::is_same_v<T, double>)
    frame.set(op.getResult(), Tensor::ofNumbers(input.type(), shape, y));
  else
    frame.set(op.getResult(), Tensor::ofFloats(input.type(), shape, y));
  return success();
}

template <typename Op>
static LogicalResult evalEither(Op op, bool isMax, bool countsPadding,
                                Frame &frame) {
  if (frame.get(op.getInput()).type().isF64())
    return evalPool(op, Pooled<double>{isMax, countsPadding}, frame);
  return evalPool(op, Pooled<float>{isMax, countsPadding}, frame);
}

LogicalResult quantc::evalMaxPool(Operation *op, Frame &frame) {
  return evalEither(cast<nn::MaxPoolOp>(op), true, false, frame);
}

LogicalResult quantc::evalAvgPool(Operation *op, Frame &frame) {
  auto pool = cast<nn::AvgPoolOp>(op);
  return evalEither(pool, false, pool.getCountIncludePad(), frame);
}
