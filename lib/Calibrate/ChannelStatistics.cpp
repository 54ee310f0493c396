//===- ChannelStatistics.cpp - how large each input is ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sums in fp64, row after row.

#include "quantc/Calibrate/ChannelStatistics.h"
#include "quantc/Support/Errors.h"
#include <algorithm>
#include <cmath>

using namespace quantc;

ChannelStatistics::ChannelStatistics(int64_t size)
    : sums(static_cast<size_t>(size), 0.0),
      most(static_cast<size_t>(size), 0.0) {}

void ChannelStatistics::add(llvm::ArrayRef<float> numbers) {
  const size_t size = sums.size();
  for (; size && numbers.size() >= size; numbers = numbers.drop_front(size)) {
    llvm::ArrayRef<float> row = numbers.take_front(size);
    if (count++ == 0)
      first.assign(row.begin(), row.end());
    for (size_t j = 0; j < size; ++j) {
      double magnitude = std::fabs(row[j]);
      sums[j] += magnitude;
      most[j] = std::max(most[j], magnitude);
      isFinite &= std::isfinite(row[j]);
      isConstant &= row[j] == first[j];
    }
  }
}

llvm::Error ChannelStatistics::check() const {
  if (!isFinite)
    return makeError(ErrorKind::BadModel,
                     "its inputs are not finite in the calibration data");
  if (count < fewestRows)
    return makeError(ErrorKind::BadModel,
                     "{0} rows of inputs are too few to calibrate; at least "
                     "{1} are needed",
                     count, fewestRows);
  if (isConstant)
    return makeError(ErrorKind::BadModel,
                     "its inputs are the same in all of the calibration data");
  return llvm::Error::success();
}

std::vector<double> ChannelStatistics::means() const {
  std::vector<double> result = sums;
  for (double &mean : result)
    mean /= static_cast<double>(std::max<int64_t>(count, 1));
  return result;
}
