//===- PlaneScales.cpp - scales of codes cut off others ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See PlaneScales.h.

#include "quantc/Methods/PlaneScales.h"
#include "GroupQuantizer.h"
#include "quantc/Formats/PlaneLayout.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <atomic>
#include <cassert>
#include <cmath>

using namespace llvm;
using namespace quantc;

static GroupScheme schemeOf(const QuantizedMatrix &parent, unsigned width) {
  GroupScheme scheme;
  scheme.bits = width;
  scheme.symmetric = true;
  scheme.groupSize = parent.groupSize;
  scheme.scaleType = parent.scaleType;
  scheme.steps = planeSteps(parent.bits, width);
  return scheme;
}

/// sum w d / sum d^2; 0 where all steps are 0.
static float leastSquares(ArrayRef<float> weights, ArrayRef<uint8_t> bytes,
                          uint8_t zero) {
  double product = 0, squares = 0;
  for (auto [weight, byte] : zip_equal(weights, bytes)) {
    double step = double(byte) - double(zero);
    product += double(weight) * step;
    squares += step * step;
  }
  return squares > 0 ? float(std::max(product / squares, 0.0)) : 0.0f;
}

namespace {
struct Choice {
  float scale;
  bool isTruncated;
};
} // namespace

static Choice chooseScale(ArrayRef<float> weights, ArrayRef<uint8_t> bytes,
                          float truncated, const GroupScheme &scheme) {
  const uint8_t zero = scheme.symmetricZeroPoint();
  const float fitted =
      methods::roundScale(leastSquares(weights, bytes, zero), scheme);
  truncated = methods::roundScale(truncated, scheme);
  if (std::isinf(truncated) || fitted == truncated)
    return {fitted, false};
  bool isBetter = groupSquaredError(weights, bytes, truncated, zero) <
                  groupSquaredError(weights, bytes, fitted, zero);
  return isBetter ? Choice{truncated, true} : Choice{fitted, false};
}

Expected<QuantizedMatrix> quantc::slicePlanes(MatrixRef weights,
                                              const QuantizedMatrix &parent,
                                              unsigned width) {
  assert(parent.symmetric && hasPlaneLayout(parent.bits) &&
         parent.steps == planeSteps(parent.bits, parent.bits));
  if (width == parent.bits)
    return parent;
  const GroupScheme scheme = schemeOf(parent, width);
  QuantizedMatrix child(parent.rows, parent.cols, scheme);
  const unsigned dropped = parent.bits - width;
  const unsigned factor = scheme.steps ? scheme.steps->bytes[1] : 1;
  for (size_t i = 0; i < child.codes.size(); ++i)
    child.codes[i] = uint8_t((parent.codes[i] >> dropped) * factor);
  std::fill(child.zeroPoints.begin(), child.zeroPoints.end(),
            scheme.symmetricZeroPoint());
  if (weights.data.empty())
    return child;
  // A step of the child in steps of the parent.
  const float step = float(1u << dropped) / float(factor);
  std::atomic<int64_t> kept{0};
  Error error = parallelForFallible(
      child.rows, 8, [&](int64_t begin, int64_t end) -> Error {
        for (int64_t r = begin; r < end; ++r)
          for (int64_t g = 0; g < child.groups; ++g) {
            auto first = size_t(g * child.groupSize);
            auto count =
                size_t(std::min(child.groupSize, child.cols - int64_t(first)));
            auto group = size_t(r * child.groups + g);
            ArrayRef<uint8_t> row =
                ArrayRef(child.codes).slice(size_t(r * child.cols));
            Choice choice = chooseScale(weights.row(r).slice(first, count),
                                        row.slice(first, count),
                                        parent.scales[group] * step, scheme);
            if (std::isinf(choice.scale))
              return methods::rangeTooWide(r, g, scheme);
            child.scales[group] = choice.scale;
            kept += choice.isTruncated;
          }
        return Error::success();
      });
  if (error)
    return error;
  child.groupsKeptAtRtn = kept;
  return child;
}
