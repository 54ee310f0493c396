//===- Tensor.h - values of the interpreter -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Numbers with a shape and an MLIR element type, or the packed codes of a
// weight. Holds bytes and converts them; computes nothing.

#ifndef QUANTC_INTERPRET_TENSOR_H
#define QUANTC_INTERPRET_TENSOR_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <vector>

namespace quantc {

/// A row-major value; a scalar has rank 0. Copies share their bytes.
///
/// Elements lie in whole bytes, little-endian: `i1` takes one byte that is 0 or
/// 1, `index` eight. When `type` is a packed type of `qnt`, the shape is the
/// logical one and the bytes are those of the layout.
class Tensor {
public:
  Tensor() = default;
  /// Zeros.
  Tensor(mlir::Type type, llvm::ArrayRef<int64_t> shape);
  /// Bytes that live elsewhere; `owner`, if any, keeps them alive.
  Tensor(mlir::Type type, llvm::ArrayRef<int64_t> shape,
         llvm::ArrayRef<uint8_t> bytes, std::shared_ptr<const void> owner);

  /// Numbers rounded once to `type`, a float type.
  static Tensor ofNumbers(mlir::Type type, llvm::ArrayRef<int64_t> shape,
                          llvm::ArrayRef<double> numbers);
  static Tensor ofFloats(mlir::Type type, llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<float> numbers);
  /// The low bits of integers; `type` is an integer or index.
  static Tensor ofIntegers(mlir::Type type, llvm::ArrayRef<int64_t> shape,
                           llvm::ArrayRef<int64_t> integers);

  mlir::Type type() const { return elementType; }
  llvm::ArrayRef<int64_t> shape() const { return sizes; }
  int64_t rank() const { return static_cast<int64_t>(sizes.size()); }
  int64_t count() const;
  llvm::ArrayRef<uint8_t> bytes() const { return data; }
  /// The bytes, for whoever made the tensor and has not shared it yet.
  llvm::MutableArrayRef<uint8_t> fill() { return *owned; }

  /// Every element, exactly.
  std::vector<double> numbers() const;
  /// Elements of a float type in fp32, which holds f32, f16 and bf16 exactly.
  std::vector<float> floats() const;
  /// Sign-extended; zero-extended for `i1`, unsigned types, or on demand.
  std::vector<int64_t> integers(bool asUnsigned = false) const;
  /// The only element of an integer tensor.
  int64_t integer() const;

  /// The same bytes under another shape of as many elements.
  Tensor reshaped(llvm::ArrayRef<int64_t> shape) const;

private:
  mlir::Type elementType;
  llvm::SmallVector<int64_t, 4> sizes;
  std::shared_ptr<std::vector<uint8_t>> owned;
  std::shared_ptr<const void> owner;
  llvm::ArrayRef<uint8_t> data;
};

/// Bytes of one element of a number type.
unsigned elementBytes(mlir::Type type);

/// Product of sizes.
int64_t elementCount(llvm::ArrayRef<int64_t> shape);

} // namespace quantc

#endif // QUANTC_INTERPRET_TENSOR_H
