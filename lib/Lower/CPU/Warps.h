//===- Warps.h - threads of a GPU that work together ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What kernels for GPUs are made of beside what all kernels are: blocks of
// warps, shared memory, exchanges between lanes, products of a warp. Kernels
// whose threads know nothing of each other need none of it.

#ifndef QUANTC_LIB_LOWER_CPU_WARPS_H
#define QUANTC_LIB_LOWER_CPU_WARPS_H

#include "KernelBuilder.h"
#include "quantc/Target/Cuda.h"

namespace quantc {

/// Where a thread is, and what its block shares.
struct BlockThread {
  mlir::Value block; ///< number of the block
  mlir::Value warp;  ///< of the block
  mlir::Value lane;  ///< of the warp
  KernelBuilder::Values shared;

  /// The number of the thread in its block.
  mlir::Value thread(KernelBuilder &b) const {
    return b.add(b.mul(warp, kWarpLanes), lane);
  }
};

/// Memory that the threads of a block share.
struct SharedBuffer {
  llvm::SmallVector<int64_t> shape;
  mlir::Type element;
};

/// Runs `blocks` blocks of `warps` warps. Nothing is known of the order of
/// threads but what `barrier` and the operations of a warp say. Every thread of
/// a block must come to each barrier, every lane of a warp to each of its
/// operations: loops and branches around them depend on numbers of block and
/// warp only.
void launchBlocks(KernelBuilder &b, mlir::Value blocks, int64_t warps,
                  llvm::ArrayRef<SharedBuffer> shared,
                  llvm::function_ref<void(const BlockThread &)> body);

/// Runs `count` warps, `together` of them in a block. Others of the last block
/// leave `body` out, so that there are no barriers in it.
void launchWarps(
    KernelBuilder &b, mlir::Value count, int64_t together,
    llvm::function_ref<void(mlir::Value number, mlir::Value lane)> body);

/// All threads of the block wait for each other.
void barrier(KernelBuilder &b);

/// Walks `groups` groups in rounds of `most`, as many as the block's memory
/// holds: `make` leaves there what `count` groups from `first` on give, `add`
/// returns a thread's i-th total with that. Between them the threads wait.
KernelBuilder::Values addInRounds(
    KernelBuilder &b, int64_t groups, int64_t most,
    KernelBuilder::Values totals,
    llvm::function_ref<void(mlir::Value first, mlir::Value count)> make,
    llvm::function_ref<mlir::Value(int64_t i, mlir::Value first,
                                   mlir::Value count, mlir::Value total)>
        add);

/// The value of lane `lane ^ distance`, 32 bits.
mlir::Value fromLaneAcross(KernelBuilder &b, mlir::Value value,
                           int64_t distance);

/// sum + products of the 4 unsigned bytes of word `x` with the signed ones of
/// word `y`; i32.
mlir::Value addByteProducts(KernelBuilder &b, mlir::Value x, mlir::Value y,
                            mlir::Value sum);

/// c + a * b of a whole warp: unsigned bytes [16, 32] times signed bytes
/// [32, 8]. Lane 4g + t gives, as words of four bytes or i32 (PTX ISA,
/// mma.m16n8k32):
///   a: rows g, g + 8, g, g + 8; columns from 4t, 4t, 4t + 16, 4t + 16
///   b: rows from 4t, 4t + 16 of column g
///   c, result: (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1)
KernelBuilder::Values multiplyBytes(KernelBuilder &b, mlir::ValueRange a,
                                    mlir::ValueRange x, mlir::ValueRange c);

/// c + the bits that a and b have in common, of a whole warp: [16, 256] and
/// [256, 8] bits. Lane 4g + t gives i32 words of 32 bits (PTX ISA,
/// mma.m16n8k256 with .and.popc):
///   a: rows g, g + 8, g, g + 8; columns from 32t, 32t, 32t + 128, 32t + 128
///   b: rows from 32t, 32t + 128 of column g
///   c, result: as multiplyBytes
KernelBuilder::Values countCommonBits(KernelBuilder &b, mlir::ValueRange a,
                                      mlir::ValueRange x, mlir::ValueRange c);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_WARPS_H
