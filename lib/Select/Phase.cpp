//===- Phase.cpp - the phase Select as a list of passes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of the passes and the contract that holds afterwards.

#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Select/Passes.h"
#include "quantc/Target/Target.h"

using namespace mlir;

void quantc::buildSelectPhase(OpPassManager &pm) {
  // Before kernels are chosen, because an append names its cache only in nn.
  pm.addPass(createSelectDecodeEntry());
  pm.addPass(createSelectKernels());
  // Sizes of destinations are sizes of the inputs again.
  pm.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

LogicalResult quantc::checkSelected(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    auto kernel = op->getAttrOfType<StringAttr>("kernel");
    if (isa<DestinationStyleOpInterface>(op) && kernel &&
        !findKernel(kernel.getValue())) {
      op->emitError("names kernel ")
          << kernel << ", which the table of kernels does not have";
      return WalkResult::interrupt();
    }
    bool isComputation =
        !isa<nn::DataOp>(op) &&
        isa_and_present<nn::NNDialect, qnt::QntDialect>(op->getDialect());
    if (!isComputation)
      return WalkResult::advance();
    op->emitError("no kernel was selected for this operation");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}
