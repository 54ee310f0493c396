//===- GPTQ.cpp - the method 'gptq' -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rounds the columns of a matrix one after the other so that the error of the
// outputs stays small: with H = X^T X, the error of a row is d H d^T for d = w
// - w^ (Frantar et al., GPTQ, 2022).
//
// The columns are taken by descending diagonal of H. Written with H = (I + N) D
// (I + N)^T, N strictly upper triangular, column k is rounded after what the
// errors before it ask for was added, w_k + sum_i<k d_i N_ik (Chee et al.,
// QuIP, 2023: the same codes as with the inverse of H, from one factorization).
// The ranges of groups come first, from the weights as they are, so that groups
// stay where they are in memory. Then every column is rounded again, given all
// others, and every scale is fitted to the codes; both only ever lower d H d^T.
//
// H is damped by 1 % of its mean diagonal. This file does not compute H.

#include "ColumnOrder.h"
#include "GroupQuantizer.h"
#include "quantc/Formats/Rounding.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <atomic>
#include <cmath>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

namespace {
/// Rows that are rounded side by side.
constexpr int64_t kLanes = 16;
/// Ranges tried for a group: 1, 0.97, ..., 0.28 of the full one, then wider
/// ones.
constexpr int kRanges = 25;
/// Times that scales are fitted and all columns are rounded again.
constexpr int kSweeps = 2;

using Lanes = float[kLanes];

/// Up to kLanes rows on their way to codes; columns in the order of rounding.
struct Panel {
  int64_t firstRow = 0, rows = 0;
  std::vector<float> weights, errors, levels; ///< [size][kLanes]
  std::vector<float> scales, low, high;       ///< [groups][kLanes]
};

/// The same rows rounded to nearest.
struct RtnPanel {
  std::vector<GroupGrid> grids; ///< [rows, groups]
  std::vector<uint8_t> codes;   ///< [rows, columns of the matrix]
  std::vector<float> errors;    ///< [size][kLanes]
};

class Rounding {
public:
  Rounding(MatrixRef matrix, const GroupScheme &scheme,
           const ColumnOrder &order, QuantizedMatrix &result)
      : matrix(matrix), scheme(scheme), order(order), result(result) {}

  /// Rounds the rows from `first` on; the number of groups kept at rtn.
  Expected<int64_t> round(int64_t first);

private:
  /// The range of a group with the smallest error, columns weighted by the
  /// diagonal of the Hessian.
  GroupGrid searchRange(ArrayRef<float> weights, int64_t firstColumn) const;
  Error chooseGrids(Panel &panel);
  void load(Panel &panel) const;
  /// sum_i<count matrix[i] errors[i], one sum a lane.
  static void multiply(const float *row, const std::vector<float> &errors,
                       int64_t count, Lanes &sums);
  void roundColumn(Panel &panel, int64_t k, const Lanes &targets) const;
  void roundInOrder(Panel &panel) const;
  void roundAgain(Panel &panel) const;
  void fitScales(Panel &panel) const;
  void fitGroup(Panel &panel, int64_t group, ArrayRef<int64_t> places) const;
  int64_t store(const Panel &panel);
  void roundToNearest(const Panel &panel, RtnPanel &rtn) const;
  /// d H d^T of each lane.
  void objectives(const std::vector<float> &errors,
                  double (&sums)[kLanes]) const;

  int64_t groupOf(int64_t k) const {
    return order.columns[k] / result.groupSize;
  }

  MatrixRef matrix;
  const GroupScheme &scheme;
  const ColumnOrder &order;
  QuantizedMatrix &result;
};
} // namespace

GroupGrid Rounding::searchRange(ArrayRef<float> weights,
                                int64_t firstColumn) const {
  const GroupRange full = fullRange(weights, scheme);
  GroupGrid best = makeGrid(full, scheme);
  if (std::isinf(best.scale))
    return best;
  SmallVector<uint8_t, 256> codes(weights.size());
  double least = INFINITY;
  ArrayRef<float> wider = widerRanges(scheme);
  const int steps = kRanges + int(wider.size());
  for (int step = 0; step < steps; ++step) {
    float factor = step < kRanges ? float(100 - 3 * step) / 100.0f
                                  : wider[size_t(step - kRanges)];
    GroupGrid grid = makeGrid({factor * full.low, factor * full.high}, scheme);
    encodeGroup(weights, grid, scheme, codes);
    double error = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      double difference =
          weights[i] - grid.scale * float(int(codes[i]) - grid.zeroPoint);
      int64_t column = firstColumn + int64_t(i);
      error += difference * difference *
               matrix.hessian[size_t(column * (matrix.cols + 1))];
    }
    if (error < least) {
      least = error;
      best = grid;
    }
  }
  return best;
}

