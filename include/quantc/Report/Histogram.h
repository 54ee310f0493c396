//===- Histogram.h - how numbers are distributed ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Counts of numbers in units of their root mean square, so that the shapes of
// different tensors can be laid over each other. Not for choosing ranges.

#ifndef QUANTC_REPORT_HISTOGRAM_H
#define QUANTC_REPORT_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include <array>
#include <cstdint>

namespace quantc {

struct Histogram {
  static constexpr int64_t bins = 48;
  /// The bins reach from -reach to reach times the root mean square; the first
  /// and the last also hold what lies outside.
  static constexpr double reach = 8;

  int64_t count = 0;  ///< of finite numbers
  double rms = 0;     ///< their root mean square
  double largest = 0; ///< magnitude
  std::array<int64_t, bins> counts{};

  /// largest / rms: 1 when all magnitudes are alike, large with outliers; 0
  /// when all numbers are 0. What sets the step of codes for a given noise.
  double peak() const { return rms > 0 ? largest / rms : 0; }

  /// Numbers that are not finite are left out.
  static Histogram of(llvm::ArrayRef<float> numbers);
};

} // namespace quantc

#endif // QUANTC_REPORT_HISTOGRAM_H
