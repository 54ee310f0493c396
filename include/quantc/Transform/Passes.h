//===- Passes.h - the phase Transform ---------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The same function with easier numbers. Passes are described in Passes.td.

#ifndef QUANTC_TRANSFORM_PASSES_H
#define QUANTC_TRANSFORM_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace quantc {
class Recipe;

// Also declares registerTransformPasses(), which registers every pass by its
// flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Transform/Passes.h.inc"

/// Attribute of a product: numbers that its inputs are to be divided by, an
/// array of f32. See --transform-scale-inputs.
inline constexpr llvm::StringLiteral inputScalesName = "qnt.input_scales";

/// Appends the transforms that the recipe asks for and that need no samples.
void buildRotations(mlir::OpPassManager &pm, const Recipe &recipe);

/// Appends the transforms that the recipe asks for; without a recipe none.
void buildTransformPhase(mlir::OpPassManager &pm, const Recipe *recipe);

/// Fails, with a diagnostic, unless every transform is of a parameter.
mlir::LogicalResult checkTransformed(mlir::ModuleOp module);
} // namespace quantc

#endif // QUANTC_TRANSFORM_PASSES_H
