//===- Conv.cpp - convolutions of floats -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// fp32 sums with one fma a step, k = (kh, kw, c) ascending, in either layout.
// Padding takes part with the value zero.

#include "Evaluators.h"
#include "Products.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Support/ParallelFor.h"

using namespace mlir;
using namespace quantc;

Window::Window(ArrayRef<int64_t> image, bool isNHWC)
    : images(image[0]), height(image[isNHWC ? 1 : 2]),
      width(image[isNHWC ? 2 : 3]), channels(image[isNHWC ? 3 : 1]),
      isNHWC(isNHWC) {}

void Window::setKernel(ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
                       ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations,
                       bool ceilMode) {
  kernelH = kernel[0], kernelW = kernel[1];
  strideH = strides[0], strideW = strides[1];
  top = pads[0], left = pads[1], bottom = pads[2], right = pads[3];
  dilationH = dilations[0], dilationW = dilations[1];
  outHeight = nn::windowOutputSize(height, kernelH, strideH, top, bottom,
                                   dilationH, ceilMode);
  outWidth = nn::windowOutputSize(width, kernelW, strideW, left, right,
                                  dilationW, ceilMode);
}

SmallVector<int64_t> Window::outputShape(int64_t depth) const {
  if (isNHWC)
    return {images, outHeight, outWidth, depth};
  return {images, depth, outHeight, outWidth};
}

namespace {
/// A convolution of floats, one output pixel after the other.
template <typename T> class FloatConv {
public:
  FloatConv(nn::ConvOp op, const Frame &frame)
      : window(frame.get(op.getInput()).shape(),
               op.getLayout() == nn::Layout::NHWC),
        x(elementsOf<T>(frame.get(op.getInput()))) {
    const Tensor &filter = frame.get(op.getFilter());
    ArrayRef<int64_t> sizes = filter.shape();
    bool isNHWC = window.isNHWC;
    window.setKernel(sizes.slice(isNHWC ? 1 : 2, 2), op.getStrides(),
                     op.getPads(), op.getDilations());
    outputs = sizes[0];
    groups = op.getGroups();
    depth = sizes[isNHWC ? 3 : 1];
    if (op.getBias())
      bias = elementsOf<T>(frame.get(op.getBias()));
    arrangeFilter(elementsOf<T>(filter));
  }

  /// Channels of the image are the filter's, times the groups.
  bool fits() const {
    return window.outHeight >= 0 && window.outWidth >= 0 &&
           depth * groups == window.channels && outputs % groups == 0;
  }

  std::vector<T> run() {
    std::vector<T> y(elementCount(window.outputShape(outputs)));
    parallelFor(window.images * window.outHeight, 1,
                [&](int64_t begin, int64_t end) {
                  for (int64_t line = begin; line < end; ++line)
                    for (int64_t column = 0; column < window.outWidth; ++column)
                      computePixel(line / window.outHeight,
                                   line % window.outHeight, column, y);
                });
    return y;
  }

  Window window;
  int64_t outputs, groups, depth;

private:
  /// Rows k = (kh, kw, c), columns are output channels.
  void arrangeFilter(ArrayRef<T> filter) {
    int64_t taps = window.kernelH * window.kernelW;
    weights.resize(filter.size());
    for (int64_t o = 0; o < outputs; ++o)
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t c = 0; c < depth; ++c)
          weights[(tap * depth + c) * outputs + o] =
              filter[window.isNHWC ? (o * taps + tap) * depth + c
                                   : (o * depth + c) * taps + tap];
  }

  void computePixel(int64_t image, int64_t row, int64_t column,
                    std::vector<T> &y) const {
    std::vector<T> sums(outputs);
    int64_t perGroup = outputs / groups;
    for (int64_t kh = 0; kh < window.kernelH; ++kh)
      for (int64_t kw = 0; kw < window.kernelW; ++kw) {
        int64_t h = window.imageRow(row, kh),
                w = window.imageColumn(column, kw);
        bool isInside = window.isInside(h, w);
        int64_t tap = kh * window.kernelW + kw;
        for (int64_t g = 0; g < groups; ++g)
          for (int64_t c = 0; c < depth; ++c)
            addScaledRow(
                isInside ? x[window.input(image, h, w, g * depth + c)] : 0,
                weights.data() + (tap * depth + c) * outputs + g * perGroup,
                sums.data() + g * perGroup, perGroup);
      }
    for (int64_t o = 0; o < outputs; ++o)
      y[window.element(image, row, column, o, window.outHeight, window.outWidth,
                       outputs)] = bias.empty() ? sums[o] : sums[o] + bias[o];
  }

  std::vector<T> x, weights, bias;
};
} // namespace

template <typename T>
static LogicalResult evaluate(nn::ConvOp conv, Frame &frame) {
  const Tensor &input = frame.get(conv.getInput());
  FloatConv<T> product(conv, frame);
  if (!product.fits())
    return conv->emitError("has a filter that does not fit an image [")
           << input.shape() << "]";
  std::vector<T> y = product.run();
  auto shape = product.window.outputShape(product.outputs);
  if constexpr (std::is_same_v<T, float>) {
    applyActivation(conv, y);
    frame.set(conv.getResult(), Tensor::ofFloats(input.type(), shape, y));
  } else {
    frame.set(conv.getResult(), Tensor::ofNumbers(input.type(), shape, y));
  }
  return success();
}

LogicalResult quantc::evalConv(Operation *op, Frame &frame) {
  auto conv = cast<nn::ConvOp>(op);
  return frame.get(conv.getInput()).type().isF64()
             ? evaluate<double>(conv, frame)
             : evaluate<float>(conv, frame);
}
