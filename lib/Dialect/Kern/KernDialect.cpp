//===- KernDialect.cpp - registration of the kern dialect -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Registers operations, and answers for all of them which memory they touch and
// how large their results are: both follow from the destinations.

#include "mlir/IR/Builders.h"
#include "quantc/Dialect/Kern/Kern.h"

using namespace mlir;
using namespace quantc::kern;

#include "quantc/Dialect/Kern/KernDialect.cpp.inc"

using Effects =
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

/// A kernel reads its inputs and reads and writes its destinations.
static void getKernelEffects(DestinationStyleOpInterface op, Effects &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<BaseMemRefType>(operand.get().getType()))
      continue;
    effects.emplace_back(MemoryEffects::Read::get(), &operand);
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
  }
}

/// Each result is as large as its destination.
static LogicalResult reifyKernel(OpBuilder &b, DestinationStyleOpInterface op,
                                 ReifiedRankedShapedTypeDims &shapes) {
  for (OpOperand &init : op.getDpsInitsMutable())
    if (isa<RankedTensorType>(init.get().getType()))
      shapes.push_back(tensor::getMixedSizes(b, op.getLoc(), init.get()));
  return success();
}

#define QUANTC_KERNEL(Op)                                                      \
  void Op::getEffects(Effects &effects) { getKernelEffects(*this, effects); }  \
  LogicalResult Op::reifyResultShapes(OpBuilder &b,                            \
                                      ReifiedRankedShapedTypeDims &shapes) {   \
    return reifyKernel(b, *this, shapes);                                      \
  }
#include "quantc/Dialect/Kern/Kernels.def"

#define GET_OP_CLASSES
#include "quantc/Dialect/Kern/KernOps.cpp.inc"

void KernDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/Kern/KernOps.cpp.inc"
      >();
}
