//===- BinaryFit.h - two levels for a group of weights ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What binary methods share: w ~ alpha b + mu for one group, with b = +1 or -1,
// and the two numbers as they are stored.

#ifndef QUANTC_LIB_METHODS_BINARYFIT_H
#define QUANTC_LIB_METHODS_BINARYFIT_H

#include "quantc/Methods/BinaryMatrix.h"

namespace quantc::methods {

/// Iterations of the alternating methods.
inline constexpr int kAlternations = 15;

/// w ~ alpha b + mu.
struct BinaryFit {
  double mu = 0, alpha = 0;
};

/// The same as stored: w ~ (b - zeroPoint) * scale.
struct StoredFit {
  float scale = 0, zeroPoint = 0;
};

/// mu: the mean of the weights, or 0 without zero points; alpha: the mean of
/// |w - mu|. What other fits are measured against.
BinaryFit meanFit(llvm::ArrayRef<float> weights, bool hasZeroPoint);

/// Alternating refined binarization (ARB-LLM, arXiv 2410.03129, plain ARB): mu
/// is moved by the mean of what signs and scale leave, `iterations` times; then
/// alpha is the mean of |w - mu|.
BinaryFit alternateFit(llvm::ArrayRef<float> weights, int iterations);

/// The fit in the types of the scheme. The scale is infinite when it overflows
/// its type. Levels so close together that their zero point could not be
/// stored become |mu| and -|mu|: signs are to be chosen afterwards.
StoredFit roundFit(BinaryFit fit, const BinaryScheme &scheme);

/// `value` as the type can hold it; infinite when it cannot. May be 0.
float roundToType(double value, ScaleType type);

/// 1 where w is at or above the middle of the two levels, else 0.
void chooseSigns(llvm::ArrayRef<float> weights, StoredFit fit,
                 llvm::MutableArrayRef<uint8_t> signs);

/// Sum of (w - level)^2 with the given signs, in double.
double fitError(llvm::ArrayRef<float> weights, llvm::ArrayRef<uint8_t> signs,
                StoredFit fit);

/// The mu and alpha with the smallest squared error for signs that stay, by
/// least squares; without a zero point mu is 0. alpha is not negative.
BinaryFit leastSquaresFit(llvm::ArrayRef<float> weights,
                          llvm::ArrayRef<uint8_t> signs, bool hasZeroPoint);

/// Writes the fit of a group; ErrorKind::BadModel, naming row and group, when
/// its scale is infinite.
llvm::Error storeFit(BinaryMatrix &matrix, int64_t row, int64_t group,
                     StoredFit fit, const BinaryScheme &scheme);

/// Plain ARB of every group, or the mean fit where that is not worse.
llvm::Expected<BinaryMatrix> binarizeGroups(MatrixRef weights,
                                            const BinaryScheme &scheme);

/// What the Hessian of `weights` says of the outputs, made smaller row by row:
/// signs are flipped one by one where that helps (all of a pattern of the
/// codebook where there is one), and scales and zero points are fitted again.
/// Rows of signs without a codebook take the mean fit where that is better.
/// ErrorKind::BadModel for a Hessian that no inputs can have.
llvm::Error refineWithHessian(MatrixRef weights, const BinaryScheme &scheme,
                              BinaryMatrix &matrix);

} // namespace quantc::methods

#endif // QUANTC_LIB_METHODS_BINARYFIT_H
