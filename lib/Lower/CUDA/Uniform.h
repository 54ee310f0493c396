//===- Uniform.h - what is the same for many threads ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Says of a value in a GPU kernel who is known to have the same. It follows
// formulas back to the numbers of block, warp and lane; memory is not followed.

#ifndef QUANTC_LIB_LOWER_CUDA_UNIFORM_H
#define QUANTC_LIB_LOWER_CUDA_UNIFORM_H

#include "quantc/Lower/CUDA/Passes.h"

namespace quantc {

/// Who must arrive before anyone goes on.
enum class Waiting { Nobody, Warp, Block };

/// Who waits at `op`, or inside of it: the block at barriers, a warp where its
/// lanes exchange values.
Waiting waitingAt(mlir::Operation *op);

/// Values of a kernel, which must not change meanwhile.
class Uniformity {
public:
  /// Block or Warp: all threads of it have the same value; Nobody: that is not
  /// known.
  Waiting of(mlir::Value value);

private:
  Waiting find(mlir::Value value);
  llvm::DenseMap<mlir::Value, Waiting> found;
};

/// Succeeds if the threads of a block of `kernel` can run in lock step;
/// otherwise an error at what they cannot do.
llvm::LogicalResult checkBlock(mlir::gpu::GPUFuncOp kernel);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CUDA_UNIFORM_H
