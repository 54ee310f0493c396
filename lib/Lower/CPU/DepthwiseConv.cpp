//===- DepthwiseConv.cpp - convolutions with one filter a channel -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates depthwise_conv.f32, .a16 and .a8: vectors of 16 channels,
// one multiply-add a tap, taps in the order (kh, kw). Outputs whose window lies
// inside of the image test nothing. Taps outside add nothing.

#include "DecodePanel.h"
#include "Window.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

namespace {
/// 16 channels of an image from a channel on, or `count` of them where that is
/// not null.
struct Channels {
  Value first, count;

  Value load(KernelBuilder &b, Value memref, Values indices) const {
    indices.push_back(first);
    return count ? b.loadTail(memref, indices, count)
                 : b.loadVec(memref, indices);
  }
};

/// How the taps of 16 channels become a sum of fp32.
class Taps {
public:
  Taps(KernelBuilder &b, Value x) : b(b), x(x) {}
  virtual ~Taps() = default;

  /// Called at the start of each work item.
  virtual void prepare() {}
  virtual Value zero() { return b.splatF32(0); }
  /// sum + pixel * filter, for the tap with the number kh * KW + kw; `pixel`
  /// is [image, row, column].
  virtual Value add(Value sum, const Values &pixel, int64_t tap,
                    const Channels &channels) = 0;
  virtual Value finish(Value sum, const Channels &) { return sum; }

protected:
  KernelBuilder &b;
  Value x;
};

class FloatTaps : public Taps {
public:
  FloatTaps(KernelBuilder &b, Value x, Value filter, int64_t width)
      : Taps(b, x), filter(filter), width(width) {}

  Value add(Value sum, const Values &pixel, int64_t tap,
            const Channels &channels) override {
    Values at{b.idx(tap / width), b.idx(tap % width)};
    return b.fma(channels.load(b, x, pixel), channels.load(b, filter, at), sum);
  }

private:
  Value filter;
  int64_t width;
};

/// Codes of the weight: a work item decodes the filter once, code - zero point.
class DecodedTaps : public Taps {
public:
  DecodedTaps(KernelBuilder &b, Value x, const Product &p, Type element)
      : Taps(b, x), p(p), decoder(b, p), element(element) {}

  void prepare() override {
    taps = b.scratch({p.k, p.panels * kLanes}, element);
    b.forLoop(b.idx(0), b.idx(p.panels), 1, [&](Value panel) {
      Value zero = decoder.zeroPoint(panel, b.idx(0));
      for (int64_t line = 0; line < p.lines(); ++line) {
        LineWords words = decoder.loadWords(panel, b.idx(line));
        int64_t first = line * p.lineColumns();
        for (int64_t c = 0; c < p.lineColumns() && first + c < p.k; ++c) {
          Value step = b.create<arith::SubIOp>(decoder.code(words, c), zero);
          b.storeVec(encode(step), taps,
                     {b.idx(first + c), b.mul(panel, kLanes)});
        }
      }
    });
  }

protected:
  /// int32 as `element`, exact.
  virtual Value encode(Value step) = 0;
  Value loadTap(int64_t tap, const Channels &channels) {
    return b.loadVec(taps, {b.idx(tap), channels.first});
  }
  /// fma(sum, scale, 0)
  Value scaled(Value sum, const Channels &channels) {
    Value scale = decoder.scale(b.floorDiv(channels.first, kLanes), b.idx(0));
    return b.fma(sum, scale, b.splatF32(0));
  }

private:
  const Product &p;
  PanelDecoder decoder;
  Type element;
  Value taps;
};

/// The input holds numbers.
class NumberTaps : public DecodedTaps {
public:
  NumberTaps(KernelBuilder &b, Value x, const Product &p)
      : DecodedTaps(b, x, p, b.getF32Type()) {}

  Value encode(Value step) override {
    return b.create<arith::SIToFPOp>(b.f32Vec(), step);
  }
  Value add(Value sum, const Values &pixel, int64_t tap,
            const Channels &channels) override {
    return b.fma(channels.load(b, x, pixel), loadTap(tap, channels), sum);
  }
  Value finish(Value sum, const Channels &channels) override {
    return scaled(sum, channels);
  }
};

/// The input holds codes: exact sums of (code_w - zero point) * (code_x - zx).
class CodeTaps : public DecodedTaps {
public:
  CodeTaps(KernelBuilder &b, Value x, const Product &p, float inputScale,
           int64_t inputZeroPoint)
      : DecodedTaps(b, x, p, b.getI16Type()), inputScale(inputScale),
        inputZeroPoint(inputZeroPoint) {}

  Value encode(Value step) override {
    return b.create<arith::TruncIOp>(b.vecType(b.getI16Type()), step);
  }
  Value zero() override { return b.constant(b.i32Vec(), 0); }

  Value add(Value sum, const Values &pixel, int64_t tap,
            const Channels &channels) override {
    Value code =
        b.create<arith::ExtSIOp>(b.i32Vec(), channels.load(b, x, pixel));
    if (inputZeroPoint)
      code =
          b.create<arith::SubIOp>(code, b.constant(b.i32Vec(), inputZeroPoint));
    Value step = b.create<arith::ExtSIOp>(b.i32Vec(), loadTap(tap, channels));
    return b.create<arith::AddIOp>(sum, b.create<arith::MulIOp>(code, step));
  }

