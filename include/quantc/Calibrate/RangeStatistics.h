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

class RangeStatistics {
public:
  RangeStatistics() : bins(2 * halfBins, 0) {}

  /// Takes numbers in. Those of a magnitude of 2^100 or more do not count: they
  /// are not measured but stand for minus infinity, in masks, and would leave
  /// one code for all others. The result does not depend on how they are
  /// divided into calls.
  void add(llvm::ArrayRef<float> numbers);

  int64_t count() const { return total; }
  /// False once a NaN or an infinity was seen.
  bool isFinite() const { return finite; }

  /// Smallest and largest number; (0, 0) when there was none.
  std::pair<double, double> minMax() const { return {low, high}; }
  /// The range that holds `percentage` (50 to 100) of the numbers, as many
  /// outside at each end, to the width of a bin.
  std::pair<double, double> percentile(double percentage) const;
  /// The range with the smallest expected squared error of 256 equal steps,
  /// over versions of minMax shrunk by 64ths down to a quarter: `step^2 / 12`
  /// inside, the squared distance outside, each bin taken at its middle.
  std::pair<double, double> leastSquaredError() const;

  /// Share of the numbers below `from` or above `to`, to the width of a bin; 0
  /// for minMax.
  double shareOutside(double from, double to) const;

  /// Length of toWords.
  static constexpr size_t wordCount = 5 + 2 * 2048;
  /// All that is known, to be kept in a file.
  std::vector<int64_t> toWords() const;
  /// The statistics that `words` came from; nothing for words that no
  /// statistics have.
  static std::optional<RangeStatistics>
  fromWords(llvm::ArrayRef<int64_t> words);

private:
  static constexpr int64_t halfBins = 2048;

  /// Doubles the width of all bins, which merges neighbours, until `magnitude`
  /// fits.
  void widen(float magnitude);
  double middle(int64_t bin) const {
    return (static_cast<double>(bin - halfBins) + 0.5) * width;
  }
  double squaredError(double from, double to) const;

  std::vector<int64_t>
      bins;         ///< bin b covers [b - halfBins, b + 1 - halfBins) * width
  double width = 0; ///< a power of two; 0 until a number other than 0 came
  int64_t total = 0;
  double low = 0, high = 0;
  bool finite = true;
};

} // namespace quantc

#endif // QUANTC_CALIBRATE_RANGESTATISTICS_H
