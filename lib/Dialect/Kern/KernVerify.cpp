//===- KernVerify.cpp - verifiers of kern operations ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A kernel is named after its operation, has destinations, and its operands are
// all tensors or all buffers. The destination-style interface checks the rest.

#include "quantc/Dialect/Kern/Kern.h"

using namespace mlir;
using namespace quantc::kern;

static LogicalResult verifyKernel(DestinationStyleOpInterface op,
                                  StringRef kernel) {
  StringRef family = op->getName().stripDialect();
  if (kernel != family && !kernel.starts_with((family + ".").str()))
    return op->emitOpError("expects a kernel named ")
           << family << ", found '" << kernel << "'";
  if (op.getNumDpsInits() == 0)
    return op->emitOpError("expects a destination");
  if (!op.hasPureTensorSemantics() && !op.hasPureBufferSemantics())
    return op->emitOpError("mixes tensors and buffers");
  return success();
}

#define QUANTC_KERNEL(Op)                                                      \
  LogicalResult Op::verify() { return verifyKernel(*this, getKernel()); }
#include "quantc/Dialect/Kern/Kernels.def"