Error Rounding::chooseGrids(Panel &panel) {
  for (int64_t lane = 0; lane < panel.rows; ++lane)
    for (int64_t g = 0; g < result.groups; ++g) {
      int64_t first = g * result.groupSize, row = panel.firstRow + lane;
      int64_t count = std::min(result.groupSize, result.cols - first);
      GroupGrid grid = searchRange(
          matrix.row(row).slice(size_t(first), size_t(count)), first);
      if (std::isinf(grid.scale))
        return rangeTooWide(row, g, scheme);
      result.zeroPoints[size_t(row * result.groups + g)] = grid.zeroPoint;
      size_t place = size_t(g * kLanes + lane);
      panel.scales[place] = grid.scale;
      panel.low[place] = -float(grid.zeroPoint);
      panel.high[place] = float(int(scheme.largestCode()) - grid.zeroPoint);
    }
  return Error::success();
}

void Rounding::load(Panel &panel) const {
  size_t numbers = size_t(order.size * kLanes);
  panel.weights.assign(numbers, 0.0f);
  panel.errors.assign(numbers, 0.0f);
  panel.levels.assign(numbers, 0.0f);
  // Lanes without a row round zeros.
  size_t groups = size_t(result.groups * kLanes);
  panel.scales.assign(groups, 1.0f);
  panel.low.assign(groups, 0.0f);
  panel.high.assign(groups, 0.0f);
  for (int64_t k = 0; k < order.size; ++k)
    for (int64_t lane = 0; lane < panel.rows; ++lane)
      panel.weights[size_t(k * kLanes + lane)] =
          matrix.row(panel.firstRow + lane)[size_t(order.columns[k])];
}

void Rounding::multiply(const float *row, const std::vector<float> &numbers,
                        int64_t count, Lanes &sums) {
  const float *errors = numbers.data();
  Lanes local = {};
  for (int64_t i = 0; i < count; ++i)
    for (int64_t lane = 0; lane < kLanes; ++lane)
      local[lane] += row[i] * errors[i * kLanes + lane];
  std::copy(std::begin(local), std::end(local), std::begin(sums));
}

void Rounding::roundColumn(Panel &panel, int64_t k,
                           const Lanes &targets) const {
  int64_t group = groupOf(k) * kLanes;
  const StepRule rule = scheme.rule();
  for (int64_t lane = 0; lane < panel.rows; ++lane) {
    size_t place = size_t(k * kLanes + lane), g = size_t(group + lane);
    float level = roundToStep(rule, targets[lane] / panel.scales[g],
                              panel.low[g], panel.high[g]);
    panel.levels[place] = level;
    panel.errors[place] = panel.weights[place] - panel.scales[g] * level;
  }
}

void Rounding::roundInOrder(Panel &panel) const {
  for (int64_t k = 0; k < order.size; ++k) {
    Lanes targets;
    multiply(&order.feedback[size_t(k * order.size)], panel.errors, k, targets);
    for (int64_t lane = 0; lane < kLanes; ++lane)
      targets[lane] += panel.weights[size_t(k * kLanes + lane)];
    roundColumn(panel, k, targets);
  }
}

void Rounding::roundAgain(Panel &panel) const {
  for (int64_t k = 0; k < order.size; ++k) {
    Lanes targets;
    const float *row = &order.hessian[size_t(k * order.size)];
    multiply(row, panel.errors, order.size, targets);
    // Where d H d^T is smallest when only this weight moves.
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      size_t place = size_t(k * kLanes + lane);
      targets[lane] =
          targets[lane] / row[k] + panel.weights[place] - panel.errors[place];
    }
    roundColumn(panel, k, targets);
  }
}

void Rounding::fitGroup(Panel &panel, int64_t group,
                        ArrayRef<int64_t> places) const {
  // With v the levels of a group, d H d^T changes by x^2 v H v^T - 2 x v H d^T
  // when its scale grows by x.
  double slope[kLanes] = {}, curvature[kLanes] = {};
  for (int64_t k : places) {
    const float *row = &order.hessian[size_t(k * order.size)];
    Lanes sums, squares = {};
    multiply(row, panel.errors, order.size, sums);
    for (int64_t i : places)
      for (int64_t lane = 0; lane < kLanes; ++lane)
        squares[lane] += row[i] * panel.levels[size_t(i * kLanes + lane)];
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      double level = panel.levels[size_t(k * kLanes + lane)];
      slope[lane] += level * sums[lane];
      curvature[lane] += level * squares[lane];
    }
  }
  for (int64_t lane = 0; lane < panel.rows; ++lane) {
    float &scale = panel.scales[size_t(group * kLanes + lane)];
    if (!(curvature[lane] > 0))
      continue;
    float fitted =
        roundScale(float(scale + slope[lane] / curvature[lane]), scheme);
    double change = double(fitted) - scale;
    if (!(change * (change * curvature[lane] - 2 * slope[lane]) < 0) ||
        !std::isfinite(fitted))
      continue;
    scale = fitted;
    for (int64_t k : places) {
      size_t place = size_t(k * kLanes + lane);
      panel.errors[place] = panel.weights[place] - scale * panel.levels[place];
    }
  }
}

