//===- Products.h - sums of products in their fixed order -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What matrix products and convolutions share. Internal to Interpret.

#ifndef QUANTC_LIB_INTERPRET_PRODUCTS_H
#define QUANTC_LIB_INTERPRET_PRODUCTS_H

#include "quantc/Interpret/Tensor.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace mlir {
class Operation;
} // namespace mlir

namespace quantc {

/// sums[n] = fma(x, weights[n], sums[n]) in fp32.
void addScaledRow(float x, const float *weights, float *sums, int64_t count);
/// The same in fp64, for models that were widened.
void addScaledRow(double x, const double *weights, double *sums, int64_t count);

/// The elements of a tensor of floats as fp32 or fp64.
template <typename T> std::vector<T> elementsOf(const Tensor &tensor) {
  if constexpr (std::is_same_v<T, double>)
    return tensor.numbers();
  else
    return tensor.floats();
}

/// The transpose of a row-major matrix [rows, columns].
std::vector<float> transposed(llvm::ArrayRef<float> matrix, int64_t rows,
                              int64_t columns);

/// Applies the attribute `activation` that Fuse put on a product, if any.
/// `results` are all its results.
void applyActivation(mlir::Operation *product,
                     llvm::MutableArrayRef<float> results);

/// y[m, n] = fma(projected[m, r], up[r, n], y[m, n]), r ascending: the low-rank
/// branch of qnt.matmul. False, with a diagnostic, when sizes do not fit.
bool addBranch(mlir::Operation *product, const Tensor &projected,
               const Tensor &up, llvm::MutableArrayRef<float> y);

/// The window of a convolution or pooling over an image [N, H, W, C].
struct Window {
  /// From sizes in the order of `nhwc` or not.
  Window(llvm::ArrayRef<int64_t> image, bool isNHWC);
  /// Takes kernel, strides, pads and dilations and finds the output size.
  void setKernel(llvm::ArrayRef<int64_t> kernel,
                 llvm::ArrayRef<int64_t> strides, llvm::ArrayRef<int64_t> pads,
                 llvm::ArrayRef<int64_t> dilations, bool ceilMode = false);

  int64_t images, height, width, channels;
  bool isNHWC;
  int64_t kernelH = 1, kernelW = 1, strideH = 1, strideW = 1, top = 0, left = 0,
          bottom = 0, right = 0, dilationH = 1, dilationW = 1, outHeight = 0,
          outWidth = 0;

  /// Row and column of the image that element (kh, kw) of the window at
  /// (row, column) of the output covers; may lie in the padding.
  int64_t imageRow(int64_t row, int64_t kh) const {
    return row * strideH + kh * dilationH - top;
  }
  int64_t imageColumn(int64_t column, int64_t kw) const {
    return column * strideW + kw * dilationW - left;
  }
  bool isInside(int64_t row, int64_t column) const {
    return row >= 0 && row < height && column >= 0 && column < width;
  }
  /// Number of an element of an image with `depth` channels and these sizes.
  int64_t element(int64_t image, int64_t row, int64_t column, int64_t channel,
                  int64_t rows, int64_t columns, int64_t depth) const {
    return isNHWC ? ((image * rows + row) * columns + column) * depth + channel
                  : ((image * depth + channel) * rows + row) * columns + column;
  }
  int64_t input(int64_t image, int64_t row, int64_t column,
                int64_t channel) const {
    return element(image, row, column, channel, height, width, channels);
  }
  /// Sizes of an output with `depth` channels.
  llvm::SmallVector<int64_t> outputShape(int64_t depth) const;
};

} // namespace quantc

#endif // QUANTC_LIB_INTERPRET_PRODUCTS_H
