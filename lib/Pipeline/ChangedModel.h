//===- ChangedModel.h - a model whose weights are changed -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The compiled float model, run on samples with some weights replaced, and how
// far its outputs then are from what they were. Internal to Pipeline. It does
// not know why a weight is changed.

#ifndef QUANTC_LIB_PIPELINE_CHANGEDMODEL_H
#define QUANTC_LIB_PIPELINE_CHANGEDMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Support/Progress.h"
#include "llvm/ADT/StringMap.h"

namespace quantc {

class ChangedModel {
public:
  struct Options {
    std::string dataPath;      ///< .npz with samples
    int64_t samples = 0;       ///< at most this many; 0: all
    std::string scratchPrefix; ///< of files that are gone afterwards
    bool hasTargets = false;   ///< errors are those of the loss, see Targets.h
  };

  /// Compiles `module`, as Assign leaves it, in floating point, and runs it on
  /// the samples. ErrorKind::BadModel when an input is missing, there is no
  /// sample, the first output is not floating point, or targets do not fit it.
  static llvm::Expected<std::unique_ptr<ChangedModel>>
  create(mlir::ModuleOp module, const Options &options,
         ProgressReporter &progress);
  ~ChangedModel();

  /// Replaces the weight of the product of that node by `numbers`, in the order
  /// of the parameter; restore undoes all replacements.
  llvm::Error replace(llvm::StringRef node, llvm::ArrayRef<float> numbers);
  void restore();

  /// The mean over rows of the last dimension of the first output of
  /// KL(softmax(y) || softmax(y')), in nats: y of the float model, y' with the
  /// replaced weights. With targets the mean, over the rows that have one, of
  /// how much the cross entropy grows, or 0 where it falls. The same for any
  /// number of threads.
  llvm::Expected<double> divergence();

private:
  struct State;
  explicit ChangedModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_CHANGEDMODEL_H
