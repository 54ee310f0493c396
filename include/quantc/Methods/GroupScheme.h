//===- GroupScheme.h - matrices, groups, codes ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The plain data that methods take and give: a matrix, a scheme, codes. Says
// nothing of how the codes are chosen.

#ifndef QUANTC_METHODS_GROUPSCHEME_H
#define QUANTC_METHODS_GROUPSCHEME_H

#include "quantc/Formats/StoredSize.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <vector>

namespace quantc {

/// A borrowed weight matrix [rows, cols], row-major; a row is an output
/// channel.
struct MatrixRef {
  llvm::ArrayRef<float> data;
  int64_t rows = 0, cols = 0;

  llvm::ArrayRef<float> row(int64_t r) const {
    return data.slice(size_t(r * cols), size_t(cols));
  }
};

/// Scales are stored in this type; codes are chosen with the rounded scale.
enum class ScaleType : uint8_t { FP32, FP16 };

/// Uniform integers of `bits` bits in groups along a row.
struct GroupScheme {
  unsigned bits = 4; ///< 2..8 symmetric, 1..8 asymmetric
  bool symmetric = true;
  /// Columns that share a scale; 0 means the whole row. The last group of a row
  /// may be shorter.
  int64_t groupSize = 0;
  ScaleType scaleType = ScaleType::FP32;

  /// groupSize with 0 replaced by `cols`.
  int64_t effectiveGroupSize(int64_t cols) const {
    return groupSize == 0 || groupSize > cols ? cols : groupSize;
  }
  int64_t groups(int64_t cols) const {
    return groupCount(cols, effectiveGroupSize(cols));
  }
  unsigned scaleBits() const { return scaleType == ScaleType::FP32 ? 32 : 16; }
  /// Symmetric: 2^(bits-1), the code that stands for 0.
  uint8_t symmetricZeroPoint() const { return uint8_t(1u << (bits - 1)); }
};

/// ErrorKind::Usage, saying what is allowed, if bits or groupSize are not.
llvm::Error checkScheme(const GroupScheme &scheme);

/// A quantized weight matrix: w[r, c] ~ scales[r, g] * (codes[r, c] -
/// zeroPoints[r, g]) with g = c / groupSize. Codes are offset-binary; a
/// symmetric scheme has the zero point 2^(bits-1) everywhere.
struct QuantizedMatrix {
  int64_t rows = 0, cols = 0, groupSize = 0, groups = 0;
  unsigned bits = 0;
  bool symmetric = true;
  std::vector<uint8_t> codes;      ///< [rows, cols]
  std::vector<float> scales;       ///< [rows, groups], already rounded
  std::vector<uint8_t> zeroPoints; ///< [rows, groups]
  /// Groups where the method found nothing better than round-to-nearest.
  int64_t groupsKeptAtRtn = 0;

  QuantizedMatrix() = default;
  /// Sizes the arrays for a matrix of that shape.
  QuantizedMatrix(int64_t rows, int64_t cols, const GroupScheme &scheme);

  /// The float matrix the codes stand for: one fp32 subtraction (exact) and
  /// one fp32 multiplication an element.
  void reconstruct(llvm::MutableArrayRef<float> weights) const;
  std::vector<float> reconstruct() const;
  /// Sum of (w - reconstruction)^2 in double, rows ascending, columns
  /// ascending.
  double squaredError(MatrixRef weights) const;
};

} // namespace quantc

#endif // QUANTC_METHODS_GROUPSCHEME_H
