//===- SparsityCalibration.h - thresholds from samples ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Finds the magnitudes up to which products leave out their inputs. Internal to
// Pipeline, because it uses the whole road.

#ifndef QUANTC_LIB_PIPELINE_SPARSITYCALIBRATION_H
#define QUANTC_LIB_PIPELINE_SPARSITYCALIBRATION_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Report/Report.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// True when products of `module`, as Assign leaves it, lack thresholds.
bool needsThresholds(mlir::ModuleOp module);

/// Puts thresholds of 0 before the products of `module` that lack one, for when
/// only sizes are wanted.
void assumeThresholds(mlir::ModuleOp module, const Recipe &recipe);

/// Puts thresholds before the products of `module`: each the magnitude that the
/// product's share of its inputs does not exceed on the samples in `dataPath`,
/// while the model runs in floating point with nothing left out. Then runs the
/// model again with all thresholds in force, for all rows, and reports the
/// share that was left out. `scratchPrefix` names files that are gone
/// afterwards. ErrorKind::Usage without data, ErrorKind::BadModel when an input
/// is missing or not finite.
llvm::Error calibrateThresholds(mlir::ModuleOp module, const Recipe &recipe,
                                llvm::StringRef dataPath,
                                llvm::StringRef scratchPrefix,
                                CompileReport &report,
                                ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_SPARSITYCALIBRATION_H
