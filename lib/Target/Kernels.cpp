//===- Kernels.cpp - the table of kernels -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Target.h.

#include "quantc/Target/Target.h"
#include "llvm/ADT/STLExtras.h"

using namespace quantc;

static constexpr KernelEntry kernels[] = {
#define QUANTC_TARGET_KERNEL(name, weights, activations)                       \
  {name, weights, activations},
#include "quantc/Target/X86.def"
};

llvm::ArrayRef<KernelEntry> quantc::allKernels() { return kernels; }

const KernelEntry *quantc::findKernel(llvm::StringRef name) {
  const auto *found = llvm::find_if(
      kernels, [&](const KernelEntry &entry) { return entry.name == name; });
  return found == std::end(kernels) ? nullptr : found;
}
