//===- Rotation.h - the numbers of qnt.rotate -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Defines qnt.rotate in fp32, for Interpret and for the code of kernels. How a
// parameter is rotated is in ConstantTransforms.h.

#ifndef QUANTC_DIALECT_QNT_ROTATION_H
#define QUANTC_DIALECT_QNT_ROTATION_H

#include "quantc/Methods/Hadamard.h"

namespace quantc::qnt {

/// Hadamard matrix and signs of one qnt.rotate.
struct Rotation {
  Hadamard matrix;
  /// One for each element of a block: its sign over the square root of the
  /// block's size, rounded to fp32.
  std::vector<float> factors;

  /// nullopt where no Hadamard matrix of order `block` is known.
  static std::optional<Rotation> of(int64_t block, uint64_t seed);

  /// Rotates each block of `row`, whose size is a multiple of the block's.
  void apply(llvm::MutableArrayRef<float> row) const;
  /// The same in fp64, with factors that are not rounded to fp32.
  void apply(llvm::MutableArrayRef<double> row) const;
};

} // namespace quantc::qnt

#endif // QUANTC_DIALECT_QNT_ROTATION_H
