//===- Passes.h - the phase Lower -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From kernels on tensors to the LLVM dialect. Passes are described in
// Passes.td; kernels are generated in Lower/CPU.

#ifndef QUANTC_LOWER_PASSES_H
#define QUANTC_LOWER_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace quantc {
// Also declares registerLowerPasses(), which registers every pass by its flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Lower/Passes.h.inc"

/// Attribute of `@f_shapes`: what the operations of `@f` need of the sizes of
/// its inputs, in the order of the numbers that `@f_shapes` returns.
inline constexpr llvm::StringLiteral kSizeChecks = "kern.size_checks";

/// Appends the part of the phase that is the same for every level: buffers, the
/// memory plan, one function a kernel.
void buildLowerBuffers(mlir::OpPassManager &pm);

/// Appends the part that depends on the level: the loops of the kernels. Levels
/// are the instruction sets "generic", "v3", "v4"; "sim" and "sim-backward" for
/// GPU kernels that the CPU runs, the latter with the last thread first; "cuda"
/// for a host that launches GPU kernels and "cuda-device" for these kernels,
/// "cuda-device-mma" where tensor cores multiply bytes.
void buildKernelLoops(mlir::OpPassManager &pm, llvm::StringRef level);

/// True for levels whose kernels are those of a GPU, which not all are.
bool runsGPUKernels(llvm::StringRef level);

/// Appends what follows on the loops: the LLVM dialect, entry points.
void buildLowerCode(mlir::OpPassManager &pm, llvm::StringRef level);

/// Fails, with a diagnostic, unless only the LLVM dialect is left.
mlir::LogicalResult checkLowered(mlir::ModuleOp module);
} // namespace quantc

#endif // QUANTC_LOWER_PASSES_H
