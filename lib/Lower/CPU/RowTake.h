//===- RowTake.h - channels of one row --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates qnt.take_channels for one row, for the kernels that take channels.

#ifndef QUANTC_LIB_LOWER_CPU_ROWTAKE_H
#define QUANTC_LIB_LOWER_CPU_ROWTAKE_H

#include "KernelBuilder.h"

namespace quantc {

class RowTake {
public:
  /// Of an operation whose first inputs are rows, fp32, and channels, and that
  /// may have the attribute `append`. Fails, with a diagnostic, when there are
  /// no channels, or not as many as are known when code is generated.
  static llvm::FailureOr<RowTake> of(KernelBuilder &b, mlir::Operation *op,
                                     mlir::ValueRange inputs);

  /// Of a row of the result.
  int64_t width() const { return rowWidth; }

  /// Takes channels of the row of `from` with these leading indices into one of
  /// `to`: all of them, or every `threads`-th from number `thread` on.
  void emit(KernelBuilder &b, mlir::Value from, mlir::ValueRange fromRow,
            mlir::Value to, mlir::ValueRange toRow, mlir::Value thread = {},
            int64_t threads = 1) const;

private:
  mlir::Value channels;
  int64_t rowWidth = 0;
  int64_t appendedTo = 0; ///< elements of the row in front of what is taken
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_ROWTAKE_H
