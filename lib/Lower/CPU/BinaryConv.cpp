//===- BinaryConv.cpp - convolutions of packed signs ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates binary_conv.b1. Padding is zero, which no bit stands for: the loops
// over the taps of a pixel leave out those outside of the image, and the count
// of signs is that of the others. Words of a pixel are read where they are.

#include "SignProduct.h"
#include "Window.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

namespace {
/// The taps of a window along one dimension that lie inside of the image.
struct TapRange {
  Value begin, end;
};

class BinaryConvEmitter {
public:
  BinaryConvEmitter(KernelBuilder &b, const SignProduct &product,
                    const Window &window)
      : b(b), product(product), window(window) {}

  void emit() {
    if (b.level().isDevice())
      return emitBlocks();
    int64_t taps = window.kernelH * window.kernelW;
    b.parallelFor(product.product.m,
                  KernelBuilder::grainOf(product.steps(taps)),
                  [&](Value pixel) { emitPixel(pixel); });
  }

private:
  static Value clampedCount(KernelBuilder &b, const TapRange &range) {
    return b.max(b.sub(range.end, range.begin), b.idx(0));
  }

  /// Taps k with 0 <= first + k * dilation < size.
  TapRange inside(Value first, int64_t kernel, int64_t dilation, Value size) {
    Value none = b.idx(0);
    Value begin = b.ceilDiv(b.max(b.sub(none, first), none), dilation);
    Value end = b.ceilDiv(b.max(b.sub(size, first), none), dilation);
    return {begin, b.min(end, b.idx(kernel))};
  }

  /// Where the window of a pixel lies.
  struct Place {
    Value top, left, image;
    TapRange high, wide;
  };
  Place placeOf(Value pixel) {
    Place place;
    Value column = b.rem(pixel, window.outWidth);
    Value line = b.floorDiv(pixel, window.outWidth);
    place.top = window.top(b, b.rem(line, window.outHeight));
    place.left = window.left(b, column);
    place.image = b.mul(b.floorDiv(line, window.outHeight), window.height);
    place.high =
        inside(place.top, window.kernelH, window.dilationH, window.height);
    place.wide =
        inside(place.left, window.kernelW, window.dilationW, window.width);
    return place;
  }

  /// Signs that are inside of the image.
  Value signsOf(const Place &place) {
    Value taps =
        b.mul(clampedCount(b, place.high), clampedCount(b, place.wide));
    return b.create<arith::IndexCastOp>(b.getI32Type(),
                                        b.mul(taps, product.product.k));
  }

  /// Calls `add` for every tap inside: (row of x, first word of the weight,
  /// counts).
  Values addTaps(const Place &place, ValueRange counts,
                 function_ref<Values(Value, Value, ValueRange)> add) {
    return b.forLoop(
        place.high.begin, place.high.end, b.idx(1), counts,
        [&](Value kh, ValueRange outer) {
          Value y = b.add(place.top, b.mul(kh, window.dilationH));
          Value row = b.mul(b.add(place.image, y), window.width);
          return b.forLoop(
              place.wide.begin, place.wide.end, b.idx(1), outer,
              [&](Value kw, ValueRange inner) {
                Value x = b.add(place.left, b.mul(kw, window.dilationW));
                Value tap = b.add(b.mul(kh, window.kernelW), kw);
                return add(b.add(row, x), b.mul(tap, product.words), inner);
              });
        });
  }

  void emitPixel(Value pixel) {
    Place place = placeOf(pixel);
    Value signs = signsOf(place);
    auto dotsOf = [&](Value, Value panel, int64_t panels) {
      Values counts =
          addTaps(place, product.zeroCounts(b, panels),
                  [&](Value row, Value first, ValueRange carried) {
                    return product.addWords(b, row, first, panel, carried);
                  });
      return product.dots(b, signs, counts);
    };
    product.emitRow(b, pixel, dotsOf);
  }

  /// A block of a GPU a pixel and word of the result.
  void emitBlocks() {
    product.emitBlocks(
        b, 1,
        [&](ArrayRef<Value> pixels, Value panel, Value lane) {
          return addTaps(placeOf(pixels[0]), b.i32(0),
                         [&](Value row, Value first, ValueRange carried) {
                           return product.addWordsOfLane(b, row, first, panel,
                                                         lane, carried);
                         });
        },
        [&](Value pixel) { return signsOf(placeOf(pixel)); });
  }

  KernelBuilder &b;
  const SignProduct &product;
  const Window &window;
};
} // namespace

LogicalResult quantc::emitBinaryConv(KernelBuilder &b, kern::BinaryConvOp op) {
  if (op.getKernel() != "binary_conv.b1")
    return unknownKernel(op, op.getKernel());
  Value x = op.getInputs()[0], out = op.getInits()[0];
  FailureOr<Window> window = Window::read(b, op, x, out);
  if (failed(window))
    return failure();
  FailureOr<SignProduct> product =
      SignProduct::read(b, op, op.getInputs(), out);
  if (failed(product))
    return failure();
  BinaryConvEmitter(b, *product, *window).emit();
  return success();
}
