//===- Passes.h - the phase Quantize -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From schemes to packed constants. Passes are described in Passes.td.

#ifndef QUANTC_QUANTIZE_PASSES_H
#define QUANTC_QUANTIZE_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace quantc {
// Also declares registerQuantizePasses(), which registers every pass by its
// flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Quantize/Passes.h.inc"

/// Appends the phase. Quantized constants are written to `workFile`, which must
/// stay until the artifact is written; with `sizesOnly` they are only named.
void buildQuantizePhase(mlir::OpPassManager &pm, llvm::StringRef workFile,
                        bool sizesOnly = false);

/// Fails, with a diagnostic, unless every scheme has been applied and the data
/// of every packed value has the size of its format.
mlir::LogicalResult checkQuantized(mlir::ModuleOp module);
} // namespace quantc

#endif // QUANTC_QUANTIZE_PASSES_H
