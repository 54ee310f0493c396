//===- quant-opt.cpp - runs passes of quantc on IR -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// mlir-opt with the dialects, passes and phases of quantc, beside the upstream
// ones. For people who work on the compiler; users have `quantc`.

#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "quantc/Pipeline/Registration.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  quantc::registerDialects(registry);
  mlir::registerAllPasses();
  quantc::registerPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "quantc's pass driver\n", registry));
}
