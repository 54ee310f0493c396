//===- Window.h - where a convolution reads ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The geometry of a convolution on NHWC images, and the gathering of the pixels
// that an output reads into one row of scratch.

#ifndef QUANTC_LIB_LOWER_CPU_WINDOW_H
#define QUANTC_LIB_LOWER_CPU_WINDOW_H

#include "Product.h"

namespace quantc {

/// Image and filter sizes. Output pixel m = (image * outHeight + oh) * outWidth
/// + ow reads, for (kh, kw), the input pixel (oh * strideH - padTop + kh *
/// dilationH, ow * strideW - padLeft + kw * dilationW).
struct Window {
  using Value = mlir::Value;
  Value height, width, outHeight, outWidth, images;
  int64_t channels = 0;
  /// What an output reads of a pixel: `depth` channels from `firstChannel` on
  /// (null: from the first).
  int64_t depth = 0;
  Value firstChannel;
  int64_t kernelH = 1, kernelW = 1, strideH = 1, strideW = 1, padTop = 0,
          padLeft = 0;
  int64_t dilationH = 1, dilationW = 1;
  bool isPadded = false;

  int64_t columns() const { return kernelH * kernelW * depth; }
  /// Output pixel m reads input pixel m, all of it, and no other.
  bool isPointwise() const {
    return kernelH * kernelW == 1 && strideH == 1 && strideW == 1 &&
           !isPadded && depth == channels;
  }

  /// Reads the attributes of a convolution of x [N, H, W, C] into out.
  static llvm::FailureOr<Window> read(KernelBuilder &b, mlir::Operation *op,
                                      Value x, Value out);

  /// First input row or column of an output row or column; may be negative.
  Value top(KernelBuilder &b, Value outRow) const;
  Value left(KernelBuilder &b, Value outColumn) const;
};

/// True if 0 <= index < size.
mlir::Value isInside(KernelBuilder &b, mlir::Value index, mlir::Value size);

/// Copies what the output pixels [begin, end) read from `x` [N * H, W * C] into
/// rows of `to`, beginning with row 0. Pixels outside of the image are `fill`.
void gatherRows(KernelBuilder &b, const Window &window, mlir::Value x,
                mlir::Value begin, mlir::Value end, mlir::Value fill,
                mlir::Value to);

/// Writes `fill` into `count` (static) elements of a row of `to`.
void fillRow(KernelBuilder &b, mlir::Value fill, mlir::Value to,
             mlir::Value row, mlir::Value column, int64_t count);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_WINDOW_H
