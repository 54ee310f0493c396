//===- ARB.cpp - the methods 'arb', 'arb_rc' and 'arb_x' --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Alternating refined binarization (ARB-LLM, arXiv 2410.03129): the best signs
// for two levels, then the best levels for these signs, and so on. Levels of a
// row (arb), of rows and columns (arb_rc), and levels that the Hessian of the
// inputs weighs (arb_x).

#include "BinaryFit.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <atomic>
#include <cmath>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

/// Signs and levels of one group; true when the mean fit was kept.
static bool binarizeGroup(ArrayRef<float> weights, const BinaryScheme &scheme,
                          MutableArrayRef<uint8_t> signs, StoredFit &best) {
  best = roundFit(meanFit(weights, scheme.hasZeroPoints), scheme);
  chooseSigns(weights, best, signs);
  if (!scheme.hasZeroPoints || !std::isfinite(best.scale))
    return true;
  StoredFit refined = roundFit(alternateFit(weights, kAlternations), scheme);
  SmallVector<uint8_t, 256> found(weights.size());
  chooseSigns(weights, refined, found);
  if (!(fitError(weights, found, refined) < fitError(weights, signs, best)))
    return true;
  best = refined;
  copy(found, signs.begin());
  return false;
}

Expected<BinaryMatrix> methods::binarizeGroups(MatrixRef weights,
                                               const BinaryScheme &scheme) {
  BinaryMatrix result(weights.rows, weights.cols, scheme);
  std::atomic<int64_t> kept{0};
  Error error = parallelForFallible(
      weights.rows, 8, [&](int64_t begin, int64_t end) -> Error {
        for (int64_t r = begin; r < end; ++r)
          for (int64_t g = 0; g < result.groups; ++g) {
            auto [first, last] = result.columnsOf(g);
            size_t count = size_t(last - first);
            StoredFit fit;
            kept += binarizeGroup(
                weights.row(r).slice(size_t(first), count), scheme,
                MutableArrayRef(result.signs)
                    .slice(size_t(r * result.cols + first), count),
                fit);
            if (Error error = storeFit(result, r, g, fit, scheme))
              return error;
          }
        return Error::success();
      });
  if (error)
    return error;
  result.groupsKeptAtRtn = kept;
  return result;
}

namespace {
/// |w[i, j]| ~ r[i, g] c[j] by alternating least squares.
class RowsAndColumns {
public:
  RowsAndColumns(MatrixRef weights, const BinaryMatrix &shape)
      : weights(weights), shape(shape),
        rows(size_t(weights.rows * shape.groups)),
        columns(size_t(weights.cols), 1.0) {}

  void fitRows() {
    parallelFor(weights.rows, 8, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r)
        for (int64_t g = 0; g < shape.groups; ++g) {
          double product = 0, power = 0;
          auto [first, last] = shape.columnsOf(g);
          for (int64_t c = first; c < last; ++c) {
            product += magnitude(r, c) * columns[size_t(c)];
            power += columns[size_t(c)] * columns[size_t(c)];
          }
          rows[size_t(r * shape.groups + g)] = power > 0 ? product / power : 0;
        }
    });
  }

  void fitColumns() {
    parallelFor(weights.cols, 64, [&](int64_t begin, int64_t end) {
      std::vector<double> products(size_t(end - begin), 0.0), powers = products;
      for (int64_t r = 0; r < weights.rows; ++r)
        for (int64_t c = begin; c < end; ++c) {
          double row = rows[size_t(r * shape.groups + c / shape.groupSize)];
          products[size_t(c - begin)] += magnitude(r, c) * row;
          powers[size_t(c - begin)] += row * row;
        }
      for (int64_t c = begin; c < end; ++c)
        columns[size_t(c)] =
            powers[size_t(c - begin)] > 0
                ? products[size_t(c - begin)] / powers[size_t(c - begin)]
                : 0;
    });
  }

  /// Columns of mean 1 in fp16, so that they fit their type; rows for them.
  void round() {
    double sum = 0;
    for (double column : columns)
      sum += column;
    double mean = sum > 0 ? sum / double(columns.size()) : 1;
    for (double &column : columns)
      column = roundToType(sum > 0 ? column / mean : 1.0, ScaleType::FP16);
    fitRows();
  }

  double magnitude(int64_t r, int64_t c) const {
    return std::fabs(double(weights.data[size_t(r * weights.cols + c)]));
  }

  MatrixRef weights;
  const BinaryMatrix &shape;
  std::vector<double> rows, columns;
};
} // namespace

namespace quantc::methods {

Expected<BinaryMatrix> arb(MatrixRef weights, const BinaryScheme &scheme) {
  return binarizeGroups(weights, scheme);
}

Expected<BinaryMatrix> arbRowsAndColumns(MatrixRef weights,
                                         const BinaryScheme &scheme) {
  auto plain = binarizeGroups(weights, scheme);
  if (!plain || weights.data.empty())
    return plain;
  BinaryMatrix result = *plain;
  RowsAndColumns fit(weights, result);
  fit.fitRows();
  for (int i = 0; i < kAlternations; ++i) {
    fit.fitColumns();
    fit.fitRows();
  }
  fit.round();
  for (double column : fit.columns)
    result.columnScales.push_back(float(column));
  for (int64_t i = 0; i < int64_t(fit.rows.size()); ++i) {
    StoredFit row{roundToType(fit.rows[size_t(i)], scheme.scaleType), 0};
    if (Error error =
            storeFit(result, i / result.groups, i % result.groups, row, scheme))
      return error;
  }
  result.groupsKeptAtRtn = 0;
  if (result.squaredError(weights) < plain->squaredError(weights))
    return result;
  return plain;
}

Expected<BinaryMatrix> arbHessian(MatrixRef weights,
                                  const BinaryScheme &scheme) {
  auto result = binarizeGroups(weights, scheme);
  if (result && !weights.data.empty())
    if (Error error = refineWithHessian(weights, scheme, *result))
      return error;
  return result;
}

} // namespace quantc::methods
