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
  for (float weight : weights) {
    range.low = std::min(range.low, weight);
    range.high = std::max(range.high, weight);
  }
  if (scheme.symmetric) {
    range.high = std::max(-range.low, range.high);
    range.low = -range.high;
  }
  return range;
}

float methods::roundScale(float scale, ScaleType type) {
  if (type == ScaleType::FP32)
    return std::max(scale, std::numeric_limits<float>::min());
  static const Format &half = *lookupFormat("fp16");
  return std::max(half.round(scale), 0x1p-24f);
}

GroupGrid methods::makeGrid(GroupRange range, const GroupScheme &scheme) {
  const float width = scheme.symmetric ? range.high : range.high - range.low;
  const int levels =
      scheme.symmetric ? (1 << (scheme.bits - 1)) - 1 : (1 << scheme.bits) - 1;
  const float scale =
      width == 0 ? 1.0f : roundScale(width / float(levels), scheme.scaleType);
  if (scheme.symmetric)
    return {scale, scheme.symmetricZeroPoint()};
  float zeroPoint = roundClamped(-range.low / scale, 0, float(levels));
  return {scale, uint8_t(zeroPoint)};
}

void methods::encodeGroup(ArrayRef<float> weights, GroupGrid grid,
                          const GroupScheme &scheme,
                          MutableArrayRef<uint8_t> codes) {
  const int32_t zeroPoint = grid.zeroPoint;
  const float low = float(-zeroPoint);
  const float high = float((1 << scheme.bits) - 1 - zeroPoint);
  for (size_t i = 0; i < weights.size(); ++i)
    codes[i] = uint8_t(
        int32_t(roundClamped(weights[i] / grid.scale, low, high)) + zeroPoint);
}

Error methods::rangeTooWide(int64_t row, int64_t group,
                            const GroupScheme &scheme) {
  return makeError(ErrorKind::BadModel,
                   "the range of the weights in row {0}, group {1} is too wide "
                   "for a scale of {2} bits",
                   row, group, scheme.scaleBits());
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
