//===- RangeStatistics.h - ranges seen by an observer -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Streams numbers into a histogram and derives the range that 8-bit codes
// should cover. Keeps statistics, never numbers.

#ifndef QUANTC_CALIBRATE_RANGESTATISTICS_H
#define QUANTC_CALIBRATE_RANGESTATISTICS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace quantc {

/// Bins are finer where numbers are smaller: 128 to each doubling, so that a
/// few large numbers, as language models have them, do not hide how the others
/// are distributed. "To the width of a bin" below is at most 1/128 of a number.
class RangeStatistics {
public:
  RangeStatistics() : bins(2 * halfBins + 1, 0) {}

  /// Takes numbers in. Those of a magnitude of 2^100 or more do not count: they
  /// are not measured but stand for minus infinity, in masks, and would leave
  /// one code for all others. The result does not depend on how they are
  /// divided into calls, or on their order.
  void add(llvm::ArrayRef<float> numbers);

  int64_t count() const { return total; }
  /// False once a NaN or an infinity was seen.
  bool isFinite() const { return finite; }

  /// Smallest and largest number; (0, 0) when there was none.
  std::pair<double, double> minMax() const { return {low, high}; }
  /// The range that holds `percentage` (50 to 100) of the numbers, as many
  /// outside at each end, to the width of a bin.
  std::pair<double, double> percentile(double percentage) const;
  /// The range with the smallest expected squared error of 256 equal steps:
  /// `step^2 / 12` inside, the squared distance outside, each bin taken at its
  /// middle. Both ends of minMax are shrunk together, then each alone, by 64ths
  /// down to a quarter and by powers of sqrt(2) down to 1/4096.
  std::pair<double, double> leastSquaredError() const;

  /// Share of the numbers below `from` or above `to`, to the width of a bin; 0
  /// for minMax.
  double shareOutside(double from, double to) const;

  /// All that is known, to be kept in a file.
  std::vector<int64_t> toWords() const;
  /// The statistics that `words` came from; nothing for words that no
  /// statistics have.
  static std::optional<RangeStatistics>
  fromWords(llvm::ArrayRef<int64_t> words);

private:
  /// Exponents from -40 to 99, and 7 bits of the mantissa.
  static constexpr int64_t leastExponent = -40, endExponent = 100,
                           halfBins = (endExponent - leastExponent) << 7;

  /// The bin that a number of a magnitude below 2^100 is in.
  static int64_t binOf(float number);
  /// Where a bin begins and ends.
  static double lowerEdge(int64_t bin);
  static double upperEdge(int64_t bin) {
    return -lowerEdge(2 * halfBins - bin);
  }
  /// What each bin that is not empty stands for, and its count.
  std::vector<std::pair<double, double>> middles() const;

  /// Negative numbers, the largest magnitude first; numbers below 2^-40 in the
  /// middle; positive ones.
  std::vector<int64_t> bins;
  int64_t total = 0;
  double low = 0, high = 0;
  bool finite = true;
};

} // namespace quantc

#endif // QUANTC_CALIBRATE_RANGESTATISTICS_H
