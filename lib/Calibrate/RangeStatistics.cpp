//===- RangeStatistics.cpp - ranges seen by an observer ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The bin of a number is the upper half of its bits: sign, exponent and seven
// bits of the mantissa.

#include "quantc/Calibrate/RangeStatistics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include <algorithm>
#include <cmath>

using namespace quantc;

static bool isMask(float number) { return std::fabs(number) >= 0x1p100f; }

/// The bits above those that a bin leaves out, of 2^leastExponent.
static constexpr int64_t biasOf(int64_t leastExponent) {
  return (127 + leastExponent) << 7;
}

int64_t RangeStatistics::binOf(float number) {
  auto bits = llvm::bit_cast<uint32_t>(std::fabs(number));
  int64_t magnitude = int64_t(bits >> 16) - biasOf(leastExponent) + 1;
  if (magnitude <= 0)
    return halfBins;
  return number < 0 ? halfBins - magnitude : halfBins + magnitude;
}

/// The magnitude that the bin at this distance from the middle begins with.
static double magnitudeAt(int64_t distance, int64_t bias) {
  return llvm::bit_cast<float>(uint32_t(distance - 1 + bias) << 16);
}

double RangeStatistics::lowerEdge(int64_t bin) {
  constexpr int64_t bias = biasOf(leastExponent);
  // The middle bin ends where the next begins, on both sides.
  return bin > halfBins ? magnitudeAt(bin - halfBins, bias)
                        : -magnitudeAt(halfBins - bin + 1, bias);
}

void RangeStatistics::add(llvm::ArrayRef<float> numbers) {
  for (float number : numbers) {
    if (!std::isfinite(number)) {
      finite = false;
      continue;
    }
    if (isMask(number))
      continue;
    low = total ? std::min<double>(low, number) : number;
    high = total ? std::max<double>(high, number) : number;
    ++total;
    ++bins[binOf(number)];
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
    return last - first - 1;
  };
  int64_t below = edge(bins.begin(), bins.end()),
          above = 2 * halfBins - edge(bins.rbegin(), bins.rend());
  return {std::max(low, lowerEdge(below)), std::min(high, upperEdge(above))};
}

double RangeStatistics::shareOutside(double from, double to) const {
  int64_t outside = 0;
  for (auto [bin, count] : llvm::enumerate(bins)) {
    bool isNegative = int64_t(bin) < halfBins;
    // A negative bin holds the number that it ends with.
    bool isBelow = from > low && (isNegative ? upperEdge(bin) < from
                                             : upperEdge(bin) <= from);
    bool isAbove = to < high && lowerEdge(bin) >= to;
    if (isBelow || isAbove)
      outside += count;
  }
  return total ? static_cast<double>(outside) / static_cast<double>(total) : 0;
}

std::vector<std::pair<double, double>> RangeStatistics::middles() const {
  std::vector<std::pair<double, double>> found;
  for (auto [bin, count] : llvm::enumerate(bins))
    if (count != 0)
      found.emplace_back(
          std::clamp((lowerEdge(bin) + upperEdge(bin)) / 2, low, high),
          static_cast<double>(count));
  return found;
}

static double squaredError(llvm::ArrayRef<std::pair<double, double>> numbers,
                           std::pair<double, double> range) {
  double step = (range.second - range.first) / 255, error = 0;
  for (auto [value, count] : numbers) {
    double outside = value - std::clamp(value, range.first, range.second);
    error += count * (outside * outside + step * step / 12);
  }
  return error;
}

std::pair<double, double> RangeStatistics::leastSquaredError() const {
  const std::pair<double, double> whole(std::min(low, 0.0),
                                        std::max(high, 0.0));
  if (whole.first == whole.second)
    return whole;
  const auto numbers = middles();
  std::pair<double, double> best = whole;
  double least = squaredError(numbers, whole);
  auto search = [&](bool movesLow, bool movesHigh) {
    auto attempt = [&](double factor) {
      std::pair<double, double> range = best;
      if (movesLow)
        range.first = whole.first * factor;
      if (movesHigh)
        range.second = whole.second * factor;
      double error = squaredError(numbers, range);
      if (error < least) {
        least = error;
        best = range;
      }
    };
    for (int part = 64; part >= 16; --part)
      attempt(part / 64.0);
    for (int half = 5; half <= 24; ++half)
      attempt(std::exp2(-half / 2.0));
  };
  search(true, true);
  search(true, false);
  search(false, true);
  return best;
}

std::vector<int64_t> RangeStatistics::toWords() const {
  std::vector<int64_t> words = {finite, total, llvm::bit_cast<int64_t>(low),
                                llvm::bit_cast<int64_t>(high)};
  for (auto [bin, count] : llvm::enumerate(bins))
    if (count != 0) {
      words.push_back(int64_t(bin));
      words.push_back(count);
    }
  return words;
}

std::optional<RangeStatistics>
RangeStatistics::fromWords(llvm::ArrayRef<int64_t> words) {
  if (words.size() < 4 || words.size() % 2 != 0 || words[0] < 0 || words[0] > 1)
    return std::nullopt;
  RangeStatistics result;
  result.finite = words[0] == 1;
  result.total = words[1];
  result.low = llvm::bit_cast<double>(words[2]);
  result.high = llvm::bit_cast<double>(words[3]);
  int64_t sum = 0, last = -1;
  for (words = words.drop_front(4); !words.empty();
       words = words.drop_front(2)) {
    int64_t bin = words[0], count = words[1];
    bool isSound = bin > last && bin <= 2 * halfBins && count > 0 &&
                   count <= result.total - sum;
    if (!isSound)
      return std::nullopt;
    result.bins[bin] = count;
    sum += count;
    last = bin;
  }
  bool isSound = sum == result.total && result.low <= result.high;
  return isSound ? std::optional(std::move(result)) : std::nullopt;
}
