//===- HessianStatistics.cpp - how inputs depend on each other --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A block of rows is copied into panels of 16 columns; squares of the result
// are then sums over two panels that lie densely in memory.

#include "quantc/Calibrate/HessianStatistics.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <cmath>

using namespace quantc;

static constexpr int64_t kPanel = 16, kRows = 512, kTile = 8;

#if defined(__x86_64__)
#define QUANTC_ON_EVERY_LEVEL                                                  \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define QUANTC_ON_EVERY_LEVEL
#endif

static int64_t paddedSize(int64_t size) {
  return (size + kPanel - 1) / kPanel * kPanel;
}

HessianStatistics::HessianStatistics(int64_t size)
    : columns(size), padded(paddedSize(size)),
      sums(static_cast<size_t>(padded * padded), 0.0) {}

/// sums[i][j] += sum over rows of left[row][i] right[row][j] for kTile columns
/// of one panel and all of another. Nothing is contracted to fma, so that every
/// level gives the same sums.
QUANTC_ON_EVERY_LEVEL
static void addTile(const float *left, const float *right, int64_t rows,
                    double *sums, int64_t stride) {
  float tile[kTile][kPanel] = {};
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t i = 0; i < kTile; ++i)
      for (int64_t j = 0; j < kPanel; ++j)
        tile[i][j] += left[r * kPanel + i] * right[r * kPanel + j];
  for (int64_t i = 0; i < kTile; ++i)
    for (int64_t j = 0; j < kPanel; ++j)
      sums[i * stride + j] += static_cast<double>(tile[i][j]);
}

/// Rows of numbers as panels [panels, rows, kPanel].
static std::vector<float> packPanels(const float *numbers, int64_t rows,
                                     int64_t columns) {
  const int64_t panels = paddedSize(columns) / kPanel;
  std::vector<float> packed(static_cast<size_t>(panels * rows * kPanel), 0.0f);
  parallelFor(panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p)
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = p * kPanel; c < std::min(columns, (p + 1) * kPanel);
             ++c)
          packed[(p * rows + r) * kPanel + c % kPanel] =
              numbers[r * columns + c];
  });
  return packed;
}

/// Adds to the sums of panels p and q; q from p on where `isSymmetric`.
static void addPanels(const std::vector<float> &left,
                      const std::vector<float> &right, int64_t rows,
                      int64_t padded, bool isSymmetric, double *sums) {
  const int64_t panels = padded / kPanel;
  parallelFor(panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p)
      for (int64_t q = isSymmetric ? p : 0; q < panels; ++q)
        for (int64_t i = 0; i < kPanel; i += kTile)
          addTile(&left[p * rows * kPanel + i], &right[q * rows * kPanel], rows,
                  &sums[(p * kPanel + i) * padded + q * kPanel], padded);
  });
}

void HessianStatistics::addBlock(llvm::ArrayRef<float> numbers, int64_t rows) {
  std::vector<float> packed = packPanels(numbers.data(), rows, columns);
  addPanels(packed, packed, rows, padded, /*isSymmetric=*/true, sums.data());
}

void HessianStatistics::add(llvm::ArrayRef<float> numbers) {
  int64_t rows = columns ? static_cast<int64_t>(numbers.size()) / columns : 0;
  for (int64_t first = 0; first < rows; first += kRows)
    addBlock(numbers.drop_front(first * columns),
             std::min(kRows, rows - first));
  count += rows;
}

llvm::Error HessianStatistics::check() const {
  double trace = 0, squares = 0;
  for (int64_t i = 0; i < columns; ++i) {
    trace += sums[i * (padded + 1)];
    for (int64_t j = i; j < columns; ++j)
      squares += (i == j ? 1 : 2) * sums[i * padded + j] * sums[i * padded + j];
  }
  if (!std::isfinite(trace) || !std::isfinite(squares))
    return makeError(ErrorKind::BadModel, "its inputs are not finite in the "
                                          "calibration data");
  if (count < columns)
    return makeError(
        ErrorKind::BadModel,
        "{0} rows of {1} inputs are too few to calibrate; at least "
        "as many rows as inputs are needed",
        count, columns);
  if (trace == 0)
    return makeError(ErrorKind::BadModel,
                     "its inputs are all 0 in the calibration data");
  // The squared trace is that of the matrix exactly for rank one.
  if (columns > 1 && squares > trace * trace * (1 - 1e-9))
    return makeError(ErrorKind::BadModel,
                     "its inputs are the same in all of the calibration data, "
                     "but for a factor");
  return llvm::Error::success();
}

std::vector<float> HessianStatistics::matrix() const {
  std::vector<float> result(static_cast<size_t>(columns * columns));
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t j = i; j < columns; ++j)
      result[i * columns + j] = result[j * columns + i] =
          static_cast<float>(sums[i * padded + j]);
  return result;
}

CrossStatistics::CrossStatistics(int64_t size)
    : columns(size), padded(paddedSize(size)),
      sums(static_cast<size_t>(padded * padded), 0.0) {}

void CrossStatistics::add(llvm::ArrayRef<float> x, llvm::ArrayRef<float> y) {
  int64_t rows = columns ? static_cast<int64_t>(x.size()) / columns : 0;
  for (int64_t first = 0; first < rows; first += kRows) {
    int64_t count = std::min(kRows, rows - first);
    addPanels(packPanels(x.data() + first * columns, count, columns),
              packPanels(y.data() + first * columns, count, columns), count,
              padded, /*isSymmetric=*/false, sums.data());
  }
}

std::vector<float> CrossStatistics::matrix() const {
  std::vector<float> result(static_cast<size_t>(columns * columns));
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t j = 0; j < columns; ++j)
      result[i * columns + j] = static_cast<float>(sums[i * padded + j]);
  return result;
}
