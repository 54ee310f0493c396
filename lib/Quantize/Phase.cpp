//===- Phase.cpp - the phase Quantize as a list of passes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of the passes and the contract that holds afterwards.

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Quantize/Passes.h"

using namespace mlir;

void quantc::buildQuantizePhase(OpPassManager &pm, StringRef workFile,
                                bool sizesOnly) {
  pm.addPass(createQuantizeWeights({workFile.str(), sizesOnly}));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

LogicalResult quantc::checkQuantized(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    if (auto assign = dyn_cast<qnt::AssignOp>(op))
      op->emitError("has the scheme ")
          << assign.getScheme() << ", which was not applied";
    else if (isa<qnt::TransformOp>(op))
      op->emitError("is a transform that was not applied");
    else
      return WalkResult::advance();
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}
