//===- WeightError.cpp - how far codes are from a weight --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See WeightError.h. Group by group, so that the numbers that codes stand for
// need no memory.

#include "WeightError.h"
#include "mlir/IR/Builders.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {
/// Sums over one weight.
struct Sums {
  double signal = 0, product = 0, power = 0;
  int64_t clipped = 0;

  void add(float weight, float found) {
    signal += double(weight) * double(weight);
    product += double(weight) * double(found);
    power += double(found) * double(found);
  }

  void add(float weight, uint8_t code, float scale, float zeroPoint,
           uint8_t lastCode) {
    float found = scale * (float(code) - zeroPoint);
    add(weight, found);
    bool isEnd = code == 0 || code == lastCode;
    double half = 0.5 * double(scale) * (1 + 1e-5);
    clipped += isEnd && std::fabs(double(weight) - double(found)) > half;
  }

  WeightError error(double noise) const {
    WeightError error;
    error.sqnrDb = noise > 0 ? 10 * std::log10(signal / noise) : INFINITY;
    double lengths = std::sqrt(signal * power);
    bool areZeros = signal == 0 && power == 0;
    error.cosine = lengths > 0 ? product / lengths : areZeros ? 1 : 0;
    return error;
  }
};
} // namespace

WeightError WeightError::of(ArrayRef<float> weights, ArrayRef<float> found) {
  Sums sums;
  double noise = 0;
  for (auto [weight, level] : llvm::zip_equal(weights, found)) {
    double error = double(weight) - double(level);
    noise += error * error;
    sums.add(weight, level);
  }
  return sums.error(noise);
}

WeightError WeightError::of(MatrixRef weights,
                            const QuantizedMatrix &quantized) {
  Sums sums;
  uint8_t lastCode = quantized.largestCode();
  for (int64_t r = 0; r < weights.rows; ++r)
    for (int64_t g = 0; g < quantized.groups; ++g) {
      int64_t first = g * quantized.groupSize,
              end = std::min(first + quantized.groupSize, weights.cols);
      float scale = quantized.scales[r * quantized.groups + g];
      float zeroPoint = quantized.zeroOf(size_t(r * quantized.groups + g));
      for (int64_t at = r * weights.cols + first; at < r * weights.cols + end;
           ++at)
        sums.add(weights.data[at], quantized.codes[at], scale, zeroPoint,
                 lastCode);
    }
  WeightError error = sums.error(quantized.squaredError(weights));
  if (int64_t count = weights.rows * weights.cols)
    error.saturated = double(sums.clipped) / double(count);
  return error;
}

void quantc::noteError(Operation *product, const WeightError &error,
                       ArrayRef<double> planeSqnr) {
  Builder b(product->getContext());
  product->setAttr("qnt.weight_sqnr", b.getF64FloatAttr(error.sqnrDb));
  product->setAttr("qnt.weight_cosine", b.getF64FloatAttr(error.cosine));
  product->setAttr("qnt.weight_saturated", b.getF64FloatAttr(error.saturated));
  if (!planeSqnr.empty())
    product->setAttr("qnt.plane_sqnr", b.getDenseF64ArrayAttr(planeSqnr));
}
