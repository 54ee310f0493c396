//===- Emitters.h - the generators of CPU kernels ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Declares the functions named in Emitters.def, one for each kind of operation.

#ifndef QUANTC_LIB_LOWER_CPU_EMITTERS_H
#define QUANTC_LIB_LOWER_CPU_EMITTERS_H

#include "KernelBuilder.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "quantc/Dialect/Kern/Kern.h"

namespace quantc {

#define QUANTC_EMITTER(Op, function)                                           \
  llvm::LogicalResult function(KernelBuilder &b, Op op);
#include "Emitters.def"

/// The error of an operation that names an unknown kernel.
inline llvm::LogicalResult unknownKernel(mlir::Operation *op,
                                         llvm::StringRef kernel) {
  return op->emitOpError("names kernel '")
         << kernel << "', which the CPU has no code for";
}

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_EMITTERS_H
