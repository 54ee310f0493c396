//===- HessianStatistics.h - how inputs depend on each other ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Streams rows of inputs into X^T X. Keeps statistics, never rows.

#ifndef QUANTC_CALIBRATE_HESSIANSTATISTICS_H
#define QUANTC_CALIBRATE_HESSIANSTATISTICS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <vector>

namespace quantc {

class HessianStatistics {
public:
  /// For rows of `size` numbers.
  explicit HessianStatistics(int64_t size);

  /// Takes in rows of numbers, [rows, size]. Products of 512 rows are summed in
  /// fp32, their sums in fp64, so that the result depends on how rows are
  /// divided into calls only by rounding, and on the number of threads not at
  /// all.
  void add(llvm::ArrayRef<float> numbers);

  int64_t size() const { return columns; }
  int64_t rows() const { return count; }

  /// ErrorKind::BadModel when no quantizer can work with what was seen: a NaN
  /// or an infinity, fewer rows than columns, nothing but zeros, or only
  /// multiples of one row.
  llvm::Error check() const;

  /// X^T X, [size, size], both triangles.
  std::vector<float> matrix() const;

private:
  /// Adds up to 512 rows.
  void addBlock(llvm::ArrayRef<float> numbers, int64_t rows);

  int64_t columns, padded, count = 0;
  std::vector<double> sums; ///< [padded, padded], at and above the diagonal
};

/// Sums X^T Y over rows x and y that belong together.
class CrossStatistics {
public:
  /// For rows of `size` numbers.
  explicit CrossStatistics(int64_t size);

  /// Takes in rows of both, [rows, size]; summed as by HessianStatistics.
  void add(llvm::ArrayRef<float> x, llvm::ArrayRef<float> y);

  /// X^T Y, [size, size].
  std::vector<float> matrix() const;

private:
  int64_t columns, padded;
  std::vector<double> sums; ///< [padded, padded]
};

} // namespace quantc

#endif // QUANTC_CALIBRATE_HESSIANSTATISTICS_H
