//===- BlockRows.h - rows that a GPU's block has ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What Rows.h does for one thread where all threads of a block work on a row:
// sums have the same order, and so the same bits.

#ifndef QUANTC_LIB_LOWER_CPU_BLOCKROWS_H
#define QUANTC_LIB_LOWER_CPU_BLOCKROWS_H

#include "Warps.h"

namespace quantc {

/// Warps of a block that has a row.
inline constexpr int64_t kRowBlockWarps = 8;

/// Numbers of a row that a block keeps in shared memory: 32 KiB.
inline constexpr int64_t kRowBlockNumbers = 8192;

using Combine = llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>;

/// Lane l of 16 folds elements l, l + 16, ... of [0, size) from `init` on,
/// acc = step(load(i), acc), and lanes are combined as reduceLanes does. Every
/// lane of every warp gets the result.
mlir::Value foldRow(KernelBuilder &b, const BlockThread &at, mlir::Value size,
                    mlir::Value init,
                    llvm::function_ref<mlir::Value(mlir::Value)> load,
                    Combine step, Combine combine);

/// Numbers of 16 lanes, fp32 or i32, combined as reduceLanes does.
mlir::Value combineLanes(KernelBuilder &b, mlir::Value number, Combine combine);

/// Calls `body` for the first of every `lanes` elements of [0, size), dealt out
/// to the threads of the block.
void dealRow(KernelBuilder &b, const BlockThread &at, mlir::Value size,
             int64_t lanes, llvm::function_ref<void(mlir::Value)> body);

/// Elements that threads read or write at once in rows of these buffers: 4 if
/// all rows start on 16 bytes and have whole vectors, else 1.
int64_t rowVector(llvm::ArrayRef<mlir::Value> memrefs);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_BLOCKROWS_H
