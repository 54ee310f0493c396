//===- SampleSteps.h - what samples say between phases ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The steps between phases that need samples, in the order that compilations
// and the interpreter share, so that both have the same codes. How a step
// measures is the business of the file of its name. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_SAMPLESTEPS_H
#define QUANTC_LIB_PIPELINE_SAMPLESTEPS_H

#include "Sensitivity.h"
#include "mlir/IR/BuiltinOps.h"
#include "quantc/Calibrate/StatisticsFolder.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Report/Report.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// Where samples come from, and where files lie meanwhile.
struct SampleOptions {
  std::string dataPath;      ///< .npz with samples, or empty
  std::string scratchPrefix; ///< of files that disappear
  /// Folder for Hessians, which the phase Quantize reads, when `statistics` is
  /// null.
  std::string hessianFolder;
  /// Errors under a budget that were measured before, or empty: what the recipe
  /// names, or measured now.
  std::string sensitivity;
  StatisticsFolder *statistics = nullptr; ///< null: nothing is kept
};

class SampleSteps {
public:
  SampleSteps(const Recipe &recipe, SampleOptions options,
              CompileReport &report, ProgressReporter &progress)
      : recipe(recipe), options(std::move(options)), report(report),
        progress(progress) {}

  /// Behind the phase normalize: scales of inputs, and their norms.
  llvm::Error beforeTransform(mlir::ModuleOp module);

  /// Behind the phase transform, where the recipe has a budget: leaves at each
  /// layer what its bits cost, for the phase Assign.
  llvm::Expected<SensitivityTable> measureBudget(mlir::ModuleOp module);

  /// Behind the phase assign: ranges, Hessians, and last thresholds, so that
  /// all other statistics are of inputs of which nothing is left out.
  llvm::Error afterAssign(mlir::ModuleOp module);

private:
  llvm::Error chooseScales(mlir::ModuleOp module);
  llvm::Error findHessians(mlir::ModuleOp module);
  llvm::Error chooseThresholds(mlir::ModuleOp module);
  std::string scratch() const { return options.scratchPrefix + ".calibration"; }

  const Recipe &recipe;
  SampleOptions options;
  CompileReport &report;
  ProgressReporter &progress;
  std::unique_ptr<StatisticsFolder> hessians;
};

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_SAMPLESTEPS_H
