//===- WarpMatMulA8.h - int8 activations on warps of a GPU ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// matmul.a8 where threads work together. One thread for a row and a panel is in
// MatMulA8.cpp.

#ifndef QUANTC_LIB_LOWER_CPU_WARPMATMULA8_H
#define QUANTC_LIB_LOWER_CPU_WARPMATMULA8_H

#include "AccumulateInt.h"
#include "Warps.h"

namespace quantc {

/// A lane's share of the operands. Lane 4g + t has channels 2g and 2g + 1 of a
/// panel, so that a warp reads whole lines of weights; and of every four units
/// of consecutive columns the one with number t.
class LaneOperands : public IntDot {
public:
  LaneOperands(KernelBuilder &b, const Product &p);

  /// Columns of a unit: whole lines, 8 or more.
  int64_t columns() const { return unitLines * p.lineColumns(); }
  int64_t words() const { return columns() / 4; }
  /// Steps of four units that cover a group of `size` columns.
  int64_t stepsOf(int64_t size) const {
    return (size + 4 * columns() - 1) / (4 * columns());
  }
  /// The line at which the unit of lane t starts in a step of a group.
  Value lineOf(Value group, Value step, Value t);
  /// Columns from the first one on that belong to the group.
  Value endOf(Value group);

  /// Codes of the weights in a unit: a word of 4 columns for each of two
  /// channels, one after the other.
  Values weightWords(Value panel, Value line, Value g);
  /// Codes of a row in a unit: a word for 4 columns, zero from `end` on.
  Values activationWords(Value row, Value line, Value end);

  /// Of one channel of a panel.
  Value zeroPoint(Value panel, Value group, Value channel);
  /// The sum of steps * code_x of a group or a part of it, i32, from those of
  /// code_w * code_x and of code_x, where zero points are codes.
  Value exact(Value sum, Value sumOfX, Value panel, Value group, Value channel);
  /// What the scale of a group is multiplied by, fp32, from the same.
  Value level(Value sum, Value sumOfX, Value panel, Value group, Value channel);
  Value scale(Value panel, Value group, Value channel);
  /// Sums of a group's steps times codes, exact as long as zero points are:
  /// from the sums of the weights' codes times codes and of the latter alone,
  /// or of some of the group's columns.
  Value exactSum(Value panel, Value group, Value channel, Value sum,
                 Value sumOfX);
  /// The fp32 sum that a group's scale multiplies; `sumOfX` is needed with real
  /// zero points only.
  Value number(Value panel, Value group, Value channel, Value exact,
               Value sumOfX);
  /// What becomes of the sum over groups of an element: zero point and scale of
  /// the row, low-rank branch, bias, activation. Stores it where its channel
  /// exists.
  void finish(Value row, Value panel, Value channel, Value total);

  Value add(Value sum, mlir::ValueRange weights,
            mlir::ValueRange activations) override;

private:
  int64_t unitLines;
};

/// Rows that tensor cores take at a time.
constexpr int64_t kMmaRows = 8;

/// Emits matmul.a8 for a GPU.
void emitWarpMatMulA8(KernelBuilder &b, const Product &p);

/// The kernel for few rows; a block takes `rows` of them, 1 or 16.
void emitSplitMatMulA8(KernelBuilder &b, const Product &p, int64_t rows);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_WARPMATMULA8_H
