//===- Passes.h - the phase Fuse -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From operations to groups that become one kernel. Passes are described in
// Passes.td.

#ifndef QUANTC_FUSE_PASSES_H
#define QUANTC_FUSE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace quantc {
// Also declares registerFusePasses(), which registers every pass by its flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Fuse/Passes.h.inc"

/// Appends the phase.
void buildFusePhase(mlir::OpPassManager &pm);

/// Fails, with a diagnostic, unless every packed value is used by products
/// only.
mlir::LogicalResult checkFused(mlir::ModuleOp module);
} // namespace quantc

#endif // QUANTC_FUSE_PASSES_H
