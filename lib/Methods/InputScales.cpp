//===- InputScales.cpp - easier inputs for harder weights -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See InputScales.h. The search quantizes every weight once for each exponent.

#include "quantc/Methods/InputScales.h"
#include "quantc/Methods/Method.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <cassert>
#include <cmath>

using namespace quantc;

std::vector<float> quantc::smoothScales(llvm::ArrayRef<double> inputs,
                                        llvm::ArrayRef<double> weights,
                                        double alpha) {
  assert(inputs.size() == weights.size() && "one of both for each channel");
  std::vector<float> scales(inputs.size(), 1.0f);
  for (size_t j = 0; j < scales.size(); ++j)
    if (inputs[j] > 0 && weights[j] > 0)
      scales[j] = static_cast<float>(std::max(
          1e-5, std::pow(inputs[j], alpha) / std::pow(weights[j], 1 - alpha)));
  return scales;
}

std::vector<float> quantc::awqScales(llvm::ArrayRef<double> means,
                                     double exponent) {
  std::vector<double> scales(means.size());
  for (size_t j = 0; j < scales.size(); ++j)
    scales[j] = std::pow(std::max(means[j], 1e-4), exponent);
  if (scales.empty())
    return {};
  auto [least, most] = std::minmax_element(scales.begin(), scales.end());
  double middle = std::sqrt(*least * *most);
  for (double &scale : scales)
    scale = std::max(scale / middle, 1e-4);
  return {scales.begin(), scales.end()};
}

/// Rows of errors that go through the Hessian together, and columns of it.
static constexpr int64_t kRows = 4, kColumns = 16;

/// Sum over kRows rows of e H e^T; `errors` is [cols, kRows], `hessian` has
/// rows of `cols` numbers.
static double quadraticForm(const float *errors, int64_t cols,
                            const float *hessian) {
  double sum = 0;
  for (int64_t first = 0; first < cols; first += kColumns) {
    const int64_t width = std::min(kColumns, cols - first);
    float tile[kRows][kColumns] = {};
    if (width == kColumns) {
      for (int64_t k = 0; k < cols; ++k)
        for (int64_t r = 0; r < kRows; ++r)
          for (int64_t c = 0; c < kColumns; ++c)
            tile[r][c] += errors[k * kRows + r] * hessian[k * cols + first + c];
    } else {
      for (int64_t k = 0; k < cols; ++k)
        for (int64_t r = 0; r < kRows; ++r)
          for (int64_t c = 0; c < width; ++c)
            tile[r][c] += errors[k * kRows + r] * hessian[k * cols + first + c];
    }
    for (int64_t r = 0; r < kRows; ++r)
      for (int64_t c = 0; c < width; ++c)
        sum += double(tile[r][c]) * double(errors[(first + c) * kRows + r]);
  }
  return sum;
}

/// Sum over the rows of `errors`, [rows, cols], of e H e^T.
static double outputError(llvm::ArrayRef<float> errors, int64_t rows,
                          int64_t cols, llvm::ArrayRef<float> hessian) {
  std::vector<double> parts((rows + kRows - 1) / kRows, 0.0);
  parallelFor(int64_t(parts.size()), 4, [&](int64_t begin, int64_t end) {
    std::vector<float> packed(cols * kRows);
    for (int64_t p = begin; p < end; ++p) {
      for (int64_t r = 0; r < kRows; ++r)
        for (int64_t k = 0; k < cols; ++k)
          packed[k * kRows + r] =
              p * kRows + r < rows ? errors[(p * kRows + r) * cols + k] : 0.0f;
      parts[p] = quadraticForm(packed.data(), cols, hessian.data());
    }
  });
  double sum = 0;
  for (double part : parts)
    sum += part;
  return sum;
}

/// The error of the outputs when `weights` are quantized after they were
/// multiplied by `scales`.
static llvm::Expected<double> scaledError(const ScaledWeights &weights,
                                          llvm::ArrayRef<float> scales,
                                          llvm::ArrayRef<float> hessian) {
  std::vector<float> scaled(weights.data.size());
  int64_t cols = weights.cols, repeat = int64_t(scales.size());
  for (int64_t i = 0; i < int64_t(scaled.size()); ++i)
    scaled[i] = weights.data[i] * scales[i % cols % repeat];
  auto quantized = lookupMethod("rtn")->quantize({scaled, weights.rows, cols},
                                                 weights.scheme);
  if (!quantized)
    return quantized.takeError();
  quantized->reconstruct(scaled);
  for (int64_t i = 0; i < int64_t(scaled.size()); ++i)
    scaled[i] = weights.data[i] - scaled[i] / scales[i % cols % repeat];
  return outputError(scaled, weights.rows, cols, hessian);
}

llvm::Expected<AwqScales>
quantc::searchAwqScales(llvm::ArrayRef<ScaledWeights> weights,
                        llvm::ArrayRef<double> means,
                        llvm::ArrayRef<float> hessian) {
  AwqScales best;
  double least = 0, plain = 0;
  for (int step = 0; step < 20; ++step) {
    double exponent = step / 20.0, error = 0;
    std::vector<float> scales = awqScales(means, exponent);
    for (const ScaledWeights &one : weights) {
      auto part = scaledError(one, scales, hessian);
      if (!part)
        return part.takeError();
      error += *part;
    }
    if (step == 0)
      plain = error;
    if (step != 0 && !(error < least))
      continue;
    least = error;
    best.scales = std::move(scales);
    best.exponent = exponent;
  }
  best.error = plain > 0 ? least / plain : 1;
  return best;
}
