//===- GroupQuantizer.cpp - one group at a time -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of the fp32 operations here is part of the definition in
// GroupScheme.h: NumPy gives the same bits.

#include "GroupQuantizer.h"
#include "quantc/Formats/Format.h"
#include "quantc/Formats/Rounding.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

GroupRange methods::fullRange(ArrayRef<float> weights,
                              const GroupScheme &scheme) {
  GroupRange range{0, 0};
  if (scheme.realZeros && !weights.empty())
    range = {weights.front(), weights.front()};
  for (float weight : weights) {
    range.low = std::min(range.low, weight);
    range.high = std::max(range.high, weight);
  }
  if (scheme.symmetric) {
    // Where there are more steps below zero than above, as many of them.
    if (scheme.steps && scheme.steps->largest)
      range.low *= float(scheme.steps->largest) / float(scheme.steps->zero);
    range.high = std::max(-range.low, range.high);
    range.low = -range.high;
  }
  return range;
}

/// Powers of two that are used as scales: the smallest keeps products with a
/// unit of 1/2 normal.
static constexpr float kLeastPower = 0x1p-125f, kMostPower = 0x1p127f;

float methods::roundScale(float scale, const GroupScheme &scheme) {
  static const Format &half = *lookupFormat("fp16"),
                      &power = *lookupFormat("e8m0"),
                      &eight = *lookupFormat("e4m3");
  const float unit = scheme.scaleUnit;
  if (std::isinf(unit))
    return unit;
  switch (scheme.scaleType) {
  case ScaleType::FP32:
    return std::max(scale, std::numeric_limits<float>::min());
  case ScaleType::FP16:
    return std::max(half.round(scale), 0x1p-24f);
  case ScaleType::E8M0:
    return std::max(power.round(scale / unit), kLeastPower) * unit;
  case ScaleType::E4M3:
    return std::max(eight.round(scale / unit), 0x1p-9f) * unit;
  }
  return scale;
}

/// The highest step of a code, or all steps of an asymmetric one.
static int levelsOf(const GroupScheme &scheme) {
  if (scheme.steps)
    return scheme.steps->largestStep();
  return scheme.symmetric ? (1 << (scheme.bits - 1)) - 1
                          : (1 << scheme.bits) - 1;
}

/// So that a zero point is no larger, and an f16 within half a step of it.
static constexpr float kMostSteps = 1024;

static float widthOf(GroupRange range, const GroupScheme &scheme) {
  if (scheme.realZeros)
    return std::max(range.high - range.low, std::max(-range.low, range.high) /
                                                kMostSteps *
                                                float(levelsOf(scheme)));
  return scheme.symmetric ? range.high : range.high - range.low;
}

float methods::chooseScaleUnit(MatrixRef weights, const GroupScheme &scheme) {
  const float number = scheme.steps ? scheme.steps->unit : 1.0f;
  if (scheme.scaleType == ScaleType::E8M0)
    return number;
  if (scheme.scaleType != ScaleType::E4M3)
    return 1;
  const float largest = widthOf(fullRange(weights.data, scheme), scheme);
  const float levels = float(levelsOf(scheme)) * number;
  // Far below, the unit would be no normal number.
  return std::max(largest / (448.0f * levels), 0x1p-100f) * number;
}

/// The scale of a range by the rule of its type; not rounded but for e8m0.
static float scaleOfWidth(float width, const GroupScheme &scheme) {
  const int levels = levelsOf(scheme);
  if (scheme.scaleType != ScaleType::E8M0)
    return width / float(levels);
  const float number = scheme.steps ? scheme.steps->unit : 1.0f;
  const int exponent = std::ilogb(width) - std::ilogb(float(levels) * number);
  return std::clamp(std::ldexp(1.0f, exponent), kLeastPower, kMostPower) *
         scheme.scaleUnit;
}

ArrayRef<float> methods::widerRanges(const GroupScheme &scheme) {
  static constexpr float powers[] = {2.0f}, fine[] = {1.125f},
                         minifloats[] = {1.125f, 1.5f};
  if (scheme.scaleType == ScaleType::E8M0)
    return powers;
  if (scheme.rule() == StepRule::E2M1)
    return minifloats;
  return scheme.scaleType == ScaleType::E4M3 ? ArrayRef<float>(fine)
                                             : ArrayRef<float>();
}