  Value finish(Value sum, const Channels &channels) override {
    Value exact = b.create<arith::SIToFPOp>(b.f32Vec(), sum);
    return b.mulf(scaled(exact, channels), b.splatF32(inputScale));
  }

private:
  float inputScale;
  int64_t inputZeroPoint;
};

class DepthwiseConv {
public:
  DepthwiseConv(KernelBuilder &b, kern::DepthwiseConvOp op,
                const Window &window, Taps &taps, bool relu)
      : b(b), w(window), taps(taps), out(op.getInits()[0]),
        bias(op->hasAttr("has_bias") ? op.getInputs().back() : Value()),
        relu(relu) {}

  void emit() {
    // Neighbours are rows of output pixels.
    int64_t pixels = KernelBuilder::constantOf(w.outWidth).value_or(1);
    // A vector of channels, not a channel, takes one step here.
    int64_t steps = pixels * w.columns() / 4;
    int64_t grain = KernelBuilder::grainOf(steps);
    Value rows = b.mul(w.images, w.outHeight);
    b.parallelFor(b.ceilDiv(rows, grain), [&](Value item) {
      taps.prepare();
      Value first = b.mul(item, grain);
      b.forLoop(first, b.min(b.add(first, grain), rows), 1,
                [&](Value row) { emitRow(row); });
    });
  }

private:
  void emitRow(Value row) {
    image = b.floorDiv(row, w.outHeight);
    outRow = b.rem(row, w.outHeight);
    top = w.top(b, outRow);
    b.forLoop(b.idx(0), w.outWidth, 1,
              [&](Value column) { emitPixel(column); });
  }

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

  /// 16 channels of a pixel, or `count` where that is not null.
  void emitVector(Value channel, bool tests, Value count) {
    Channels channels{channel, count};
    Value sum = taps.zero();
    for (int64_t kh = 0; kh < w.kernelH; ++kh)
      for (int64_t kw = 0; kw < w.kernelW; ++kw)
        sum = addTap(kh, kw, channels, tests, sum);
    sum = taps.finish(sum, channels);
    if (bias)
      sum = b.addf(sum, channels.load(b, bias, {}));
    if (relu)
      sum = b.relu(sum);
    SmallVector<Value> at{image, outRow, outColumn, channel};
    if (count)
      b.storeTail(sum, out, at, count);
    else
      b.storeVec(sum, out, at);
  }

  Value addTap(int64_t kh, int64_t kw, const Channels &channels, bool tests,
               Value sum) {
    Value y = b.add(top, kh * w.dilationH),
          column = b.add(left, kw * w.dilationW);
    auto add = [&] {
      return Values{
          taps.add(sum, {image, y, column}, kh * w.kernelW + kw, channels)};
    };
    if (!tests)
      return add()[0];
    Value present = b.create<arith::AndIOp>(isInside(b, y, w.height),
                                            isInside(b, column, w.width));
    return b.ifThen(present, add, [&] { return Values{sum}; })[0];
  }

  KernelBuilder &b;
  const Window &w;
  Taps &taps;
  Value out, bias;
  bool relu;
  Value image, outRow, top, outColumn, left;
};
} // namespace

static LogicalResult emitCodes(KernelBuilder &b, kern::DepthwiseConvOp op,
                               const Window &window, bool relu) {
  bool isA8 = op.getKernel() == "depthwise_conv.a8";
  auto scale = op->getAttrOfType<FloatAttr>("input_scale");
  auto zeroPoint = op->getAttrOfType<IntegerAttr>("input_zero_point");
  if (isA8 && (!scale || !zeroPoint))
    return op.emitOpError(
        "needs the attributes 'input_scale' and 'input_zero_point'");
  Product p;
  p.n = window.channels;
  p.k = window.kernelH * window.kernelW;
  p.panels = (p.n + kLanes - 1) / kLanes;
  if (failed(readCodes(op, p)))
    return failure();
  if (p.groups != 1)
    return op.emitOpError("has groups of ")
           << p.groupSize << " taps; expected one scale a channel";
  unsigned next = 1;
  p.weight = op.getInputs()[next++];
  p.scales = op.getInputs()[next++];
  if (op->hasAttr("has_zero_points"))
    p.zeroPoints = op.getInputs()[next++];
  if (failed(refuseRealZeros(op, p)))
    return failure();
  if (!isA8) {
    NumberTaps taps(b, op.getInputs()[0], p);
    DepthwiseConv(b, op, window, taps, relu).emit();
    return success();
  }
  CodeTaps taps(b, op.getInputs()[0], p, scale.getValueAsDouble(),
                zeroPoint.getInt());
  DepthwiseConv(b, op, window, taps, relu).emit();
  return success();
}

LogicalResult quantc::emitDepthwiseConv(KernelBuilder &b,
                                        kern::DepthwiseConvOp op) {
  StringRef kernel = op.getKernel();
  bool hasCodes =
      kernel == "depthwise_conv.a8" || kernel == "depthwise_conv.a16";
  if (!hasCodes && kernel != "depthwise_conv.f32")
    return unknownKernel(op, kernel);
  FailureOr<Window> window =
      Window::read(b, op, op.getInputs()[0], op.getInits()[0]);
  FailureOr<bool> relu = readActivation(op);
  if (failed(window) || failed(relu))
    return failure();
  if (hasCodes)
    return emitCodes(b, op, *window, *relu);
  FloatTaps taps(b, op.getInputs()[0], op.getInputs()[1], window->kernelW);
  DepthwiseConv(b, op, *window, taps, *relu).emit();
  return success();
}
