//===- Target.h - what a machine can do -------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The table of kernels, from X86.def. How code is generated for an entry is in
// the phase Lower.

#ifndef QUANTC_TARGET_TARGET_H
#define QUANTC_TARGET_TARGET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace quantc {

/// A kernel that code can be generated for, at every level.
struct KernelEntry {
  llvm::StringRef name;        ///< family, or family.variant
  llvm::StringRef weights;     ///< what a constant operand holds; empty if none
  llvm::StringRef activations; ///< what the other operands hold
};

/// All entries; names are unique.
llvm::ArrayRef<KernelEntry> allKernels();

/// The entry of that name, or null.
const KernelEntry *findKernel(llvm::StringRef name);

} // namespace quantc

#endif // QUANTC_TARGET_TARGET_H
