//===- Registration.cpp - what every tool of quantc knows -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Names dialects and passes; what they do is elsewhere.

#include "quantc/Pipeline/Registration.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Fuse/Passes.h"
#include "quantc/Lower/CPU/Passes.h"
#include "quantc/Lower/CUDA/Passes.h"
#include "quantc/Lower/Passes.h"
#include "quantc/Normalize/Passes.h"
#include "quantc/Pipeline/Pipeline.h"
#include "quantc/Quantize/Passes.h"
#include "quantc/Select/Passes.h"
#include "quantc/Transform/Passes.h"

void quantc::registerDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllToLLVMIRTranslations(registry);
  registry.insert<nn::NNDialect, qnt::QntDialect, kern::KernDialect>();
  kern::registerBufferizableOpInterfaces(registry);
}

void quantc::registerPasses() {
  registerNormalizePasses();
  registerTransformPasses();
  registerAssignPasses();
  registerQuantizePasses();
  registerFusePasses();
  registerSelectPasses();
  registerLowerPasses();
  registerLowerCPUPasses();
  registerLowerCUDAPasses();
  registerPhasePipelines();
}
