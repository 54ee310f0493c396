//===- BinaryFit.cpp - two levels for a group of weights --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See BinaryFit.h. All sums are in double, ascending.

#include "BinaryFit.h"
#include "quantc/Formats/Format.h"
#include "quantc/Support/Errors.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

/// A zero point beyond this keeps too few digits to place two levels.
static constexpr double kMostZeroPoint = 1024;

static double meanOf(ArrayRef<float> weights) {
  double sum = 0;
  for (float weight : weights)
    sum += weight;
  return weights.empty() ? 0 : sum / double(weights.size());
}

static double meanDistance(ArrayRef<float> weights, double mu) {
  double sum = 0;
  for (float weight : weights)
    sum += std::fabs(weight - mu);
  return weights.empty() ? 0 : sum / double(weights.size());
}

BinaryFit methods::meanFit(ArrayRef<float> weights, bool hasZeroPoint) {
  double mu = hasZeroPoint ? meanOf(weights) : 0;
  return {mu, meanDistance(weights, mu)};
}

BinaryFit methods::alternateFit(ArrayRef<float> weights, int iterations) {
  const double mean = meanOf(weights);
  double mu = mean;
  for (int i = 0; i < iterations; ++i) {
    // The mean of w - alpha b - mu is mean(w) - alpha mean(b) - mu.
    double alpha = meanDistance(weights, mu);
    int64_t signs = 0;
    for (float weight : weights)
      signs += weight >= mu ? 1 : -1;
    mu = mean - alpha * double(signs) / double(weights.size());
  }
  return {mu, meanDistance(weights, mu)};
}

float methods::roundToType(double value, ScaleType type) {
  if (type == ScaleType::FP32)
    return float(value);
  static const Format &half = *lookupFormat("fp16");
  return half.round(float(value));
}

StoredFit methods::roundFit(BinaryFit fit, const BinaryScheme &scheme) {
  if (!scheme.hasZeroPoints)
    return {roundToType(fit.alpha, scheme.scaleType), 0};
  if (!(std::fabs(fit.mu) <= kMostZeroPoint * fit.alpha))
    return {roundToType(std::fabs(fit.mu), scheme.scaleType), 0};
  float scale = roundToType(fit.alpha, scheme.scaleType);
  if (scale == 0)
    return {0, 0};
  return {scale, roundToType(-fit.mu / double(scale), scheme.scaleType)};
}

void methods::chooseSigns(ArrayRef<float> weights, StoredFit fit,
                          MutableArrayRef<uint8_t> signs) {
  float middle = -fit.zeroPoint * fit.scale;
  for (size_t i = 0; i < weights.size(); ++i)
    signs[i] = weights[i] >= middle;
}

double methods::fitError(ArrayRef<float> weights, ArrayRef<uint8_t> signs,
                         StoredFit fit) {
  const float levels[] = {(-1.0f - fit.zeroPoint) * fit.scale,
                          (1.0f - fit.zeroPoint) * fit.scale};
  double sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    double error = double(weights[i]) - double(levels[signs[i]]);
    sum += error * error;
  }
  return sum;
}

BinaryFit methods::leastSquaresFit(ArrayRef<float> weights,
                                   ArrayRef<uint8_t> signs, bool hasZeroPoint) {
  double product = 0, sum = 0, count = double(weights.size());
  int64_t balance = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    product += signs[i] ? weights[i] : -weights[i];
    sum += weights[i];
    balance += signs[i] ? 1 : -1;
  }
  if (weights.empty())
    return {};
  if (!hasZeroPoint)
    return {0, std::max(product / count, 0.0)};
  double mean = double(balance) / count, spread = count * (1 - mean * mean);
  double alpha = spread > 0 ? (product - mean * sum) / spread : 0;
  auto muOf = [&] { return sum / count - alpha * mean; };
  // Levels so close together that their zero point could not be stored.
  alpha = std::max(alpha, 0.0);
  alpha = std::max(alpha, 1.01 / kMostZeroPoint * std::fabs(muOf()));
  return {muOf(), alpha};
}

Error methods::storeFit(BinaryMatrix &matrix, int64_t row, int64_t group,
                        StoredFit fit, const BinaryScheme &scheme) {
  if (!std::isfinite(fit.scale) || !std::isfinite(fit.zeroPoint))
    return makeError(ErrorKind::BadModel,
                     "the weights in row {0}, group {1} are too large for a "
                     "binary scale of {2} bits",
                     row, group, scheme.scaleBits());
  size_t place = size_t(row * matrix.groups + group);
  matrix.scales[place] = fit.scale;
  if (scheme.hasZeroPoints)
    matrix.zeroPoints[place] = fit.zeroPoint;
  return Error::success();
}
