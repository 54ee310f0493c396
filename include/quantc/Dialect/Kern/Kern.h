//===- Kern.h - the kern dialect --------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Everything a user of the kern dialect includes. Operations are described in
// KernOps.td.

#ifndef QUANTC_DIALECT_KERN_KERN_H
#define QUANTC_DIALECT_KERN_KERN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace quantc::kern {
/// Makes one-shot bufferization work on kern operations.
void registerBufferizableOpInterfaces(mlir::DialectRegistry &registry);
} // namespace quantc::kern

#include "quantc/Dialect/Kern/KernDialect.h.inc"
#define GET_OP_CLASSES
#include "quantc/Dialect/Kern/KernOps.h.inc"

#endif // QUANTC_DIALECT_KERN_KERN_H