GroupGrid methods::makeGrid(GroupRange range, const GroupScheme &scheme) {
  const float width = widthOf(range, scheme);
  if (width == 0) // the smallest scale where no step is 0
    return {scheme.rule() == StepRule::Odd ? roundScale(0, scheme)
                                           : scheme.scaleUnit,
            scheme.symmetric ? scheme.symmetricZeroPoint() : uint8_t(0)};
  const float scale = roundScale(scaleOfWidth(width, scheme), scheme);
  if (scheme.symmetric)
    return {scale, scheme.symmetricZeroPoint()};
  if (scheme.realZeros)
    return {scale, 0,
            lookupFormat("fp16")->round(std::rint(-range.low / scale))};
  float zeroPoint =
      roundClamped(-range.low / scale, 0, float(levelsOf(scheme)));
  return {scale, uint8_t(zeroPoint)};
}

void methods::encodeGroup(ArrayRef<float> weights, GroupGrid grid,
                          const GroupScheme &scheme,
                          MutableArrayRef<uint8_t> codes) {
  if (scheme.realZeros) {
    const float last = float(scheme.largestCode());
    for (size_t i = 0; i < weights.size(); ++i)
      codes[i] = uint8_t(
          roundClamped(weights[i] / grid.scale + grid.realZero, 0, last));
    return;
  }
  const int32_t zeroPoint = grid.zeroPoint;
  const float low = float(-zeroPoint);
  const float high = float(int32_t(scheme.largestCode()) - zeroPoint);
  const StepRule rule = scheme.rule();
  for (size_t i = 0; i < weights.size(); ++i)
    codes[i] =
        uint8_t(int32_t(roundToStep(rule, weights[i] / grid.scale, low, high)) +
                zeroPoint);
}

Error methods::rangeTooWide(int64_t row, int64_t group,
                            const GroupScheme &scheme) {
  return makeError(ErrorKind::BadModel,
                   "the range of the weights in row {0}, group {1} is too wide "
                   "for a scale of {2} bits",
                   row, group, scheme.scaleBits());
}

BestGrid::BestGrid(ArrayRef<float> weights, const GroupScheme &scheme,
                   MutableArrayRef<uint8_t> codes)
    : weights(weights), scheme(scheme), codes(codes), tried(weights.size()),
      best{makeGrid(fullRange(weights, scheme), scheme), /*keptRtn=*/true} {
  encodeGroup(weights, best.grid, scheme, codes);
  if (!std::isinf(best.grid.scale))
    error = groupSquaredError(weights, codes, best.grid.scale,
                              best.grid.zero(scheme));
}

void BestGrid::offer(const GroupGrid &grid) {
  if (std::isinf(grid.scale))
    return;
  encodeGroup(weights, grid, scheme, tried);
  double found =
      groupSquaredError(weights, tried, grid.scale, grid.zero(scheme));
  if (found >= error)
    return;
  error = found;
  best = {grid, /*keptRtn=*/false};
  std::copy(tried.begin(), tried.end(), codes.begin());
}

Expected<QuantizedMatrix> methods::quantizeGroups(
    MatrixRef weights, const GroupScheme &scheme,
    function_ref<GroupChoice(ArrayRef<float>, MutableArrayRef<uint8_t>)>
        choose) {
  QuantizedMatrix result(weights.rows, weights.cols, scheme);
  std::atomic<int64_t> kept{0};
  auto quantizeRow = [&](int64_t r) -> Error {
    ArrayRef<float> row = weights.row(r);
    auto codes = MutableArrayRef(result.codes)
                     .slice(size_t(r * result.cols), size_t(result.cols));
    for (int64_t g = 0; g < result.groups; ++g) {
      size_t first = size_t(g * result.groupSize);
      size_t count = std::min(size_t(result.groupSize), row.size() - first);
      GroupChoice choice =
          choose(row.slice(first, count), codes.slice(first, count));
      if (std::isinf(choice.grid.scale))
        return rangeTooWide(r, g, scheme);
      kept += choice.keptRtn;
      result.scales[size_t(r * result.groups + g)] = choice.grid.scale;
      result.zeroPoints[size_t(r * result.groups + g)] = choice.grid.zeroPoint;
      if (scheme.realZeros)
        result.realZeros[size_t(r * result.groups + g)] = choice.grid.realZero;
    }
    return Error::success();
  };
  // A fixed number of rows a chunk, so that the error is the first one always.
  Error error = parallelForFallible(weights.rows, 8,
                                    [&](int64_t begin, int64_t end) -> Error {
                                      for (int64_t r = begin; r < end; ++r)
                                        if (Error error = quantizeRow(r))
                                          return error;
                                      return Error::success();
                                    });
  if (error)
    return error;
  result.groupsKeptAtRtn = kept;
  return result;
}
