//===- Passes.h - the phase Normalize -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From any imported model to one form per operation. Passes are described in
// Passes.td.

#ifndef QUANTC_NORMALIZE_PASSES_H
#define QUANTC_NORMALIZE_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace quantc {
// Also declares registerNormalizePasses(), which registers every pass by its
// flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Normalize/Passes.h.inc"

/// Appends the phase: every spelling of an operation becomes its one form.
void buildNormalizePhase(mlir::OpPassManager &pm);

/// Fails, with a diagnostic, unless every value is ranked, images are in NHWC
/// order, reshapes say how dimensions correspond, no batch norm is left and
/// every constant of the module is used.
mlir::LogicalResult checkNormalized(mlir::ModuleOp module);
} // namespace quantc

#endif // QUANTC_NORMALIZE_PASSES_H
