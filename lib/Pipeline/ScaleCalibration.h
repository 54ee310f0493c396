//===- ScaleCalibration.h - scales of inputs from samples -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Decides, before the phase Transform, what the inputs of products are divided
// by. Internal to Pipeline, because it uses the whole road.

#ifndef QUANTC_LIB_PIPELINE_SCALECALIBRATION_H
#define QUANTC_LIB_PIPELINE_SCALECALIBRATION_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Calibrate/StatisticsFolder.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// What was found.
struct ChosenScales {
  int64_t places = 0; ///< values whose features get scales
};

/// Runs the float model, with the rotations of `recipe`, on the samples in the
/// .npz `dataPath`, and leaves at products of `module`, as Normalize leaves it,
/// the attribute that --transform-scale-inputs takes. Places whose products the
/// recipe leaves in floating point get none: for smoothquant the activations
/// count, for awq the weights. `scratchPrefix` names files that are gone
/// afterwards. With `statistics`, a folder, places that it knows are not
/// searched again. ErrorKind::Usage without data, ErrorKind::BadModel, naming
/// the layer, for data that no scale can come from.
llvm::Expected<ChosenScales>
chooseInputScales(mlir::ModuleOp module, const Recipe &recipe,
                  llvm::StringRef dataPath, llvm::StringRef scratchPrefix,
                  StatisticsFolder *statistics, ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_SCALECALIBRATION_H
