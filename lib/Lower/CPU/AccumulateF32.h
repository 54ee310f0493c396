//===- AccumulateF32.h - products in fp32 -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The inner loop of fp32 products: one fma a step, k ascending, for a tile of
// rows and panels. Where the numbers come from is up to the caller.

#ifndef QUANTC_LIB_LOWER_CPU_ACCUMULATEF32_H
#define QUANTC_LIB_LOWER_CPU_ACCUMULATEF32_H

#include "Product.h"

namespace quantc {

/// Both operands of the inner loop. The weight of panel j at step k is the
/// vector `w[wPrefix..., k + wFirst, 0]` with `wPrefix` advanced by j; of row r
/// the number `x[xRow + r, xFirst + k]`.
struct FloatOperands {
  mlir::Value x, xRow, xFirst;
  mlir::Value w;      ///< [P, K, 16], or [K, 16] scratch
  mlir::Value wPanel; ///< null if w is scratch
  mlir::Value wFirst;
  bool prefetch = false; ///< weights come from memory, not from a cache
};

/// Adds `count` steps (static) to the tile's accumulators.
KernelBuilder::Values accumulateF32(KernelBuilder &b,
                                    const FloatOperands &operands, Tile tile,
                                    int64_t count,
                                    mlir::ValueRange accumulators);

/// Accumulators of a tile, all zero.
KernelBuilder::Values zeroTile(KernelBuilder &b, Tile tile);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_ACCUMULATEF32_H
