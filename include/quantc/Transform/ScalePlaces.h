//===- ScalePlaces.h - inputs that may be scaled ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Where features may be divided by numbers of their own, because constants in
// front of them can be divided and everything that reads them is a product
// whose weight can be multiplied. Nothing is rewritten here.

#ifndef QUANTC_TRANSFORM_SCALEPLACES_H
#define QUANTC_TRANSFORM_SCALEPLACES_H

#include "quantc/Transform/FeatureAxes.h"

namespace quantc {

/// What products read, and the constants on both sides of it.
struct ScalePlace {
  mlir::Value value;
  /// Numbers that may be chosen: feature j is divided by number j modulo this.
  int64_t scales = 0;
  std::vector<ConstantAxis> writers; ///< divided
  std::vector<ConstantAxis> readers; ///< weights of nn.matmul, multiplied
};

/// The places of a function of one block:
///
/// - the result of a norm: gamma and beta are divided;
/// - the product of two values of which one comes, alone or with a bias, from a
///   weight, as in front of the down projection of a gated block: that weight
///   is divided on its outputs;
/// - features that are only moved and mixed over tokens between weights, as the
///   values of attention: one number for each channel of a head, the same for
///   all heads, because heads may share values.
///
/// An activation function in front of a product, a sum of residuals and a
/// rotation that runs with the model forbid it.
std::vector<ScalePlace> findScalePlaces(mlir::func::FuncOp function);

} // namespace quantc

#endif // QUANTC_TRANSFORM_SCALEPLACES_H
