//===- HessianCalibration.h - Hessians from samples -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Gives the weights whose method asks for it the Hessian of their inputs.
// Internal to Pipeline, because it uses the whole road.

#ifndef QUANTC_LIB_PIPELINE_HESSIANCALIBRATION_H
#define QUANTC_LIB_PIPELINE_HESSIANCALIBRATION_H

#include "CalibrationRuns.h"
#include "mlir/IR/BuiltinOps.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Calibrate/StatisticsFolder.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// True when a method of `module`, as Assign leaves it, needs a Hessian that is
/// not there.
bool needsHessians(mlir::ModuleOp module);

/// Runs the float model on the samples, all side by side, layer after layer.
/// As soon as the inputs of a layer are there, its weights are quantized with
/// their Hessian, and the samples go on with the quantized weights: so later
/// layers see what earlier ones do to them. The codes go to `statistics`, for
/// Quantize; without `layer_by_layer` the Hessians do. What is there already is
/// not computed again. Where a method compares with the float model, that runs
/// beside, on the same samples.
///
/// `dataPath` is a .npz with the inputs by name; the first dimension of each
/// array counts samples, and an input that it lacks is given empty where it has
/// a dynamic size, as caches do. `scratchPrefix` names files that are gone
/// afterwards. ErrorKind::Usage without data, where a convolution asks for a
/// Hessian or where a method needs `layer_by_layer`, ErrorKind::BadModel,
/// naming the layer, for data that no Hessian can come from.
llvm::Error
calibrateHessians(mlir::ModuleOp module, const CalibrationChoice &choice,
                  llvm::StringRef dataPath, llvm::StringRef scratchPrefix,
                  StatisticsFolder &statistics, ProgressReporter &progress);

/// Takes products that read the same input and the Hessian of that.
using VisitHessian = llvm::function_ref<llvm::Error(
    llvm::ArrayRef<mlir::Operation *>, llvm::ArrayRef<float>)>;

/// Runs the float model in the same way and shows the Hessians of all weights
/// that `module` quantizes, which it leaves as it is. Errors as above.
llvm::Error observeHessians(mlir::ModuleOp module,
                            const CalibrationChoice &choice,
                            llvm::StringRef dataPath,
                            llvm::StringRef scratchPrefix,
                            ProgressReporter &progress, VisitHessian visit);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_HESSIANCALIBRATION_H
