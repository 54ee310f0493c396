//===- Phase.cpp - the phase Lower as a list of passes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of the passes and the contract that holds afterwards.

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Lower/CPU/Passes.h"
#include "quantc/Lower/CUDA/Passes.h"
#include "quantc/Lower/Passes.h"

using namespace mlir;
using namespace quantc;

/// Functions keep row-major buffers, and every buffer is on a cache line.
static bufferization::OneShotBufferizePassOptions bufferOptions() {
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  options.bufferAlignment = 64;
  return options;
}

void quantc::buildLowerBuffers(OpPassManager &pm) {
  pm.addPass(createLowerResults());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Results are computed where the caller wants them.
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  pm.addPass(bufferization::createEmptyTensorToAllocTensorPass());
  pm.addPass(bufferization::createOneShotBufferizePass(bufferOptions()));
  pm.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Copies of a buffer onto itself show up once its views are merged.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createLowerTransposes());
  pm.addPass(createLowerMemoryPlan());
  pm.addPass(createLowerOutline());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Sizes that turned out to be equal.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

/// True for the kernels themselves, without a host.
static bool isDevice(StringRef level) {
  return level == "cuda-device" || level == "cuda-device-mma";
}

void quantc::buildKernelLoops(OpPassManager &pm, StringRef level) {
  if (!runsGPUKernels(level)) {
    pm.addPass(createLowerCPUKernels({level.str()}));
    return;
  }
  buildGPUKernels(pm);
  if (level == "cuda")
    pm.addPass(createLowerGPULaunches());
  else if (isDevice(level))
    pm.addPass(createLowerGPUDevice({level == "cuda-device-mma"}));
  else
    pm.addPass(
        createSimulateGPUGrid({level == "sim" ? "forward" : "backward"}));
}

bool quantc::runsGPUKernels(StringRef level) {
  return level == "sim" || level == "sim-backward" || level == "cuda" ||
         isDevice(level);
}

void quantc::buildLowerCode(OpPassManager &pm, StringRef level) {
  bool isHost = !isDevice(level);
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createConvertVectorToSCFPass());
  if (isHost) {
    pm.addPass(createConvertSCFToOpenMPPass());
    pm.addPass(createLowerSingleItems());
  }
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(arith::createArithExpandOpsPass());
  pm.addPass(createConvertVectorToLLVMPass());
  // Before control flow: the scope of scratch memory must be one block.
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertFuncToLLVMPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertIndexToLLVMPass());
  if (isHost)
    pm.addPass(createConvertOpenMPToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  if (isHost)
    pm.addPass(createLowerEntryPoints({level.str()}));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createSymbolDCEPass());
}

LogicalResult quantc::checkLowered(ModuleOp module) {
  WalkResult result = module.walk([&](Operation *op) {
    StringRef dialect = op->getName().getDialectNamespace();
    if (op == module || dialect == "llvm" || dialect == "omp" ||
        dialect == "nvvm")
      return WalkResult::advance();
    op->emitError("was not lowered to the LLVM dialect");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}
