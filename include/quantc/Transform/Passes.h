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

/// Attribute of a product: the 2-norms of its inputs on samples, an array of
/// f32. See --transform-split-channels and --transform-permute-inputs.
inline constexpr llvm::StringLiteral inputNormsName = "qnt.input_norms";

/// Attribute of a product whose inputs are sorted.
inline constexpr llvm::StringLiteral permutedName = "qnt.permuted";

/// Attributes of a product whose input channels are split, or are not although
/// the recipe asks for it: why that is done when the model runs, or nothing,
/// and why not.
inline constexpr llvm::StringLiteral splitName = "qnt.split",
                                     unsplitName = "qnt.unsplit";

/// --transform-permute-inputs for what `recipe` quantizes; with `sizesOnly` all
/// inputs have the same norm where none is known.
std::unique_ptr<mlir::Pass> createTransformPermuteInputs(const Recipe &recipe,
                                                         bool sizesOnly);

/// --transform-split-channels as `recipe` asks for it; with `sizesOnly` no
/// weight is read, and any channels are split.
std::unique_ptr<mlir::Pass> createTransformSplitChannels(const Recipe &recipe,
                                                         bool sizesOnly);

/// Appends the transforms that the recipe asks for and that need no samples.
void buildRotations(mlir::OpPassManager &pm, const Recipe &recipe);

/// Appends the transforms that the recipe asks for and that leave every product
/// the inputs that it has.
void buildChangesOfBasis(mlir::OpPassManager &pm, const Recipe &recipe);

/// Appends the transforms that the recipe asks for; without a recipe none. With
/// `sizesOnly` those that look at numbers choose any.
void buildTransformPhase(mlir::OpPassManager &pm, const Recipe *recipe,
                         bool sizesOnly = false);

/// Fails, with a diagnostic, unless every transform is of a parameter.
mlir::LogicalResult checkTransformed(mlir::ModuleOp module);
} // namespace quantc

#endif // QUANTC_TRANSFORM_PASSES_H
