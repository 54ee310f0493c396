//===- ActivationQuantizer.cpp - floats to codes at run time ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of operations here is part of the definition in the header: fp32
// throughout, nothing fused, nothing reassociated.

#include "quantc/Formats/ActivationQuantizer.h"
#include "quantc/Formats/Rounding.h"
#include "quantc/Formats/StoredSize.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/ADT/bit.h"
#include <algorithm>
#include <cassert>
#include <limits>

using namespace llvm;
using namespace quantc;

/// Elements for which starting a thread is worth its price.
static constexpr int64_t kElementsPerChunk = 1 << 16;

/// The largest magnitude as the bits of a float. Bits of magnitudes are ordered
/// as integers, with infinity and then NaN above all numbers.
static uint32_t largestMagnitudeBits(ArrayRef<float> row) {
  uint32_t largest = 0;
  for (float value : row)
    largest = std::max(largest, bit_cast<uint32_t>(value) & 0x7FFFFFFFu);
  return largest;
}

static float quantizeRow(ArrayRef<float> row, MutableArrayRef<int8_t> codes,
                         float most) {
  constexpr uint32_t kInfinityBits = 0x7F800000u;
  uint32_t bits = largestMagnitudeBits(row);
  float amax = bit_cast<float>(bits);
  if (bits >= kInfinityBits || amax < kSmallestRowMaximum) {
    std::fill(codes.begin(), codes.end(), int8_t(0));
    return bits >= kInfinityBits ? std::numeric_limits<float>::quiet_NaN()
                                 : 0.0f;
  }
  const float inv = most / amax;
  for (size_t i = 0; i < row.size(); ++i)
    codes[i] = int8_t(roundClamped(row[i] * inv, -most, most));
  return amax / most;
}

void quantc::quantizeRowsSymmetricInt8(ArrayRef<float> x, int64_t rows,
                                       int64_t width,
                                       MutableArrayRef<int8_t> codes,
                                       MutableArrayRef<float> scales,
                                       unsigned bits) {
  const auto most = float((1 << (bits - 1)) - 1);
  assert(int64_t(x.size()) == rows * width && codes.size() == x.size());
  assert(int64_t(scales.size()) == rows);
  int64_t grain = std::max<int64_t>(1, kElementsPerChunk / (width + 1));
  parallelFor(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      scales[size_t(r)] =
          quantizeRow(x.slice(size_t(r * width), size_t(width)),
                      codes.slice(size_t(r * width), size_t(width)), most);
  });
}

/// Returns the scale.
static float quantizeRowWithZero(ArrayRef<float> row,
                                 MutableArrayRef<int8_t> codes,
                                 int8_t &zeroPoint, unsigned bits) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  float lo = 0, hi = 0;
  for (float value : row) {
    lo = value < lo ? value : lo;
    hi = value > hi ? value : hi;
  }
  const float range = hi - lo;
  bool isFinite = largestMagnitudeBits(row) < 0x7F800000u && range < kInfinity;
  zeroPoint = 0;
  if (!isFinite || range < kSmallestRowRange) {
    std::fill(codes.begin(), codes.end(), int8_t(0));
    return isFinite ? 0.0f : std::numeric_limits<float>::quiet_NaN();
  }
  const int32_t low = -(1 << (bits - 1)), most = -low - 1;
  const auto allSteps = float(most - low);
  const float inv = allSteps / range;
  const int32_t zero = low - int32_t(roundClamped(lo * inv, -allSteps, 0.0f));
  for (size_t i = 0; i < row.size(); ++i) {
    int32_t steps = int32_t(roundClamped(row[i] * inv, -allSteps, allSteps));
    codes[i] = int8_t(std::min(steps + zero, most));
  }
  zeroPoint = int8_t(zero);
  return range / allSteps;
}

void quantc::quantizeRowsAsymmetricInt8(ArrayRef<float> x, int64_t rows,
                                        int64_t width,
                                        MutableArrayRef<int8_t> codes,
                                        MutableArrayRef<float> scales,
                                        MutableArrayRef<int8_t> zeroPoints,
                                        unsigned bits) {
  assert(int64_t(x.size()) == rows * width && codes.size() == x.size());
  assert(int64_t(scales.size()) == rows && int64_t(zeroPoints.size()) == rows);
  int64_t grain = std::max<int64_t>(1, kElementsPerChunk / (width + 1));
  parallelFor(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      scales[size_t(r)] =
          quantizeRowWithZero(x.slice(size_t(r * width), size_t(width)),
                              codes.slice(size_t(r * width), size_t(width)),
                              zeroPoints[size_t(r)], bits);
  });
}

void quantc::sumGroups(ArrayRef<int8_t> codes, int64_t rows, int64_t width,
                       int64_t groupSize, MutableArrayRef<int32_t> sums) {
  assert(groupSize > 0);
  int64_t groups = groupCount(width, groupSize);
  assert(int64_t(codes.size()) == rows * width);
  assert(int64_t(sums.size()) == rows * groups);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t g = 0; g < groups; ++g) {
      int64_t first = g * groupSize;
      int64_t last = std::min(first + groupSize, width);
      int32_t sum = 0;
      for (int64_t c = first; c < last; ++c)
        sum += codes[size_t(r * width + c)];
      sums[size_t(r * groups + g)] = sum;
    }
}

template <typename Code>
static void quantizeAffineTo(ArrayRef<float> x, const AffineParams &params,
                             MutableArrayRef<Code> codes) {
  assert(codes.size() == x.size());
  assert(params.low <= params.zeroPoint && params.zeroPoint <= params.high);
  const float inv = 1.0f / params.scale;
  const float low = float(params.low - params.zeroPoint);
  const float high = float(params.high - params.zeroPoint);
  parallelFor(int64_t(x.size()), kElementsPerChunk,
              [&](int64_t begin, int64_t end) {
                for (size_t i = size_t(begin); i < size_t(end); ++i)
                  codes[i] = Code(params.zeroPoint +
                                  int32_t(roundClamped(x[i] * inv, low, high)));
              });
}

void quantc::quantizeAffine(ArrayRef<float> x, const AffineParams &params,
                            MutableArrayRef<uint8_t> codes) {
  quantizeAffineTo(x, params, codes);
}

void quantc::quantizeAffine(ArrayRef<float> x, const AffineParams &params,
                            MutableArrayRef<int8_t> codes) {
  quantizeAffineTo(x, params, codes);
}
