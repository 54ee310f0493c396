//===- Shaping.h - moving elements without changing them --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reshapes, transposes, slices and broadcasts that several operators share.
// Each function records the sizes of its result; a null result means that the
// node has a problem now.

#ifndef QUANTC_LIB_IMPORT_ONNX_SHAPING_H
#define QUANTC_LIB_IMPORT_ONNX_SHAPING_H

#include "NodeView.h"

namespace quantc::importer {

/// Rank of a tensor value.
int64_t rankOf(mlir::Value tensor);
/// Element type of a tensor value.
mlir::Type elementOf(mlir::Value tensor);
/// The tensor type with these sizes.
mlir::RankedTensorType typeWith(llvm::ArrayRef<Size> sizes, mlir::Type element);
/// "[2, ?, 3]" for messages.
std::string textOf(llvm::ArrayRef<Size> sizes);

/// The same elements in row-major order under other sizes. Groups of dimensions
/// with equal products stay apart; the rest is one flat group.
mlir::Value reshape(NodeView &n, mlir::Value input,
                    llvm::ArrayRef<Size> target);

/// result[i] has the size of dimension permutation[i].
mlir::Value transpose(NodeView &n, mlir::Value input,
                      llvm::ArrayRef<int64_t> permutation);

/// sizes[d] elements from offsets[d] on, every strides[d]-th.
mlir::Value slice(NodeView &n, mlir::Value input, llvm::ArrayRef<Size> offsets,
                  llvm::ArrayRef<Size> sizes, llvm::ArrayRef<int64_t> strides);

/// A generic without arithmetic: result element (d0, ...) is input element
/// map(d0, ...).
mlir::Value select(NodeView &n, mlir::Value input, llvm::ArrayRef<Size> sizes,
                   mlir::AffineMap map);

/// NumPy broadcasting to sizes that are known to fit.
mlir::Value broadcast(NodeView &n, mlir::Value input,
                      llvm::ArrayRef<Size> sizes);

/// The indexing map by which an operand of these sizes broadcasts.
mlir::AffineMap broadcastMap(llvm::ArrayRef<Size> operand,
                             llvm::ArrayRef<Size> result,
                             mlir::MLIRContext *context);

/// The tensors after each other along `axis`.
mlir::Value concat(NodeView &n, llvm::ArrayRef<mlir::Value> inputs,
                   int64_t axis);

/// A tensor of these sizes without contents.
mlir::Value empty(NodeView &n, llvm::ArrayRef<Size> sizes, mlir::Type element);

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_SHAPING_H
