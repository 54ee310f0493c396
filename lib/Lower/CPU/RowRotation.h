//===- RowRotation.h - rotation of one row ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates qnt.rotate for one row, for the kernels that rotate.

#ifndef QUANTC_LIB_LOWER_CPU_ROWROTATION_H
#define QUANTC_LIB_LOWER_CPU_ROWROTATION_H

#include "KernelBuilder.h"

namespace quantc {

class RowRotation {
public:
  /// Of an operation with the attributes `block` and `seed` whose input
  /// `input`, fp32, is to be rotated. Fails, with a diagnostic, when its rows
  /// have no static size that blocks divide, or there is no such rotation.
  static llvm::FailureOr<RowRotation> of(KernelBuilder &b, mlir::Operation *op,
                                         mlir::Value input);

  int64_t width() const { return rowWidth; }
  /// Multiply-adds that a row takes.
  int64_t steps() const;

  /// Rotates the row of `from` with these leading indices into one of `to`.
  void emit(KernelBuilder &b, mlir::Value from, mlir::ValueRange fromRow,
            mlir::Value to, mlir::ValueRange toRow) const;

  /// The same by all of `threads` threads of a GPU's block, of which `thread`
  /// is one. Every thread must call it; other threads' numbers are there after
  /// a barrier.
  void emitTogether(KernelBuilder &b, mlir::Value from,
                    mlir::ValueRange fromRow, mlir::Value to,
                    mlir::ValueRange toRow, mlir::Value thread,
                    int64_t threads) const;

private:
  mlir::Value spread(KernelBuilder &b, mlir::Value vector) const;
  void combineFar(KernelBuilder &b, mlir::Value row, mlir::ValueRange at) const;
  void multiplyCore(KernelBuilder &b, mlir::Value row,
                    mlir::ValueRange at) const;
  void multiplyCoreAt(KernelBuilder &b, mlir::Value row, mlir::ValueRange at,
                      mlir::Value first) const;

  int64_t rowWidth = 0, coreOrder = 1, powerOrder = 1;
  mlir::Value factors; ///< of a whole row, fp32
  mlir::Value core;    ///< signs as fp32, [result, place in the core]
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_ROWROTATION_H
