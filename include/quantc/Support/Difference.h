//===- Difference.h - how far numbers are from others -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The measures of error that reports and comparisons give.

#ifndef QUANTC_SUPPORT_DIFFERENCE_H
#define QUANTC_SUPPORT_DIFFERENCE_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace quantc {

/// Differences between `count` numbers and what they should be.
struct Difference {
  int64_t count = 0;
  int64_t differing = 0; ///< numbers that are not the same
  int64_t lost = 0;      ///< of these, not finite on one side or both
  double signal = 0, noise = 0, product = 0, power = 0; ///< sums of products
  double maxError = 0;

  /// Numbers that are not finite enter no sum: one of them would make all sums
  /// NaN, and every comparison with NaN is false.
  void add(double wanted, double found);
  /// Both arrays have the same size.
  void add(llvm::ArrayRef<float> wanted, llvm::ArrayRef<float> found);

  /// Signal to noise in decibels; infinite when nothing differs.
  double sqnr() const;
  /// 1 for zeros on both sides, 0 when only one side is zeros.
  double cosine() const;
};

} // namespace quantc

#endif // QUANTC_SUPPORT_DIFFERENCE_H
