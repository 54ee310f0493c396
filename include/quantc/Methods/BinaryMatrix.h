//===- BinaryMatrix.h - weights of one sign each ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The plain data that binary methods give: signs, with or without a codebook
// of sign patterns. Says nothing of how they are chosen.

#ifndef QUANTC_METHODS_BINARYMATRIX_H
#define QUANTC_METHODS_BINARYMATRIX_H

#include "quantc/Methods/GroupScheme.h"

namespace quantc {

/// A codebook holds sign patterns of at most this many columns.
inline constexpr int64_t kMaxCodebookDim = 16;

/// One sign a weight, in groups along a row that share a scale.
struct BinaryScheme {
  /// Columns that share a scale; 0 means the whole row. The last group of a row
  /// may be shorter.
  int64_t groupSize = 0;
  bool hasZeroPoints = false;            ///< real ones, one a group
  ScaleType scaleType = ScaleType::FP32; ///< of scales and of zero points
  /// Columns of a sign pattern, 2 to 16, and patterns in the codebook, an even
  /// number from 2 to 2^codebookDim; both 0 when every weight has its own sign.
  int64_t codebookDim = 0, codebookSize = 0;

  bool hasCodebook() const { return codebookDim != 0; }
  int64_t effectiveGroupSize(int64_t cols) const {
    return GroupScheme{.groupSize = groupSize}.effectiveGroupSize(cols);
  }
  unsigned scaleBits() const { return scaleType == ScaleType::FP32 ? 32 : 16; }
};

/// ErrorKind::Usage, saying what is allowed, for sizes that are not. Groups
/// hold whole patterns.
llvm::Error checkScheme(const BinaryScheme &scheme);

/// A weight matrix of signs: with s = +1 or -1,
///
///   w[r, c] ~ (s[r, c] - zeroPoints[r, g]) * scales[r, g] * columnScales[c],
///
/// g = c / groupSize. With a codebook, s[r, c] is bit c % codebookDim of
/// codebook[indices[r, c / codebookDim]].
struct BinaryMatrix {
  int64_t rows = 0, cols = 0, groupSize = 0, groups = 0;
  std::vector<uint8_t> signs;      ///< [rows, cols]: 1 is +1, 0 is -1
  std::vector<float> scales;       ///< [rows, groups], already rounded
  std::vector<float> zeroPoints;   ///< [rows, groups], rounded; empty: all 0
  std::vector<float> columnScales; ///< [cols], of type fp16; empty: all 1
  int64_t codebookDim = 0;         ///< 0 without a codebook
  std::vector<uint16_t> codebook;  ///< bit j of a pattern: the sign of column j
  std::vector<uint16_t> indices;   ///< [rows, ceil(cols / codebookDim)]
  /// Groups where a method found nothing better than the mean and the mean
  /// magnitude and kept those.
  int64_t groupsKeptAtRtn = 0;

  BinaryMatrix() = default;
  /// Sizes the arrays for a matrix of that shape.
  BinaryMatrix(int64_t rows, int64_t cols, const BinaryScheme &scheme);

  /// Patterns in a row.
  int64_t patterns() const {
    return codebookDim ? (cols + codebookDim - 1) / codebookDim : 0;
  }
  /// The columns [begin, end) of a group.
  std::pair<int64_t, int64_t> columnsOf(int64_t group) const {
    return {group * groupSize, std::min(cols, (group + 1) * groupSize)};
  }
  /// The float matrix the signs stand for: one fp32 subtraction and one or two
  /// fp32 multiplications an element, in the order of the formula.
  std::vector<float> reconstruct() const;
  /// What a row of ones multiplied by this matrix gives, without the column
  /// scales, [rows]: for each row, groups ascending from 0, in fp32
  ///
  ///   sum = fma(fma(-zeroPoint, count, sum of the signs), scale, sum).
  std::vector<float> rowSums() const;
  /// Sum of (w - reconstruction)^2 in double, rows and columns ascending.
  double squaredError(MatrixRef weights) const;
};

} // namespace quantc

#endif // QUANTC_METHODS_BINARYMATRIX_H
