//===- NNDialect.cpp - registration of the nn dialect -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Registers operations and attributes. Type inference, result sizes and
// verifiers have files of their own.

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "quantc/Dialect/NN/NN.h"
#include "llvm/ADT/TypeSwitch.h"

#include "quantc/Dialect/NN/NNDialect.cpp.inc"
#include "quantc/Dialect/NN/NNEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "quantc/Dialect/NN/NNAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "quantc/Dialect/NN/NNOps.cpp.inc"

void quantc::nn::NNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "quantc/Dialect/NN/NNAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/NN/NNOps.cpp.inc"
      >();
}
