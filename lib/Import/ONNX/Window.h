//===- Window.h - windows of convolutions and pools -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Strides, dilations and padding of Conv, MaxPool and AveragePool, always for
// two spatial dimensions: a signal of one dimension is an image of height 1.

#ifndef QUANTC_LIB_IMPORT_ONNX_WINDOW_H
#define QUANTC_LIB_IMPORT_ONNX_WINDOW_H

#include "Shaping.h"

namespace quantc::importer {

struct Window {
  llvm::SmallVector<int64_t> kernel, strides, dilations; ///< height, width
  llvm::SmallVector<int64_t> pads; ///< top, left, bottom, right
  bool isSignal = false;           ///< one spatial dimension
};

/// Reads the window attributes for an input of these sizes, [N, C, spatial...].
/// `kernel` is the size of the filter, empty for pools, whose kernel_shape is
/// required. nullopt with a problem.
std::optional<Window> readWindow(NodeView &n, llvm::ArrayRef<Size> input,
                                 llvm::ArrayRef<int64_t> kernel);

/// A signal [A, B, L] as an image [A, B, 1, L].
mlir::Value toImage(NodeView &n, mlir::Value signal);
/// The opposite of toImage.
mlir::Value toSignal(NodeView &n, mlir::Value image);

/// The window as attributes of an nn operation, kernel excluded, layout nchw.
llvm::SmallVector<mlir::NamedAttribute> attributesOf(NodeView &n,
                                                     const Window &window);

/// Sizes after the window; `channels` is the second size.
Sizes sizesAfter(NodeView &n, llvm::ArrayRef<Size> input, Size channels,
                 const Window &window);

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_WINDOW_H
