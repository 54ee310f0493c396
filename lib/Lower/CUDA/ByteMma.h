//===- ByteMma.h - products of a warp without tensor cores ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// For GPUs whose tensor cores do not multiply bytes or bits. The simulation of
// such a product on the CPU is in BlockSimulator.cpp.

#ifndef QUANTC_LIB_LOWER_CUDA_BYTEMMA_H
#define QUANTC_LIB_LOWER_CUDA_BYTEMMA_H

#include "quantc/Lower/CUDA/Passes.h"

namespace quantc {

/// Replaces mma.sync.m16n8k32 of unsigned and signed bytes, or m16n8k256 of
/// bits: lanes hand each other their words and multiply four bytes at a time,
/// or count common bits. Results of `op` may only be taken apart.
void multiplyWithoutTensorCores(mlir::NVVM::MmaOp op);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CUDA_BYTEMMA_H
