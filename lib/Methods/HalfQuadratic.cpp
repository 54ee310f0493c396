//===- HalfQuadratic.cpp - the method 'hqq' ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes the sum of |w - level|^0.7 of every group small, which forgives a few
// large errors. Half-quadratic: what an error has in excess is taken out by
// shrinkage, the rest is fitted by least squares, and so on in turn. Stored
// zero points are whole numbers, which the published step on the zero point
// cannot move by less than one; so the step is taken on the scale, and the zero
// point stays that of rtn.

#include "HalfQuadratic.h"
#include "GroupQuantizer.h"
#include "llvm/ADT/SmallVector.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

static constexpr int kSteps = 20;
static constexpr double kFirstBeta = 10, kBetaGrowth = 1.01;

double methods::shrinkError(double x, double power, double beta) {
  double size = std::fabs(x);
  if (size == 0)
    return 0;
  return std::copysign(std::max(size - power / size / beta, 0.0), x);
}

namespace {
/// What the codes of a group on one grid give; errors in steps of the grid.
struct Fit {
  double objective = 0; ///< sum of |error|^p
  /// sum of level * (weight without shrunken error), and of level^2.
  double product = 0, squares = 0;
};
} // namespace

static Fit fitScale(ArrayRef<float> group, ArrayRef<uint8_t> codes,
                    GroupGrid grid, double beta) {
  Fit fit;
  for (size_t i = 0; i < group.size(); ++i) {
    double level = int(codes[i]) - int(grid.zeroPoint);
    double weight = double(group[i]) / grid.scale;
    double error = weight - level;
    double power = std::pow(std::fabs(error), kErrorPower);
    fit.objective += power;
    fit.product += level * (weight - shrinkError(error, power, beta));
    fit.squares += level * level;
  }
  return fit;
}

static GroupChoice fitGroup(ArrayRef<float> group, const GroupScheme &scheme,
                            MutableArrayRef<uint8_t> codes) {
  GroupChoice best{makeGrid(fullRange(group, scheme), scheme),
                   /*keptRtn=*/true};
  encodeGroup(group, best.grid, scheme, codes);
  if (std::isinf(best.grid.scale))
    return best;
  const float firstScale = best.grid.scale;
  double beta = kFirstBeta;
  Fit fit = fitScale(group, codes, best.grid, beta);
  double bestObjective = fit.objective;
  GroupGrid grid = best.grid;
  SmallVector<uint8_t, 256> tried(group.size());
  for (int step = 0; step < kSteps && bestObjective > 0; ++step) {
    // All codes that of 0, or fitted levels that point the other way.
    if (!(fit.product > 0))
      break;
    float scale = roundScale(float(grid.scale * (fit.product / fit.squares)),
                             scheme.scaleType);
    if (!std::isfinite(scale))
      break;
    grid.scale = scale;
    beta *= kBetaGrowth;
    encodeGroup(group, grid, scheme, tried);
    fit = fitScale(group, tried, grid, beta);
    // In steps of the first grid, so that grids can be compared.
    double objective =
        fit.objective * std::pow(double(scale) / firstScale, kErrorPower);
    if (objective < bestObjective) {
      bestObjective = objective;
      best = {grid, /*keptRtn=*/false};
      std::copy(tried.begin(), tried.end(), codes.begin());
    }
  }
  return best;
}

namespace quantc::methods {

Expected<QuantizedMatrix> halfQuadratic(MatrixRef weights,
                                        const GroupScheme &scheme) {
  return quantizeGroups(
      weights, scheme,
      [&](ArrayRef<float> group, MutableArrayRef<uint8_t> codes) {
        return fitGroup(group, scheme, codes);
      });
}

} // namespace quantc::methods
