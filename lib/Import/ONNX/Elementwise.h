//===- Elementwise.h - operators that work element by element ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One linalg.generic for each elementwise operator, with NumPy broadcasting in
// its indexing maps.

#ifndef QUANTC_LIB_IMPORT_ONNX_ELEMENTWISE_H
#define QUANTC_LIB_IMPORT_ONNX_ELEMENTWISE_H

#include "Shaping.h"

namespace quantc::importer {

/// One operand: a tensor, or a constant of one element.
struct Lane {
  mlir::Value tensor;
  mlir::TypedAttr scalar;
  Sizes sizes;

  mlir::Type element() const {
    return scalar ? scalar.getType() : elementOf(tensor);
  }
};

/// Makes the payload from one value for each lane, in their order.
using Payload = llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &,
                                               mlir::ValueRange)>;

/// Input `i` of the node as a lane; nullopt with a problem.
std::optional<Lane> lane(NodeView &n, unsigned i);
/// A tensor value as a lane.
Lane lane(NodeView &n, mlir::Value tensor);
/// The number of an input that is a constant of one element.
std::optional<double> scalarNumber(NodeView &n, unsigned i);

/// The generic over all lanes, or null with a problem when they do not
/// broadcast.
mlir::Value elementwise(NodeView &n, llvm::ArrayRef<Lane> lanes,
                        mlir::Type element, Payload payload);

/// Like elementwise, of a tensor and vectors along its dimension 1.
mlir::Value channelwise(NodeView &n, llvm::ArrayRef<Lane> lanes,
                        Payload payload);

/// Applies `fold` element by element when the first `count` inputs are all
/// shape arithmetic, and defines output 0. False when they are not, when `fold`
/// gives nothing, or when a scalar meets more than one length of vector.
using ShapeFold = llvm::function_ref<std::optional<Size>(llvm::ArrayRef<Size>)>;
bool foldShapes(NodeView &n, unsigned count, ElementType type, ShapeFold fold);

/// A payload constant of float or integer type.
mlir::Value number(mlir::ImplicitLocOpBuilder &b, mlir::Type type,
                   double value);

/// Casts a payload value as ONNX Cast does: to integers rounding towards zero,
/// to bool "is not zero".
mlir::Value castScalar(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                       mlir::Type to, bool fromUnsigned, bool toUnsigned);

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_ELEMENTWISE_H
