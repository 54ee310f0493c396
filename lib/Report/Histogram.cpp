//===- Histogram.cpp - how numbers are distributed --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Histogram.h. Two passes: the width of the bins follows from the first.

#include "quantc/Report/Histogram.h"
#include <algorithm>
#include <cmath>

using namespace quantc;

Histogram Histogram::of(llvm::ArrayRef<float> numbers) {
  Histogram result;
  double squares = 0;
  for (float number : numbers) {
    if (!std::isfinite(number))
      continue;
    ++result.count;
    squares += double(number) * double(number);
    result.largest = std::max(result.largest, std::fabs(double(number)));
  }
  if (result.count)
    result.rms = std::sqrt(squares / double(result.count));
  double perUnit = double(bins) / (2 * reach);
  double factor = result.rms > 0 ? perUnit / result.rms : 0;
  for (float number : numbers) {
    if (!std::isfinite(number))
      continue;
    double place = std::floor(double(number) * factor) + double(bins) / 2;
    place = std::clamp(place, 0.0, double(bins - 1));
    ++result.counts[size_t(place)];
  }
  return result;
}
