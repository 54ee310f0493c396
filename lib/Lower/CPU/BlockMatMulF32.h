//===- BlockMatMulF32.h - fp32 activations on a GPU -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// matmul.f32 and matmul.a16 where threads work together. Sums run in the order
// of all targets, k ascending inside a group and groups ascending, so that
// threads share channels, rows and groups but never the columns of a group.

#ifndef QUANTC_LIB_LOWER_CPU_BLOCKMATMULF32_H
#define QUANTC_LIB_LOWER_CPU_BLOCKMATMULF32_H

#include "DecodePanel.h"
#include "Warps.h"

namespace quantc {

/// Weights of a part of a panel as fp32 numbers. A line of fp32 weights is a
/// column.
class FloatWeights {
public:
  using Value = mlir::Value;

  FloatWeights(KernelBuilder &b, const Product &p, PanelPart part);

  /// Columns of a line.
  static int64_t columnsOf(const Product &p) {
    return p.scales ? p.lineColumns() : 1;
  }

  LineWords load(Value panel, Value line) const;
  /// One column of a line; `negativeZero` is what there is of that name.
  Value number(const LineWords &words, int64_t column,
               Value negativeZero) const;
  /// Minus the zero points of a group; null where numbers need none.
  Value negativeZero(Value panel, Value group) const;
  /// fma(partial, the group's scale, total); `partial` where there are no
  /// scales.
  Value addScaled(Value partial, Value panel, Value group, Value total) const;
  Value scale(Value panel, Value group) const {
    return decoder->scale(panel, group);
  }

private:
  KernelBuilder &b;
  const Product &p;
  PanelPart part;
  std::optional<PanelDecoder> decoder; ///< none of fp32 weights
};

/// True if `count` activations of a row, from a multiple of `unit` columns of a
/// group on, lie on 16 bytes.
bool hasAlignedColumns(const Product &p, int64_t unit, int64_t count);

/// Few rows: blocks that share the groups of a few panels of `height` rows.
void emitSplitMatMulF32(KernelBuilder &b, const Product &p, int64_t height);

/// Many rows: blocks with a tile of the result, whose operands go through
/// shared memory, where weights are decoded once.
void emitTileMatMulF32(KernelBuilder &b, const Product &p);

/// Emits matmul.f32 or matmul.a16 for a GPU.
void emitBlockMatMulF32(KernelBuilder &b, const Product &p);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_BLOCKMATMULF32_H
