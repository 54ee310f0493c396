//===- MatMulA8.h - products with int8 activations --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pieces of integer products that matmul.a8 and conv.a8 share.

#ifndef QUANTC_LIB_LOWER_CPU_MATMULA8_H
#define QUANTC_LIB_LOWER_CPU_MATMULA8_H

#include "AccumulateInt.h"
#include "MatMul.h"
#include <functional>

namespace quantc {

Blocking intBlocking(const KernelBuilder &b, const Product &p);

/// Columns that rows of codes must have, the last ones zero: whole lines, or
/// what splitPairs handles at a time.
int64_t paddedColumns(const IntDot &dot, const Product &p);

/// Fills rows.even and rows.odd for `count` rows of `columns` codes.
void splitPairs(KernelBuilder &b, CodeRows &rows, mlir::Value count,
                int64_t maxRows, int64_t columns);

/// Sums of the codes of every group: [maxRows, G] i32 scratch.
mlir::Value sumGroups(KernelBuilder &b, IntDot &dot, const Product &p,
                      mlir::Value codes, mlir::Value count, int64_t maxRows);

/// One tile of an integer product, from the first line to the store.
struct IntTile {
  KernelBuilder &b;
  IntDot &dot;
  const Product &p;
  const CodeRows &rows;
  mlir::Value groupSums; ///< [rows, G] i32: sums of code_x - zx
  Tile tile;
  mlir::Value row, panel;
  float rowScale = 1; ///< of every row, where the product has no row scales
  /// zx * sum of the weight codes of a panel's channels in a group, i32; empty
  /// if zx is 0.
  std::function<mlir::Value(mlir::Value, mlir::Value)> columnSums = {};
  PanelDecoder decoder{b, p};

  void emit();

private:
  KernelBuilder::Values zeroTotals();
  /// fma(-zero point of the row, weight sum, total)
  KernelBuilder::Values correctForRowZeros(mlir::ValueRange totals);
  KernelBuilder::Values finishGroup(mlir::Value group, mlir::ValueRange sums,
                                    mlir::ValueRange totals);
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_MATMULA8_H
