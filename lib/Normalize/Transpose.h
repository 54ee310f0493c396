//===- Transpose.h - makes a transpose -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Only for making operations; patterns that move transposes are in
// SinkTransposes.cpp.

#ifndef QUANTC_LIB_NORMALIZE_TRANSPOSE_H
#define QUANTC_LIB_NORMALIZE_TRANSPOSE_H

#include "mlir/IR/Builders.h"

namespace quantc::normalize {

/// `value` with dimension `order[i]` at place i, as linalg.transpose.
mlir::Value transpose(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                      mlir::ArrayRef<int64_t> order);

} // namespace quantc::normalize

#endif // QUANTC_LIB_NORMALIZE_TRANSPOSE_H
