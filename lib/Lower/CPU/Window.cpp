//===- Window.cpp - where a convolution reads -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Window.h.

#include "Window.h"

using namespace mlir;
using namespace quantc;

//===-- geometry
//-----------------------------------------------------------===//

FailureOr<Window> Window::read(KernelBuilder &b, Operation *op, Value x,
                               Value out) {
  auto list = [&](StringRef name, size_t size) -> ArrayRef<int64_t> {
    auto attr = op->getAttrOfType<DenseI64ArrayAttr>(name);
    return attr && attr.size() == static_cast<int64_t>(size)
               ? attr.asArrayRef()
               : ArrayRef<int64_t>();
  };
  ArrayRef<int64_t> kernel = list("kernel_size", 2),
                    strides = list("strides", 2), pads = list("pads", 4),
                    dilations = list("dilations", 2);
  if (kernel.empty() || strides.empty() || pads.empty() || dilations.empty())
    return op->emitOpError(
        "needs kernel_size, strides, dilations of two numbers, pads of four");
  auto type = cast<MemRefType>(x.getType());
  if (type.getRank() != 4 || type.isDynamicDim(3) ||
      !type.getLayout().isIdentity() ||
      !cast<MemRefType>(out.getType()).getLayout().isIdentity())
    return op->emitOpError(
        "needs images [N, H, W, C] without gaps, with static channels");
  Window w;
  w.images = b.dim(x, 0);
  w.height = b.dim(x, 1);
  w.width = b.dim(x, 2);
  w.channels = w.depth = type.getDimSize(3);
  w.outHeight = b.dim(out, 1);
  w.outWidth = b.dim(out, 2);
  w.kernelH = kernel[0], w.kernelW = kernel[1];
  w.strideH = strides[0], w.strideW = strides[1];
  w.padTop = pads[0], w.padLeft = pads[1];
  w.dilationH = dilations[0], w.dilationW = dilations[1];
  w.isPadded = llvm::any_of(pads, [](int64_t pad) { return pad != 0; });
  return w;
}

Value Window::top(KernelBuilder &b, Value outRow) const {
  return b.sub(b.mul(outRow, strideH), b.idx(padTop));
}

Value Window::left(KernelBuilder &b, Value outColumn) const {
  return b.sub(b.mul(outColumn, strideW), b.idx(padLeft));
}

Value quantc::isInside(KernelBuilder &b, Value index, Value size) {
  // A negative index is a large unsigned one.
  return b.cmp(arith::CmpIPredicate::ult, index, size);
}

//===-- copies of static length
//--------------------------------------------===//

/// Calls `body` for pieces that cover [0, count): vectors of 64, 16 or 4 lanes,
/// the last one overlapping the one before it; single elements if there are
/// fewer.
static void forPieces(KernelBuilder &b, int64_t count, bool isByte,
                      function_ref<void(Value, int64_t)> body) {
  int64_t lanes = isByte && count >= 64 ? 64
                  : count >= 16         ? 16
                  : count >= 4          ? 4
                                        : 1;
  b.forLoop(b.idx(0), b.idx(count / lanes * lanes), lanes,
            [&](Value i) { body(i, lanes); });
  if (count % lanes)
    body(b.idx(count - lanes), lanes);
}

static bool holdsBytes(Value memref) {
  return cast<MemRefType>(memref.getType()).getElementTypeBitWidth() == 8;
}

static void copyRow(KernelBuilder &b, Value from, Value fromRow,
                    Value fromColumn, Value to, Value row, Value column,
                    int64_t count) {
  forPieces(b, count, holdsBytes(to), [&](Value i, int64_t lanes) {
    Value piece = b.loadVec(from, {fromRow, b.add(fromColumn, i)}, lanes);
    b.storeVec(piece, to, {row, b.add(column, i)});
  });
}

void quantc::fillRow(KernelBuilder &b, Value fill, Value to, Value row,
                     Value column, int64_t count) {
  forPieces(b, count, holdsBytes(to), [&](Value i, int64_t lanes) {
    b.storeVec(b.splat(fill, lanes), to, {row, b.add(column, i)});
  });
}

//===-- gathering
//----------------------------------------------------------===//

namespace {
struct Gatherer {
  KernelBuilder &b;
  const Window &w;
  Value x, fill, to;

  /// One row of the filter: `line` is the row of x, `left` the first pixel.
  void copyTaps(Value line, Value left, Value row, int64_t column) {
    int64_t span = w.kernelW * w.depth;
    auto whole = [&] {
      copyRow(b, x, line, b.mul(left, w.channels), to, row, b.idx(column),
              span);
    };
    auto single = [&] {
      for (int64_t kw = 0; kw < w.kernelW; ++kw)
        copyTap(line, b.add(left, kw * w.dilationW), row,
                column + kw * w.depth);
    };
    if (w.dilationW != 1 || w.depth != w.channels)
      return single();
    if (!w.isPadded)
      return whole();
    Value last = b.add(left, w.kernelW - 1);
    Value fits = b.create<arith::AndIOp>(isInside(b, left, w.width),
                                         isInside(b, last, w.width));
    b.ifThen(fits, whole, single);
  }

  void copyTap(Value line, Value pixel, Value row, int64_t column) {
    b.ifThen(
        isInside(b, pixel, w.width),
        [&] {
          Value first = b.mul(pixel, w.channels);
          if (w.firstChannel)
            first = b.add(first, w.firstChannel);
          copyRow(b, x, line, first, to, row, b.idx(column), w.depth);
        },
        [&] { fillRow(b, fill, to, row, b.idx(column), w.depth); });
  }

  void copyPixel(Value pixel, Value row) {
    Value left = w.left(b, b.rem(pixel, w.outWidth));
    Value line = b.floorDiv(pixel, w.outWidth);
    Value top = w.top(b, b.rem(line, w.outHeight));
    Value image = b.mul(b.floorDiv(line, w.outHeight), w.height);
    int64_t span = w.kernelW * w.depth;
    for (int64_t kh = 0; kh < w.kernelH; ++kh) {
      Value y = b.add(top, kh * w.dilationH);
      b.ifThen(
          isInside(b, y, w.height),
          [&] { copyTaps(b.add(image, y), left, row, kh * span); },
          [&] { fillRow(b, fill, to, row, b.idx(kh * span), span); });
    }
  }
};
} // namespace

void quantc::gatherRows(KernelBuilder &b, const Window &window, Value x,
                        Value begin, Value end, Value fill, Value to) {
  Gatherer gatherer{b, window, x, fill, to};
  b.forLoop(begin, end, 1, [&](Value pixel) {
    gatherer.copyPixel(pixel, b.sub(pixel, begin));
  });
}
