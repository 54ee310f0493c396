//===- Rows.h - loops over rows and over lanes ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What kernels that work along the last dimension share: rows dealt out to
// threads, the elements of a row in vectors with a partial one at the end, and
// sums and maxima over lanes in a fixed order.

#ifndef QUANTC_LIB_LOWER_CPU_ROWS_H
#define QUANTC_LIB_LOWER_CPU_ROWS_H

#include "KernelBuilder.h"

namespace quantc {

/// Elements that are worth handing to another thread.
inline constexpr int64_t kGrain = 16384;

/// Some consecutive elements of a row: `lanes`, of which the first `count`
/// exist (all, if there is no count).
struct Lanes {
  mlir::Value begin;
  mlir::Value count;
  int64_t lanes = kLanes;
};

/// The index in each dimension of element `index` of a row-major array.
KernelBuilder::Values delinearize(KernelBuilder &b, mlir::Value index,
                                  mlir::ValueRange sizes);

/// The indices in all dimensions but the last of row `row`, with room for one
/// more.
KernelBuilder::Values rowIndices(KernelBuilder &b, mlir::Value memref,
                                 mlir::Value row);

/// Calls `body` for the rows 0 .. rows-1, shared among threads in chunks of at
/// least kGrain elements.
void forRows(KernelBuilder &b, mlir::Value rows, mlir::Value elements,
             llvm::function_ref<void(mlir::Value)> body);

/// Calls `body` for vectors that cover 0 .. size-1, in order, carrying values.
KernelBuilder::Values forLanes(
    KernelBuilder &b, mlir::Value size, mlir::ValueRange init,
    llvm::function_ref<KernelBuilder::Values(Lanes, mlir::ValueRange)> body);
void forLanes(KernelBuilder &b, mlir::Value size,
              llvm::function_ref<void(Lanes)> body);

/// Loads or stores lanes of the row with the given leading indices. Lanes that
/// do not exist read as zero.
mlir::Value loadLanes(KernelBuilder &b, mlir::Value memref,
                      mlir::ValueRange row, Lanes lanes);
void storeLanes(KernelBuilder &b, mlir::Value vector, mlir::Value memref,
                mlir::ValueRange row, Lanes lanes);

/// `vector` with `value` in the lanes that do not exist.
mlir::Value fillLanes(KernelBuilder &b, mlir::Value vector, Lanes lanes,
                      mlir::Value value);

/// Combines all lanes: lane i with lane i + n/2, and so on, until one is left.
mlir::Value
reduceLanes(KernelBuilder &b, mlir::Value vector,
            llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);
mlir::Value sumLanes(KernelBuilder &b, mlir::Value vector);
mlir::Value maxLanes(KernelBuilder &b, mlir::Value vector);

/// The larger one; `a` where `b` is NaN.
mlir::Value maxIgnoringNaN(KernelBuilder &b, mlir::Value a, mlir::Value c);

/// Whether consecutive elements of the last dimension are neighbours in memory.
bool hasContiguousRows(mlir::Value memref);

/// Succeeds if all operands are f32 memrefs with contiguous rows; otherwise an
/// error at `op`.
llvm::LogicalResult checkFloatRows(mlir::Operation *op);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_ROWS_H
