//===- DepthwiseConv.cpp - convolutions with one filter a channel -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates depthwise_conv.f32: vectors of 16 channels, one fma a tap, taps in
// the order (kh, kw). Outputs whose window lies inside of the image test
// nothing.

#include "Window.h"

using namespace mlir;
using namespace quantc;

namespace {
class DepthwiseConv {
public:
  DepthwiseConv(KernelBuilder &b, kern::DepthwiseConvOp op,
                const Window &window, bool relu)
      : b(b), w(window), x(op.getInputs()[0]), filter(op.getInputs()[1]),
        out(op.getInits()[0]),
        bias(op->hasAttr("has_bias") ? op.getInputs()[2] : Value()),
        relu(relu) {}

  void emit() {
    // Neighbours are rows of output pixels.
    int64_t pixels = KernelBuilder::constantOf(w.outWidth).value_or(1);
    // A vector of channels, not a channel, takes one step here.
    int64_t steps = pixels * w.columns() / 4;
    b.parallelFor(b.mul(w.images, w.outHeight), KernelBuilder::grainOf(steps),
                  [&](Value item) {
                    image = b.floorDiv(item, w.outHeight);
                    outRow = b.rem(item, w.outHeight);
                    top = w.top(b, outRow);
                    b.forLoop(b.idx(0), w.outWidth, 1,
                              [&](Value column) { emitPixel(column); });
                  });
  }

private:
  Value isInsideBoth(Value first, Value last, Value size) {
    return b.create<arith::AndIOp>(isInside(b, first, size),
                                   isInside(b, last, size));
  }

  void emitPixel(Value column) {
    outColumn = column;
    left = w.left(b, column);
    if (!w.isPadded)
      return emitChannels(/*tests=*/false);
    Value fits = b.create<arith::AndIOp>(
        isInsideBoth(top, b.add(top, (w.kernelH - 1) * w.dilationH), w.height),
        isInsideBoth(left, b.add(left, (w.kernelW - 1) * w.dilationW),
                     w.width));
    b.ifThen(fits, [&] { emitChannels(false); }, [&] { emitChannels(true); });
  }

  void emitChannels(bool tests) {
    int64_t full = w.channels / kLanes * kLanes;
    b.forLoop(b.idx(0), b.idx(full), kLanes,
              [&](Value channel) { emitVector(channel, tests, nullptr); });
    if (w.channels > full)
      emitVector(b.idx(full), tests, b.idx(w.channels - full));
  }

  Value loadChannels(Value memref, ValueRange indices, Value count) {
    return count ? b.loadTail(memref, indices, count)
                 : b.loadVec(memref, indices);
  }

  /// 16 channels of a pixel, or `count` where that is not null.
  void emitVector(Value channel, bool tests, Value count) {
    Value sum = b.splatF32(0);
    for (int64_t kh = 0; kh < w.kernelH; ++kh)
      for (int64_t kw = 0; kw < w.kernelW; ++kw)
        sum = addTap(kh, kw, channel, tests, count, sum);
    if (bias)
      sum = b.addf(sum, loadChannels(bias, {channel}, count));
    if (relu)
      sum = b.relu(sum);
    SmallVector<Value> at{image, outRow, outColumn, channel};
    if (count)
      b.storeTail(sum, out, at, count);
    else
      b.storeVec(sum, out, at);
  }

  Value addTap(int64_t kh, int64_t kw, Value channel, bool tests, Value count,
               Value sum) {
    Value y = b.add(top, kh * w.dilationH),
          column = b.add(left, kw * w.dilationW);
    auto add = [&] {
      Value pixel = loadChannels(x, {image, y, column, channel}, count);
      Value tap = loadChannels(filter, {b.idx(kh), b.idx(kw), channel}, count);
      return KernelBuilder::Values{b.fma(pixel, tap, sum)};
    };
    if (!tests)
      return add()[0];
    Value present = b.create<arith::AndIOp>(isInside(b, y, w.height),
                                            isInside(b, column, w.width));
    return b.ifThen(present, add,
                    [&] { return KernelBuilder::Values{sum}; })[0];
  }

  KernelBuilder &b;
  const Window &w;
  Value x, filter, out, bias;
  bool relu;
  Value image, outRow, top, outColumn, left;
};
} // namespace

LogicalResult quantc::emitDepthwiseConv(KernelBuilder &b,
                                        kern::DepthwiseConvOp op) {
  if (op.getKernel() != "depthwise_conv.f32")
    return unknownKernel(op, op.getKernel());
  FailureOr<Window> window =
      Window::read(b, op, op.getInputs()[0], op.getInits()[0]);
  FailureOr<bool> relu = readActivation(op);
  if (failed(window) || failed(relu))
    return failure();
  DepthwiseConv(b, op, *window, *relu).emit();
  return success();
}
