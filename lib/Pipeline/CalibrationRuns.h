//===- CalibrationRuns.h - samples side by side -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What goes into the runs of a calibration that wait for each other, and what
// their observers see. Quantizes nothing. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_CALIBRATIONRUNS_H
#define QUANTC_LIB_PIPELINE_CALIBRATIONRUNS_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Calibrate/Lockstep.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// The samples of one input, one after the other in the first dimension.
/// ErrorKind::BadModel, naming `path`, when there are none, or of another type
/// or size.
llvm::Expected<const Array *> samplesOf(const ArtifactTensor &input,
                                        const NamedArrays &data,
                                        llvm::StringRef path);

/// Divides samples among the runs of a calibration, at most `most` of them (0:
/// all). An input that `data` lacks is given empty where it has a dynamic size,
/// as caches do. ErrorKind::BadModel, naming `path`, for data that does not fit
/// the entry or holds too few samples.
llvm::Expected<std::vector<NamedArrays>>
inputsOfRuns(const ArtifactEntry &entry, const NamedArrays &data,
             llvm::StringRef path, int64_t most);

/// Samples of a calibration.
struct RunSamples {
  const NamedArrays &arrays;
  llvm::StringRef path; ///< the file that they come from
  int64_t most;         ///< as inputsOfRuns takes it
};

/// Compiles `copy`, which has observers at `places` places, to files at
/// `prefix` that are removed again, and runs all samples in lockstep. `see`
/// gets the number of an observer and what it saw of each sample, which is a
/// step of `progress`, named `title`.
llvm::Error runObserved(
    mlir::ModuleOp copy, const std::string &prefix, const RunSamples &samples,
    size_t places, llvm::StringRef title, ProgressReporter &progress,
    llvm::function_ref<llvm::Error(int64_t, llvm::ArrayRef<ObservedRows>)> see);

/// The numbers that a run has at a place.
llvm::ArrayRef<float> numbersOf(const ObservedRows &rows);

/// (Y - X)^T X of the inputs X that runs have, rows of `inputs`, and the inputs
/// Y that they would have if nothing were quantized.
std::vector<float> driftOf(llvm::ArrayRef<ObservedRows> seen,
                           llvm::ArrayRef<ObservedRows> floats, int64_t inputs);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_CALIBRATIONRUNS_H
