//===- SignProduct.h - sums of products of signs ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What binary_matmul and binary_conv share: the population count as accumulate
// policy, and how exact sums become numbers or the bits of the next layer. 16
// output channels are the lanes of a vector; a row's word goes to all of them.

#ifndef QUANTC_LIB_LOWER_CPU_SIGNPRODUCT_H
#define QUANTC_LIB_LOWER_CPU_SIGNPRODUCT_H

#include "Product.h"

namespace quantc {

/// Operands in buffers. Of `product` x is words [M, W], weight [P, T * W, 16]
/// words, scales [P, 1, 16] or null, out numbers [M, N] or words.
struct SignProduct {
  using Value = mlir::Value;
  using Values = KernelBuilder::Values;

  Product product;
  Value thresholds;  ///< [P, 2, 16] i32, or null
  int64_t words = 0; ///< in a row, or of a tap
  float inputScale = 1;

  /// Reads a kernel operation whose rows are those of `x`; says what is wrong
  /// if it cannot be lowered.
  static llvm::FailureOr<SignProduct> read(KernelBuilder &b,
                                           mlir::Operation *op,
                                           mlir::ValueRange inputs, Value out);

  /// Panels whose sums fit the registers beside their operands.
  int64_t panelsAtOnce(const KernelBuilder &b) const;

  /// counts + popcount(row of x xor words of the weight from `first` on), for
  /// the panels from `panel` on: vectors of 16 int64, index row * panels +
  /// panel.
  Values addWords(KernelBuilder &b, llvm::ArrayRef<Value> rows, Value first,
                  Value panel, mlir::ValueRange counts) const;
  Values zeroCounts(KernelBuilder &b, int64_t count) const;

  /// signs - 2 * count as int32; `signs` is an int32 scalar.
  Values dots(KernelBuilder &b, Value signs, mlir::ValueRange counts) const;
  /// Numbers before the bias: (dot * scale) * input scale.
  Values numbers(KernelBuilder &b, Value panel, int64_t panels,
                 mlir::ValueRange dots) const;

  /// Exact sums of one row for some panels from one on.
  using DotsOfRow =
      llvm::function_ref<Values(Value row, Value panel, int64_t panels)>;
  /// Stores one row of the result, all of it, as numbers or words.
  void emitRow(KernelBuilder &b, Value row, DotsOfRow dotsOf) const;
  /// Multiply-adds that one row is worth, to size work items by.
  int64_t steps(int64_t taps) const;

  /// The same as addWords for one panel by a lane of a GPU's warp, i32 counts
  /// of its channel, lane % 16, and of every other word.
  Values addWordsOfLane(KernelBuilder &b, llvm::ArrayRef<Value> rows,
                        Value first, Value panel, Value lane,
                        mlir::ValueRange counts) const;
  /// Counts of a lane for some rows and a panel.
  using CountsOfLane = llvm::function_ref<Values(llvm::ArrayRef<Value> rows,
                                                 Value panel, Value lane)>;
  /// Emits the whole product by blocks of a GPU, `height` rows each. `signsOf`
  /// gives the signs that a row has, i32.
  void emitBlocks(KernelBuilder &b, int64_t height, CountsOfLane countsOf,
                  llvm::function_ref<Value(Value)> signsOf) const;

  /// The same for a matrix of many rows, by warps of a GPU whose tensor cores
  /// count.
  void emitTiles(KernelBuilder &b) const;

private:
  Value thresholdBits(KernelBuilder &b, Value panel, Value dots) const;
};

/// 16 lanes of a mask as the low bits of an int64, lane 0 lowest.
mlir::Value packMask(KernelBuilder &b, mlir::Value mask);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_SIGNPRODUCT_H
