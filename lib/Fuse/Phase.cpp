//===- Phase.cpp - the phase Fuse as a list of passes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of the passes and the contract that holds afterwards.

#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Fuse/Passes.h"

using namespace mlir;

void quantc::buildFusePhase(OpPassManager &pm) {
  // Products first: what they take is gone from the elementwise groups.
  // While products and what follows them are apart.
  pm.addPass(createFuseThresholds());
  pm.addNestedPass<func::FuncOp>(createFuseProducts());
  pm.addNestedPass<func::FuncOp>(createFuseQuantizers());
  // Asking a value for its size is a use, too; sizes are those of the inputs.
  pm.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createFuseElementwise());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

LogicalResult quantc::checkFused(ModuleOp module) {
  WalkResult result = module.walk([](nn::ParamOp param) {
    if (!isa<qnt::PackedType>(param.getResult().getType()))
      return WalkResult::advance();
    for (Operation *user : param->getUsers())
      if (!isa<qnt::MatMulOp, qnt::ConvOp, qnt::EmbeddingOp,
               qnt::BinaryMatMulOp, qnt::BinaryConvOp>(user)) {
        user->emitError("takes the packed weight ")
            << param.getNameAttr() << " but is no product or embedding";
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}
