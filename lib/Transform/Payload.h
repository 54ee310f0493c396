//===- Payload.h - elementwise operations on feature axes -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Whether the body of a linalg.generic commutes with a rotation of the last
// axis. Internal to the phase Transform.

#ifndef QUANTC_LIB_TRANSFORM_PAYLOAD_H
#define QUANTC_LIB_TRANSFORM_PAYLOAD_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace quantc {

/// How the elements of a value depend on the position along the last axis.
enum class FeatureForm {
  Shared, ///< not at all: one number for all features
  Linear, ///< a sum of features at the same position, times shared numbers
  Other
};

struct PayloadForm {
  FeatureForm form = FeatureForm::Other; ///< of the result
  std::string reason;                    ///< what the body does, when Other
  /// Operands that have the last axis of the result.
  llvm::SmallVector<mlir::OpOperand *> linear;
  /// Operands that depend on it in another way.
  llvm::SmallVector<mlir::OpOperand *> other;
};

/// How an operand that is read through `map` depends on loop number `feature`.
FeatureForm formOfOperand(mlir::AffineMap map, unsigned feature);

/// The form of the only result of `generic`.
PayloadForm classifyPayload(mlir::linalg::GenericOp generic);

} // namespace quantc

#endif // QUANTC_LIB_TRANSFORM_PAYLOAD_H
