//===- Cuda.h - what all NVIDIA GPUs have in common -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sizes of the CUDA programming model. What GPUs differ in is in Cuda.def.

#ifndef QUANTC_TARGET_CUDA_H
#define QUANTC_TARGET_CUDA_H

#include <cstdint>

namespace quantc {

/// Threads of a warp, which run in lock step: its lanes.
inline constexpr int64_t kWarpLanes = 32;

/// Threads of a block, at most.
inline constexpr int64_t kMaxBlockThreads = 1024;

/// Bytes of shared memory that every block may have.
inline constexpr int64_t kSharedBytes = 48 * 1024;

} // namespace quantc

#endif // QUANTC_TARGET_CUDA_H
