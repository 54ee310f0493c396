//===- Passes.h - the phase Select -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From what is computed to which code runs. Passes are described in Passes.td.

#ifndef QUANTC_SELECT_PASSES_H
#define QUANTC_SELECT_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace quantc {
// Also declares registerSelectPasses(), which registers every pass by its flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Select/Passes.h.inc"

/// Appends the phase: nn and qnt to kern on tensors.
void buildSelectPhase(mlir::OpPassManager &pm);

/// Fails, with a diagnostic, unless the functions of `module` are free of nn
/// and qnt operations.
mlir::LogicalResult checkSelected(mlir::ModuleOp module);
} // namespace quantc

#endif // QUANTC_SELECT_PASSES_H
