//===- GroupScheme.cpp - matrices, groups, codes ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Checks of schemes, and what quantized matrices stand for.

#include "quantc/Methods/GroupScheme.h"
#include "quantc/Formats/Format.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

using namespace llvm;
using namespace quantc;

Error quantc::checkScheme(const GroupScheme &scheme) {
  // One symmetric bit would leave no level above zero.
  unsigned least = scheme.symmetric ? 2 : 1;
  if (scheme.bits < least || scheme.bits > 8)
    return makeError(
        ErrorKind::Usage, "{0} integer weights have {1} to 8 bits, not {2}",
        scheme.symmetric ? "symmetric" : "asymmetric", least, scheme.bits);
  if (scheme.steps && (!scheme.symmetric || scheme.bits != scheme.steps->bits))
    return makeError(ErrorKind::Usage,
                     "{0} weights have {1} bits and no zero points",
                     scheme.steps->name, scheme.steps->bits);
  if (scheme.realZeros && scheme.symmetric)
    return makeError(ErrorKind::Usage, "symmetric weights have no zero points "
                                       "that are numbers");
  if (scheme.groupSize < 0)
    return makeError(ErrorKind::Usage,
                     "the group size of weights must be positive, or 0 for "
                     "whole rows, not {0}",
                     scheme.groupSize);
  return Error::success();
}

QuantizedMatrix::QuantizedMatrix(int64_t rows, int64_t cols,
                                 const GroupScheme &scheme)
    : rows(rows), cols(cols), groupSize(scheme.effectiveGroupSize(cols)),
      groups(scheme.groups(cols)), bits(scheme.bits),
      symmetric(scheme.symmetric), steps(scheme.steps),
      scaleType(scheme.scaleType), scaleUnit(scheme.scaleUnit),
      codes(size_t(rows * cols)), scales(size_t(rows * groups)),
      zeroPoints(size_t(rows * groups)),
      realZeros(scheme.realZeros ? size_t(rows * groups) : 0) {}

std::vector<uint8_t> QuantizedMatrix::storedCodes() const {
  if (!steps)
    return codes;
  uint8_t codeOf[256] = {};
  for (size_t code = steps->bytes.size(); code-- > 0;)
    codeOf[steps->bytes[code]] = uint8_t(code);
  std::vector<uint8_t> stored(codes.size());
  for (size_t i = 0; i < codes.size(); ++i)
    stored[i] = codeOf[codes[i]];
  return stored;
}

std::vector<uint8_t> QuantizedMatrix::storedScales() const {
  const Format &format =
      *lookupFormat(scaleType == ScaleType::E8M0 ? "e8m0" : "e4m3");
  std::vector<uint8_t> stored(scales.size());
  // A scale is a number of the format times the unit, rounded once: divided by
  // it, no other number of the format is nearer.
  for (size_t i = 0; i < scales.size(); ++i)
    stored[i] = uint8_t(format.encode(scales[i] / scaleUnit));
  return stored;
}

void QuantizedMatrix::reconstruct(MutableArrayRef<float> weights) const {
  assert(weights.size() == codes.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t g = 0; g < groups; ++g) {
      const size_t group = size_t(r * groups + g);
      const float scale = scales[group];
      const float zeroPoint = zeroOf(group);
      const size_t begin = size_t(r * cols + g * groupSize);
      const size_t end = size_t(r * cols + std::min(cols, (g + 1) * groupSize));
      for (size_t i = begin; i < end; ++i)
        weights[i] = scale * (float(codes[i]) - zeroPoint);
    }
}

std::vector<float> QuantizedMatrix::reconstruct() const {
  std::vector<float> weights(codes.size());
  reconstruct(weights);
  return weights;
}

std::vector<float> QuantizedMatrix::rowSums() const {
  std::vector<float> sums(static_cast<size_t>(rows), 0.0f);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t g = 0; g < groups; ++g) {
      const size_t group = size_t(r * groups + g);
      const int64_t begin = g * groupSize,
                    end = std::min(cols, (g + 1) * groupSize);
      int32_t exact = 0;
      for (int64_t c = begin; c < end; ++c)
        exact += int32_t(codes[size_t(r * cols + c)]) - zeroPoints[group];
      float level = float(exact);
      if (!realZeros.empty())
        level = std::fma(-realZeros[group], float(end - begin), level);
      sums[size_t(r)] = std::fma(level, scales[group], sums[size_t(r)]);
    }
  return sums;
}

double QuantizedMatrix::squaredError(MatrixRef weights) const {
  assert(weights.rows == rows && weights.cols == cols);
  std::vector<double> rowErrors(size_t(rows), 0.0);
  parallelFor(rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      for (int64_t g = 0; g < groups; ++g) {
        size_t first = size_t(g * groupSize);
        size_t count = size_t(std::min(groupSize, cols - g * groupSize));
        size_t group = size_t(r * groups + g);
        ArrayRef<uint8_t> row = ArrayRef(codes).slice(size_t(r * cols));
        rowErrors[size_t(r)] += groupSquaredError(
            weights.row(r).slice(first, count), row.slice(first, count),
            scales[group], zeroOf(group));
      }
  });
  return std::accumulate(rowErrors.begin(), rowErrors.end(), 0.0);
}

double quantc::groupSquaredError(ArrayRef<float> weights,
                                 ArrayRef<uint8_t> codes, float scale,
                                 float zeroPoint) {
  assert(weights.size() == codes.size());
  constexpr size_t kSums = 8;
  double sums[kSums] = {};
  auto add = [&](size_t sum, size_t i) {
    float value = scale * (float(codes[i]) - zeroPoint);
    double error = double(weights[i]) - double(value);
    sums[sum] += error * error;
  };
  size_t whole = weights.size() / kSums * kSums;
  for (size_t i = 0; i < whole; i += kSums)
    for (size_t sum = 0; sum < kSums; ++sum)
      add(sum, i + sum);
  for (size_t i = whole; i < weights.size(); ++i)
    add(i - whole, i);
  return std::accumulate(std::begin(sums), std::end(sums), 0.0);
}
