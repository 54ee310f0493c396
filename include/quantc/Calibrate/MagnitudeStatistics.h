//===- MagnitudeStatistics.h - quantiles of magnitudes ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Streams numbers into a histogram of their magnitudes and gives the threshold
// below which a share of them lies. Keeps statistics, never numbers.
//
// TEAL (arXiv 2408.14690, section 4.2) has bins of equal width between
// quantiles of the numbers, assumes that they lie symmetrically around zero and
// interpolates. Here bins have equal relative width, so that quantiles need not
// be known first, no outlier makes bins wide, and magnitudes are counted as
// they are.

#ifndef QUANTC_CALIBRATE_MAGNITUDESTATISTICS_H
#define QUANTC_CALIBRATE_MAGNITUDESTATISTICS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace quantc {

class MagnitudeStatistics {
public:
  MagnitudeStatistics() : bins(binCount, 0) {}

  /// Takes numbers in. The result does not depend on how they are divided into
  /// calls.
  void add(llvm::ArrayRef<float> numbers);

  int64_t count() const { return total; }
  /// False once a NaN or an infinity was seen.
  bool isFinite() const { return finite; }

  /// The magnitude that the share `share` (0 to 1) of the numbers does not
  /// exceed, interpolated linearly inside a bin; 0 without numbers and for the
  /// share 0.
  double quantile(double share) const;

private:
  /// A bin has the numbers of one exponent and one value of the upper 7 bits of
  /// the fraction: its width is 1/128 of the power of two below.
  static constexpr unsigned droppedBits = 16;
  static constexpr int64_t binCount = int64_t(0x7F800000) >> droppedBits;

  std::vector<int64_t> bins;
  int64_t total = 0;
  bool finite = true;
};

} // namespace quantc

#endif // QUANTC_CALIBRATE_MAGNITUDESTATISTICS_H
