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

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Calibrate/StatisticsFolder.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// True when a method of `module`, as Assign leaves it, needs a Hessian that is
/// not there.
bool needsHessians(mlir::ModuleOp module);

/// Divides samples among the runs of a calibration, at most `most` of them (0:
/// all). An input that `data` lacks is given empty where it has a dynamic size,
/// as caches do. ErrorKind::BadModel, naming `path`, for data that does not fit
/// the entry or holds too few samples.
llvm::Expected<std::vector<NamedArrays>>
inputsOfRuns(const ArtifactEntry &entry, const NamedArrays &data,
             llvm::StringRef path, int64_t most);

/// Runs the float model on the samples, all side by side, layer after layer.
/// As soon as the inputs of a layer are there, its weights are quantized with
/// their Hessian, and the samples go on with the quantized weights: so later
/// layers see what earlier ones do to them. The codes go to `statistics`, for
/// Quantize; without `layer_by_layer` the Hessians do. What is there already is
/// not computed again.
///
/// `dataPath` is a .npz with the inputs by name; the first dimension of each
/// array counts samples, and an input that it lacks is given empty where it has
/// a dynamic size, as caches do. `scratchPrefix` names files that are gone
/// afterwards. ErrorKind::Usage without data or where a convolution asks for a
/// Hessian, ErrorKind::BadModel, naming the layer, for data that no Hessian can
/// come from.
llvm::Error
calibrateHessians(mlir::ModuleOp module, const CalibrationChoice &choice,
                  llvm::StringRef dataPath, llvm::StringRef scratchPrefix,
                  StatisticsFolder &statistics, ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_HESSIANCALIBRATION_H
