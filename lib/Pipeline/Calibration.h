//===- Calibration.h - static ranges from samples -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compiles the float model with observers, runs it on the samples and hands the
// ranges to the static schemes. Internal to Pipeline, because it uses the whole
// road.

#ifndef QUANTC_LIB_PIPELINE_CALIBRATION_H
#define QUANTC_LIB_PIPELINE_CALIBRATION_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Calibrate/StatisticsFolder.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// True when a scheme of `module`, as Assign leaves it, lacks its range.
bool needsRanges(mlir::ModuleOp module);

/// Gives the static schemes of `module` a range that no data stands behind, for
/// when only sizes are wanted.
void assumeRanges(mlir::ModuleOp module);

/// Compiles a copy of `module`, as Assign leaves it, without its schemes and
/// with observers, to `prefix`.so and .weights, for this machine. `afterSelect`
/// may look at the copy when every weight has its place.
llvm::Error
compileObserved(mlir::ModuleOp module, llvm::StringRef prefix,
                ProgressReporter &progress,
                llvm::function_ref<void(mlir::ModuleOp)> afterSelect = nullptr);

/// Completes the static schemes of `module`. `dataPath` is a .npz with the
/// inputs by name; the first dimension of each array counts samples.
/// `scratchPrefix` names files that are gone afterwards. With `statistics`, a
/// folder, samples that it knows are not run again. ErrorKind::Usage without
/// data, ErrorKind::BadModel when an input is missing or there is no sample.
llvm::Error calibrate(mlir::ModuleOp module, const CalibrationChoice &choice,
                      llvm::StringRef dataPath, llvm::StringRef scratchPrefix,
                      StatisticsFolder *statistics, ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_CALIBRATION_H