void Rounding::fitScales(Panel &panel) const {
  std::vector<SmallVector<int64_t, 64>> places(result.groups);
  for (int64_t k = 0; k < order.size; ++k)
    places[groupOf(k)].push_back(k);
  for (int64_t g = 0; g < result.groups; ++g)
    fitGroup(panel, g, places[g]);
}

void Rounding::objectives(const std::vector<float> &errors,
                          double (&sums)[kLanes]) const {
  std::fill(std::begin(sums), std::end(sums), 0.0);
  for (int64_t k = 0; k < order.size; ++k) {
    Lanes products;
    multiply(&order.hessian[size_t(k * order.size)], errors, order.size,
             products);
    for (int64_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += double(products[lane]) * errors[size_t(k * kLanes + lane)];
  }
}

void Rounding::roundToNearest(const Panel &panel, RtnPanel &rtn) const {
  rtn.grids.resize(size_t(panel.rows * result.groups));
  rtn.codes.resize(size_t(panel.rows * result.cols));
  rtn.errors.assign(panel.errors.size(), 0.0f);
  for (int64_t lane = 0; lane < panel.rows; ++lane) {
    auto codes = MutableArrayRef(rtn.codes).slice(size_t(lane * result.cols),
                                                  size_t(result.cols));
    GroupGrid *grids = &rtn.grids[size_t(lane * result.groups)];
    for (int64_t g = 0; g < result.groups; ++g) {
      size_t first = size_t(g * result.groupSize);
      auto group = matrix.row(panel.firstRow + lane)
                       .slice(first, std::min(size_t(result.groupSize),
                                              codes.size() - first));
      grids[g] = makeGrid(fullRange(group, scheme), scheme);
      encodeGroup(group, grids[g], scheme, codes.slice(first, group.size()));
    }
    for (int64_t k = 0; k < order.size; ++k) {
      const GroupGrid &grid = grids[groupOf(k)];
      int level = int(codes[size_t(order.columns[k])]) - grid.zeroPoint;
      size_t place = size_t(k * kLanes + lane);
      rtn.errors[place] = panel.weights[place] - grid.scale * float(level);
    }
  }
}

int64_t Rounding::store(const Panel &panel) {
  RtnPanel rtn;
  roundToNearest(panel, rtn);
  double found[kLanes], nearest[kLanes];
  objectives(panel.errors, found);
  objectives(rtn.errors, nearest);
  int64_t kept = 0;
  for (int64_t lane = 0; lane < panel.rows; ++lane) {
    int64_t row = panel.firstRow + lane;
    bool isBetter = found[lane] < nearest[lane];
    kept += isBetter ? 0 : result.groups;
    for (int64_t g = 0; g < result.groups; ++g) {
      size_t group = size_t(row * result.groups + g);
      const GroupGrid &grid = rtn.grids[size_t(lane * result.groups + g)];
      result.scales[group] =
          isBetter ? panel.scales[size_t(g * kLanes + lane)] : grid.scale;
      if (!isBetter)
        result.zeroPoints[group] = grid.zeroPoint;
    }
    uint8_t *codes = &result.codes[size_t(row * result.cols)];
    if (!isBetter)
      std::copy_n(&rtn.codes[size_t(lane * result.cols)], result.cols, codes);
    for (int64_t k = 0; isBetter && k < order.size; ++k)
      codes[order.columns[k]] =
          uint8_t(int(panel.levels[size_t(k * kLanes + lane)]) +
                  result.zeroPoints[size_t(row * result.groups + groupOf(k))]);
  }
  return kept;
}

Expected<int64_t> Rounding::round(int64_t first) {
  Panel panel;
  panel.firstRow = first;
  panel.rows = std::min(kLanes, matrix.rows - first);
  load(panel);
  if (Error error = chooseGrids(panel))
    return error;
  roundInOrder(panel);
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    fitScales(panel);
    roundAgain(panel);
  }
  return store(panel);
}

namespace quantc::methods {

Expected<QuantizedMatrix> gptq(MatrixRef weights, const GroupScheme &scheme) {
  QuantizedMatrix result(weights.rows, weights.cols, scheme);
  if (weights.data.empty())
    return result;
  auto order = orderColumns(weights, /*byImportance=*/true);
  if (!order)
    return order.takeError();
  std::atomic<int64_t> kept{0};
  Error error = parallelForFallible(
      weights.rows, kLanes, [&](int64_t begin, int64_t) -> Error {
        auto count = Rounding(weights, scheme, *order, result).round(begin);
        if (!count)
          return count.takeError();
        kept += *count;
        return Error::success();
      });
  if (error)
    return error;
  result.groupsKeptAtRtn = kept;
  return result;
}

} // namespace quantc::methods
