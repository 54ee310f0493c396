//===- IndexMath.h - arithmetic on sizes ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sizes are numbers or index values. Equal expressions are one value, so that
// "the same dimension" is a comparison of pointers. Not a general simplifier:
// it knows the identities that shape arithmetic of real models needs.

#ifndef QUANTC_LIB_IMPORT_ONNX_INDEXMATH_H
#define QUANTC_LIB_IMPORT_ONNX_INDEXMATH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <optional>

namespace quantc::importer {

using Size = mlir::OpFoldResult;
using Sizes = llvm::SmallVector<Size>;

/// The number, if the size is one.
std::optional<int64_t> constantOf(Size size);

class IndexMath {
public:
  explicit IndexMath(mlir::ImplicitLocOpBuilder &builder) : b(builder) {}

  Size constant(int64_t value) { return b.getIndexAttr(value); }
  Sizes constants(llvm::ArrayRef<int64_t> values);
  /// The size as an index value.
  mlir::Value value(Size size);

  Size add(Size x, Size y);
  Size sub(Size x, Size y);
  Size mul(Size x, Size y);
  /// Rounded towards zero as ONNX does; exact or of non-negative sizes. A
  /// division by the number 0 gives 0.
  Size div(Size x, Size y);
  Size mod(Size x, Size y);
  Size min(Size x, Size y);
  Size max(Size x, Size y);
  /// Rounded up, for x >= 0 and y > 0.
  Size ceilDiv(Size x, int64_t y);
  Size product(llvm::ArrayRef<Size> sizes);
  /// `x / y` when `y` divides `x` as a product of numbers and values.
  std::optional<Size> divideExactly(Size x, Size y);

  /// Sizes of a tensor: what was recorded, else its type and `tensor.dim`.
  const Sizes &sizesOf(mlir::Value tensor);
  /// Records the sizes of a tensor; static ones of its type win.
  void record(mlir::Value tensor, Sizes sizes);
  /// Records a size of an argument that has a name: one value for one name.
  void recordArgument(mlir::Value argument,
                      llvm::ArrayRef<llvm::StringRef> names);
  /// The static shape that goes with sizes.
  static llvm::SmallVector<int64_t> shapeOf(llvm::ArrayRef<Size> sizes);

private:
  struct Factors {
    int64_t number = 1;
    llvm::SmallVector<mlir::Value> values;
  };
  void collect(Size size, Factors &factors);
  template <typename Op> Size create(Size x, Size y);

  mlir::ImplicitLocOpBuilder &b;
  llvm::DenseMap<mlir::Value, Sizes> known;
  llvm::StringMap<mlir::Value> named;
  llvm::DenseMap<int64_t, mlir::Value> numbers;
  llvm::DenseMap<std::tuple<mlir::TypeID, mlir::Value, mlir::Value>,
                 mlir::Value>
      results;
};

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_INDEXMATH_H
