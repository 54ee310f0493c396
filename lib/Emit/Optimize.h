//===- Optimize.h - LLVM's standard optimizations ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Shared by the code of the CPU and that of GPUs.

#ifndef QUANTC_LIB_EMIT_OPTIMIZE_H
#define QUANTC_LIB_EMIT_OPTIMIZE_H

namespace llvm {
class Module;
class TargetMachine;
} // namespace llvm

namespace quantc {

/// Runs the standard optimizations of level 2 for `machine`.
void optimizeModule(llvm::Module &module, llvm::TargetMachine &machine);

} // namespace quantc

#endif // QUANTC_LIB_EMIT_OPTIMIZE_H
