//===- TernarySearch.cpp - the method 'twn' ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The codes -1, 0, 1 and the scale of a group with the smallest squared error
// (the objective of Li et al., Ternary Weight Networks, 2016, section 2.2). Of
// the m weights that are not 0 the best scale is the mean magnitude S_m / m,
// the best m weights are the largest, and the error is sum w^2 - S_m^2 / m:
// sorted magnitudes give the optimum, where the paper approximates the
// threshold. What is left to chance is the rounding of the scale. Only ternary
// codes.

#include "GroupQuantizer.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

/// S_m / m where S_m^2 / m is largest; 0 for zeros.
static float bestScale(ArrayRef<float> group) {
  std::vector<float> sizes(group.size());
  std::transform(group.begin(), group.end(), sizes.begin(),
                 [](float weight) { return std::fabs(weight); });
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  double sum = 0, most = 0, scale = 0;
  for (size_t m = 1; m <= sizes.size(); ++m) {
    sum += double(sizes[m - 1]);
    double gain = sum * sum / double(m);
    if (gain > most) {
      most = gain;
      scale = sum / double(m);
    }
  }
  return float(scale);
}

static GroupChoice searchGroup(ArrayRef<float> group, const GroupScheme &scheme,
                               MutableArrayRef<uint8_t> codes) {
  BestGrid best(group, scheme, codes);
  const uint8_t zeroPoint = best.choice().grid.zeroPoint;
  float scale = bestScale(group);
  if (best.isFinal() || scale == 0)
    return best.choice();
  // The nearest of few scales need not be the best one.
  std::vector<float> factors = {1.0f};
  if (scheme.scaleType == ScaleType::E8M0)
    factors = {1.0f, 0.5f, 2.0f};
  for (float factor : factors)
    best.offer({roundScale(scale * factor, scheme), zeroPoint});
  return best.choice();
}

namespace quantc::methods {

Expected<QuantizedMatrix> ternarySearch(MatrixRef weights,
                                        const GroupScheme &scheme) {
  return quantizeGroups(
      weights, scheme,
      [&](ArrayRef<float> group, MutableArrayRef<uint8_t> codes) {
        return searchGroup(group, scheme, codes);
      });
}

} // namespace quantc::methods
