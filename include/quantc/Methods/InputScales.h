//===- InputScales.h - easier inputs for harder weights ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// x W^T = (x / s) (W diag(s))^T for any positive s, one number for each input.
// Chooses s; who divides x is decided elsewhere. No MLIR.

#ifndef QUANTC_METHODS_INPUTSCALES_H
#define QUANTC_METHODS_INPUTSCALES_H

#include "quantc/Methods/GroupScheme.h"

namespace quantc {

/// Moves the range of inputs into weights (Xiao et al., SmoothQuant, 2023):
/// s[j] = inputs[j]^alpha / weights[j]^(1 - alpha), at least 1e-5, with the
/// largest absolute input and weight of each channel j; 1 where one of them is
/// 0. `alpha` is from 0 to 1. Rounded to fp32.
std::vector<float> smoothScales(llvm::ArrayRef<double> inputs,
                                llvm::ArrayRef<double> weights, double alpha);

/// Enlarges weights that meet large inputs (Lin et al., AWQ, 2024): with the
/// mean absolute input of each channel, at least 1e-4, s = means^exponent, then
/// s / sqrt(max s * min s), at least 1e-4. Rounded to fp32.
std::vector<float> awqScales(llvm::ArrayRef<double> means, double exponent);

/// A weight matrix [outputs, inputs] and how it will be quantized.
struct ScaledWeights {
  std::vector<float> data;
  int64_t rows = 0, cols = 0;
  GroupScheme scheme;
};

/// What searchAwqScales found.
struct AwqScales {
  std::vector<float> scales;
  double exponent = 0; ///< 0: all scales are 1
  double error = 0;    ///< with the scales, as a share of the error without
};

/// The best of awqScales with the exponents 0, 0.05 .. 0.95: the one with the
/// smallest squared error of the outputs, sum over rows of e H e^T, where e is
/// what rounding to nearest does to a row of `W diag(s)`, divided by s, and `H`
/// the `X^T X` of the inputs, [cols, cols]. All matrices read the same inputs.
/// Where there are fewer means than inputs, input j has scale j modulo their
/// number. Without an improvement all scales are 1. The result does not depend
/// on the number of threads. Errors as Method::quantize.
llvm::Expected<AwqScales> searchAwqScales(llvm::ArrayRef<ScaledWeights> weights,
                                          llvm::ArrayRef<double> means,
                                          llvm::ArrayRef<float> hessian);

} // namespace quantc

#endif // QUANTC_METHODS_INPUTSCALES_H
