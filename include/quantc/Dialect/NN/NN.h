//===- NN.h - the nn dialect ------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Everything a user of the nn dialect includes: dialect, enums, attributes and
// operations. The operations are described in NNOps.td.

#ifndef QUANTC_DIALECT_NN_NN_H
#define QUANTC_DIALECT_NN_NN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace quantc::nn {
/// True when both lists have the same element types and ranks, and no static
/// size contradicts another.
bool areCompatible(mlir::TypeRange inferred, mlir::TypeRange actual);

/// Size of the output of a window along one dimension, or ShapedType::kDynamic
/// if `size` is. Units: elements. Returns a negative number when the window
/// does not fit.
int64_t windowOutputSize(int64_t size, int64_t kernel, int64_t stride,
                         int64_t padBegin, int64_t padEnd, int64_t dilation,
                         bool ceilMode);

/// Position of height in a layout; width follows it.
inline int64_t heightDim(bool nhwc) { return nhwc ? 1 : 2; }
/// Position of the channels in a layout.
inline int64_t channelDim(bool nhwc) { return nhwc ? 3 : 1; }
} // namespace quantc::nn

#include "quantc/Dialect/NN/NNDialect.h.inc"
#include "quantc/Dialect/NN/NNEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/NN/NNAttrs.h.inc"
#define GET_OP_CLASSES
#include "quantc/Dialect/NN/NNOps.h.inc"

#endif // QUANTC_DIALECT_NN_NN_H
