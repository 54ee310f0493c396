//===- RangeStatistics.cpp - ranges seen by an observer ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Bins are powers of two wide, so that widening is exact and the histogram does
// not depend on the order of the numbers.

#include "quantc/Calibrate/RangeStatistics.h"
#include "llvm/ADT/bit.h"
#include <algorithm>
#include <cmath>

using namespace quantc;

void RangeStatistics::widen(float magnitude) {
  // At first zeros are in the bin of 0, whatever the width.
  if (width == 0)
    width = std::ldexp(1.0, -140);
  while (magnitude >= halfBins * width) {
    std::vector<int64_t> merged(bins.size(), 0);
    for (int64_t b = 0; b < static_cast<int64_t>(bins.size()); ++b)
      merged[((b - halfBins) >> 1) + halfBins] += bins[b];
    bins = std::move(merged);
    width *= 2;
  }
}

static bool isMask(float number) { return std::fabs(number) >= 0x1p100f; }

void RangeStatistics::add(llvm::ArrayRef<float> numbers) {
  float largest = 0;
  for (float number : numbers) {
    if (!std::isfinite(number)) {
      finite = false;
      continue;
    }
    if (!isMask(number))
      largest = std::max(largest, std::fabs(number));
  }
  if (largest > 0)
    widen(largest);
  for (float number : numbers) {
    if (!std::isfinite(number) || isMask(number))
      continue;
    low = total ? std::min<double>(low, number) : number;
    high = total ? std::max<double>(high, number) : number;
    ++total;
    int64_t bin =
        width > 0 ? static_cast<int64_t>(std::floor(number / width)) : 0;
    ++bins[std::clamp<int64_t>(bin + halfBins, 0, 2 * halfBins - 1)];
  }
}

std::pair<double, double> RangeStatistics::percentile(double percentage) const {
  if (total == 0)
    return {0, 0};
  double outside = static_cast<double>(total) * (1 - percentage / 100) / 2;
  auto edge = [&](auto first, auto last) {
    double seen = 0;
    for (auto it = first; it != last; ++it)
      if ((seen += static_cast<double>(*it)) > outside)
        return it - first;
    return last - first;
  };
  int64_t below = edge(bins.begin(), bins.end()),
          above = edge(bins.rbegin(), bins.rend());
  double from = static_cast<double>(below - halfBins) * width;
  double to = static_cast<double>(halfBins - above) * width;
  return {std::max(low, from), std::min(high, to)};
}

double RangeStatistics::shareOutside(double from, double to) const {
  int64_t outside = 0;
  for (int64_t b = 0; b < static_cast<int64_t>(bins.size()); ++b) {
    double lower = static_cast<double>(b - halfBins) * width;
    bool isBelow = from > low && lower + width <= from;
    bool isAbove = to < high && lower >= to;
    if (isBelow || isAbove)
      outside += bins[b];
  }
  return total ? static_cast<double>(outside) / static_cast<double>(total) : 0;
}

double RangeStatistics::squaredError(double from, double to) const {
  double step = (to - from) / 255, error = 0;
  for (int64_t b = 0; b < static_cast<int64_t>(bins.size()); ++b) {
    if (bins[b] == 0)
      continue;
    double value = middle(b), clipped = std::clamp(value, from, to);
    error += static_cast<double>(bins[b]) *
             ((value - clipped) * (value - clipped) + step * step / 12);
  }
  return error;
}

std::pair<double, double> RangeStatistics::leastSquaredError() const {
  std::pair<double, double> best = {std::min(low, 0.0), std::max(high, 0.0)};
  if (width == 0)
    return best;
  const std::pair<double, double> whole = best;
  double least = squaredError(best.first, best.second);
  for (int part = 63; part >= 16; --part) {
    double factor = part / 64.0;
    double error = squaredError(whole.first * factor, whole.second * factor);
    if (error < least) {
      least = error;
      best = {whole.first * factor, whole.second * factor};
    }
  }
  return best;
}

std::vector<int64_t> RangeStatistics::toWords() const {
  std::vector<int64_t> words = {finite, total, llvm::bit_cast<int64_t>(width),
                                llvm::bit_cast<int64_t>(low),
                                llvm::bit_cast<int64_t>(high)};
  words.insert(words.end(), bins.begin(), bins.end());
  return words;
}

std::optional<RangeStatistics>
RangeStatistics::fromWords(llvm::ArrayRef<int64_t> words) {
  if (words.size() != wordCount || words[0] < 0 || words[0] > 1)
    return std::nullopt;
  RangeStatistics result;
  result.finite = words[0] == 1;
  result.total = words[1];
  result.width = llvm::bit_cast<double>(words[2]);
  result.low = llvm::bit_cast<double>(words[3]);
  result.high = llvm::bit_cast<double>(words[4]);
  words = words.drop_front(5);
  result.bins.assign(words.begin(), words.end());
  int64_t sum = 0;
  for (int64_t bin : result.bins) {
    if (bin < 0 || bin > result.total - sum)
      return std::nullopt;
    sum += bin;
  }
  bool isSound = sum == result.total && result.width >= 0 &&
                 std::isfinite(result.width) && result.low <= result.high;
  return isSound ? std::optional(std::move(result)) : std::nullopt;
}
