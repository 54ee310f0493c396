//===- MathHalf.h - f16 and bf16 as bits ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Conversions between f32 and the 16-bit floats, written out in integer
// operations: portable x86-64 has no instruction for them and would call a
// library. Both are those of IEEE 754, ties to even.

#ifndef QUANTC_LIB_LOWER_CPU_MATHHALF_H
#define QUANTC_LIB_LOWER_CPU_MATHHALF_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace quantc {

/// Whether values of the type, or its elements, are f16 or bf16.
bool isHalf(mlir::Type type);

/// f16 or bf16, scalar or vector, to f32: exact.
mlir::Value emitFromHalf(mlir::ImplicitLocOpBuilder &b, mlir::Value x);

/// f32 to `element`, which is f16 or bf16.
mlir::Value emitToHalf(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                       mlir::Type element);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_MATHHALF_H
