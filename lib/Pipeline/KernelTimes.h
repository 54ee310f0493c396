//===- KernelTimes.h - the time of each kernel of a model -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs a copy of the compiled model, with marks between its kernels, on this
// machine. Internal to Pipeline. The model that ships has no marks.

#ifndef QUANTC_LIB_PIPELINE_KERNELTIMES_H
#define QUANTC_LIB_PIPELINE_KERNELTIMES_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Emit/Program.h"
#include "quantc/Emit/Signature.h"
#include "quantc/Report/Report.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// A kernel that an entry calls.
struct TimedCall {
  std::string entry, node, kernel;
};

/// Puts the mark number i behind the kernel call number i of all entries, and
/// the mark -1 at the start of each entry; returns the calls. A mark is a call
/// of the observer with no rows. `module` is as the phase Lower leaves it.
std::vector<TimedCall> insertTimeMarks(mlir::ModuleOp module);

struct TimingOptions {
  llvm::ArrayRef<Level> levels; ///< that the library is compiled for
  StoredWeights stored;
  std::string weightsPath;   ///< the file that was stored
  std::string scratchPrefix; ///< of a library that is gone afterwards
};

/// Fills in `report.times`, and the time of each layer: medians of several runs
/// of the entry with caches, or of the first, with dynamic sizes 1 and empty
/// caches. `module`, as the phase Lower leaves it, is not changed. Errors as
/// generateCode and Artifact.
llvm::Error measureKernels(mlir::ModuleOp module,
                           const ModelSignature &signature,
                           const TimingOptions &options, CompileReport &report,
                           ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_KERNELTIMES_H
