//===- Rounding.h - formulas of the rounding modes --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A number to an integer, by each rounding mode of `qnt`: once as operations on
// scalars, once in C++. Both give the same bits.

#ifndef QUANTC_DIALECT_QNT_ROUNDING_H
#define QUANTC_DIALECT_QNT_ROUNDING_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include <optional>

namespace quantc::qnt {

/// `x`, a scalar of a float type, rounded to an integer of the same type. Every
/// finite number is rounded exactly: no half is added to it.
mlir::Value buildRounding(mlir::ImplicitLocOpBuilder &b, RoundingMode mode,
                          mlir::Value x);

/// The same number.
float roundBy(RoundingMode mode, float x);

/// The first and the last code of integers of `bits` bits, 1 to 31; a narrow
/// range has one less.
struct CodeRange {
  int64_t low, high;
};
CodeRange codeRange(bool isSigned, unsigned bits, bool isNarrow);

/// One code of a qnt.quantize that the model came with: of binary codes,
/// `by_division`, or with `rounding`.
class ModelQuantizer {
public:
  explicit ModelQuantizer(QuantizeOp op);
  /// False for an operation that Quantize made.
  static bool handles(QuantizeOp op);
  int64_t codeOf(float x, float scale, int64_t zeroPoint) const;

private:
  bool isBinary;
  std::optional<RoundingMode> rounding;
  CodeRange range;
};

} // namespace quantc::qnt

#endif // QUANTC_DIALECT_QNT_ROUNDING_H
