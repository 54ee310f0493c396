//===- Driver.h - from a model file to an artifact -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What `quantc compile` and `quantc plan` do, for tools and the Python module.

#ifndef QUANTC_PIPELINE_DRIVER_H
#define QUANTC_PIPELINE_DRIVER_H

#include "quantc/Recipe/Recipe.h"
#include "quantc/Report/Report.h"
#include "quantc/Support/Progress.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace quantc {

/// One compilation, as the command line names it.
struct CompileOptions {
  std::string model;                    ///< .onnx, .onnxtxt or .mlir
  std::string recipeOrPreset = "float"; ///< a preset's name or a YAML file
  std::string outputPrefix;             ///< of every file that is written
  std::string target = "native";        ///< see levelsOfTarget
  std::string calibrationData;          ///< .npz with samples, or empty
  std::string statisticsDir; ///< folder that keeps what samples said, or empty
  bool explain = false;      ///< say which features can be rotated, and why not
  bool certify = false;      ///< check in fp64 that transforms changed nothing
  bool measureTimes = false; ///< run the kernels, for the report
  bool embedWeights = false; ///< into the library: no weights file
  std::string keepDir;       ///< folder for the IR after each phase, or empty
  std::string fromPhase, toPhase; ///< a part of the road, or empty
};

/// The recipe of that name or file, as compileModel understands it: as
/// Recipe::load, and ErrorKind::Usage for a method that does not exist.
llvm::Expected<Recipe> loadRecipe(llvm::StringRef presetOrPath);

/// Compiles a model and fills `report`. On an error nothing that was asked for
/// is left half-written.
llvm::Error compileModel(const CompileOptions &options, CompileReport &report,
                         ProgressReporter &progress);

/// Fills `report` with what compileModel would do, down to the size of the
/// weights file; writes nothing. Static ranges need no data here.
llvm::Error planModel(const CompileOptions &options, CompileReport &report,
                      ProgressReporter &progress);

/// A target that code can be generated for, with LLVM's names.
struct TargetInfo {
  std::string name, level, processor, features;
};
std::vector<TargetInfo> allTargets();

} // namespace quantc

#endif // QUANTC_PIPELINE_DRIVER_H
