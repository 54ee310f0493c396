//===- Passes.h - the phase Assign -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every quantizable operand gets a scheme. Passes are described in Passes.td.

#ifndef QUANTC_ASSIGN_PASSES_H
#define QUANTC_ASSIGN_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "quantc/Dialect/NN/NN.h"
#include <optional>

namespace quantc {
class Recipe;

// Also declares registerAssignPasses(), which registers every pass by its flag.
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Assign/Passes.h.inc"

/// The pass with a recipe that was read before; `recipe` must outlive it.
std::unique_ptr<mlir::Pass> createAssignRecipe(const Recipe &recipe);

/// The same for the inputs that products leave out.
std::unique_ptr<mlir::Pass> createAssignSparsity(const Recipe &recipe);

/// Appends the phase. Without a recipe everything stays in floating point.
void buildAssignPhase(mlir::OpPassManager &pm, const Recipe *recipe);

/// Fails, with a diagnostic, unless both operands of every product with a
/// constant weight have a scheme.
mlir::LogicalResult checkAssigned(mlir::ModuleOp module);

/// A range that calibration found: `qnt.assign` number `id` gets the scale and
/// zero point of int8 codes for [low, high], extended to contain 0.
struct StaticRange {
  double low = 0, high = 0;
  std::optional<double> clipped = {}; ///< share of the numbers outside
};

/// Completes the static schemes of `module`, in the order of their observers.
/// Fails, with a diagnostic, when a range is missing or not finite.
mlir::LogicalResult setStaticRanges(mlir::ModuleOp module,
                                    llvm::ArrayRef<StaticRange> ranges);

/// The share of its inputs that a product is to leave out (f64), as
/// assign-sparsity says it; why it leaves out none (string).
inline constexpr llvm::StringLiteral sparsityName = "qnt.sparsity";
inline constexpr llvm::StringLiteral denseName = "qnt.dense";

/// The products with a sparsity, in the order of the module.
llvm::SmallVector<nn::MatMulOp> findSparseProducts(mlir::ModuleOp module);

/// Puts a `qnt.threshold` before each product with a sparsity, and takes its
/// sparsity away. `thresholds` are in the order of findSparseProducts, none
/// negative. With `oneRow`, for runs of one row only.
void setThresholds(mlir::ModuleOp module, llvm::ArrayRef<float> thresholds,
                   bool oneRow);
} // namespace quantc

#endif // QUANTC_ASSIGN_PASSES_H
