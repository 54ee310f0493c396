//===- WeightError.h - how far codes are from a weight ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What reports say of the codes of one weight. Internal to Quantize.

#ifndef QUANTC_LIB_QUANTIZE_WEIGHTERROR_H
#define QUANTC_LIB_QUANTIZE_WEIGHTERROR_H

#include "mlir/IR/Operation.h"
#include "quantc/Methods/GroupScheme.h"

namespace quantc {

struct WeightError {
  /// 10 log10(sum w^2 / sum (w - w')^2); infinite without noise.
  double sqnrDb = 0;
  /// sum w w' / sqrt(sum w^2 sum w'^2); 1 when both are zeros, 0 when one is.
  double cosine = 0;
  /// Share of the weights that lie beyond the lowest or the highest code by
  /// more than half a step, as far as fp32 can tell.
  double saturated = 0;

  static WeightError of(MatrixRef weights, const QuantizedMatrix &quantized);
  /// The same for what weights of signs stand for, none of them saturated.
  static WeightError of(llvm::ArrayRef<float> weights,
                        llvm::ArrayRef<float> found);
};

/// Leaves the error at the product that the weight is for.
/// `planeSqnr`: of each width of a weight of planes.
void noteError(mlir::Operation *product, const WeightError &error,
               llvm::ArrayRef<double> planeSqnr);

} // namespace quantc

#endif // QUANTC_LIB_QUANTIZE_WEIGHTERROR_H
