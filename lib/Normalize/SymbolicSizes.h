//===- SymbolicSizes.h - sizes as sums of sizes of the inputs -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Decides whether two sizes are equal without making any operation. Products of
// two unknown sizes are not taken apart.

#ifndef QUANTC_LIB_NORMALIZE_SYMBOLICSIZES_H
#define QUANTC_LIB_NORMALIZE_SYMBOLICSIZES_H

#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/Value.h"
#include <map>

namespace quantc::normalize {

/// A sum of unknowns with whole factors, and a number.
class SymbolicSize {
public:
  SymbolicSize(int64_t number = 0) : number(number) {}
  /// The size of dimension `dim` of `tensor`.
  static SymbolicSize of(mlir::Value tensor, int64_t dim);
  /// An index value or a number.
  static SymbolicSize of(mlir::OpFoldResult size);

  SymbolicSize operator+(const SymbolicSize &other) const {
    return plus(other, 1);
  }
  SymbolicSize operator-(const SymbolicSize &other) const {
    return plus(other, -1);
  }
  bool operator==(const SymbolicSize &other) const {
    return number == other.number && unknowns == other.unknowns;
  }
  std::optional<int64_t> asNumber() const {
    return unknowns.empty() ? std::optional(number) : std::nullopt;
  }

private:
  /// A dimension by its name, or a value and one of its dimensions.
  using Unknown = std::pair<const void *, int64_t>;
  static SymbolicSize unknown(Unknown key);
  static SymbolicSize ofValue(mlir::Value index);
  SymbolicSize plus(const SymbolicSize &other, int64_t factor) const;

  int64_t number;
  std::map<Unknown, int64_t> unknowns;
};

/// The name that the model gives dimension `dim` of a function argument, or
/// null.
mlir::StringAttr dimensionName(mlir::BlockArgument argument, int64_t dim);

} // namespace quantc::normalize

#endif // QUANTC_LIB_NORMALIZE_SYMBOLICSIZES_H
