//===- ThresholdModel.h - a model whose thresholds change -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compiles a float model with a threshold before each product that is to leave
// out inputs, for all rows. The thresholds are numbers among its weights: they
// change between runs, without another compilation. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_THRESHOLDMODEL_H
#define QUANTC_LIB_PIPELINE_THRESHOLDMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Support/Progress.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include <functional>
#include <optional>
#include <vector>

namespace quantc {

/// Puts observers before the thresholds of `module`, one for all that read a
/// value. Returns the number of each threshold's input, in the order of
/// findSparseProducts; inputs are numbered from 0 as they are met.
std::vector<size_t> observeThresholdInputs(mlir::ModuleOp module);

class ThresholdModel {
public:
  /// `scratchPrefix` names files that are gone with the object.
  explicit ThresholdModel(llvm::StringRef scratchPrefix);

  /// Compiles `module`, as Assign leaves it, and puts thresholds of 0 before
  /// its products with a sparsity. `observe` may then change it.
  llvm::Error
  compile(mlir::ModuleOp module, ProgressReporter &progress,
          llvm::function_ref<void(mlir::ModuleOp)> observe = nullptr);

  /// Thresholds of the next runs, in the order of findSparseProducts.
  void set(llvm::ArrayRef<float> thresholds);

  /// `see` gets the number of an input and its numbers in the next runs, of a
  /// model with observeThresholdInputs; an empty function ends that.
  void setObserver(std::function<void(size_t, llvm::ArrayRef<float>)> see);

  Artifact &artifact() { return *loaded; }

private:
  llvm::Error findPlaces(mlir::ModuleOp selected,
                         llvm::ArrayRef<std::string> names);
  llvm::Error load();

  std::string prefix;
  llvm::FileRemover removeLibrary, removeWeights, removeWork;
  std::vector<uint64_t> places; ///< of the thresholds among the weights
  llvm::sys::fs::mapped_file_region weights;
  std::optional<Artifact> loaded;
};

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_THRESHOLDMODEL_H
