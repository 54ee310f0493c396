//===- WeightSchemes.h - choices for weights as schemes ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which products have kernels for what a recipe may choose for a weight, and
// the scheme of that choice. Chooses nothing.

#ifndef QUANTC_ASSIGN_WEIGHTSCHEMES_H
#define QUANTC_ASSIGN_WEIGHTSCHEMES_H

#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Recipe/Recipe.h"

namespace quantc {

/// Why no kernel computes `product`, a matrix product or convolution, with such
/// a weight and activation; nothing when one does.
std::string findObstacle(mlir::Operation *product, const WeightChoice &weights,
                         const ActivationChoice &activations);

/// Why no kernel multiplies weights of signs by such activations, or nothing.
std::string findSignActivationObstacle(const WeightChoice &weights,
                                       ActivationChoice::Kind activations);

/// The scheme of a weight that is summed over along dimension `reduction`.
qnt::SchemeAttr weightScheme(mlir::MLIRContext *context,
                             const WeightChoice &choice, int64_t reduction);

} // namespace quantc

#endif // QUANTC_ASSIGN_WEIGHTSCHEMES_H
