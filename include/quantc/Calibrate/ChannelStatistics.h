//===- ChannelStatistics.h - how large each input is ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Streams rows of inputs into the mean and the largest absolute value of each
// channel. Keeps statistics, never rows.

#ifndef QUANTC_CALIBRATE_CHANNELSTATISTICS_H
#define QUANTC_CALIBRATE_CHANNELSTATISTICS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <vector>

namespace quantc {

class ChannelStatistics {
public:
  /// Rows that `check` asks for.
  static constexpr int64_t fewestRows = 8;

  /// For rows of `size` numbers.
  explicit ChannelStatistics(int64_t size);

  /// Takes in rows of numbers, [rows, size]. The result does not depend on how
  /// rows are divided into calls.
  void add(llvm::ArrayRef<float> numbers);

  int64_t rows() const { return count; }

  /// ErrorKind::BadModel when the statistics say nothing of the model: a NaN or
  /// an infinity, fewer than fewestRows rows, or rows that are all the same.
  llvm::Error check() const;

  /// Mean |x| of each channel; 0 without rows.
  std::vector<double> means() const;
  /// Largest |x| of each channel.
  llvm::ArrayRef<double> largest() const { return most; }

private:
  std::vector<double> sums, most;
  std::vector<float> first; ///< row
  int64_t count = 0;
  bool isFinite = true, isConstant = true;
};

} // namespace quantc

#endif // QUANTC_CALIBRATE_CHANNELSTATISTICS_H
