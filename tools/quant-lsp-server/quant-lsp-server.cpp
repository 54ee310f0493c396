//===- quant-lsp-server.cpp - language server for the dialects of quantc -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Serves editors that open .mlir files with nn, qnt and kern operations.

#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "quantc/Pipeline/Registration.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  quantc::registerDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
