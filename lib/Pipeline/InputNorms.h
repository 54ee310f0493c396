//===- InputNorms.h - how large inputs of products are ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Tells the phase Transform, before it runs, how large the channels of inputs
// are. Internal to Pipeline, because it uses the whole road.

#ifndef QUANTC_LIB_PIPELINE_INPUTNORMS_H
#define QUANTC_LIB_PIPELINE_INPUTNORMS_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// True when transforms of the recipe ask for norms, or would use them if there
/// are samples.
bool wantsInputNorms(const Recipe &recipe, llvm::StringRef dataPath);

/// Runs the float model, in the basis that `recipe` asks for, on the samples in
/// the .npz `dataPath`, and leaves at products of `module`, as Normalize leaves
/// it, the 2-norms of the channels of their inputs, for
/// --transform-permute-inputs and --transform-split-channels. `scratchPrefix`
/// names files that are gone afterwards. ErrorKind::Usage without data,
/// ErrorKind::BadModel, naming the layer, for data that are not
/// finite; errors of data as for other calibration.
llvm::Error observeInputNorms(mlir::ModuleOp module, const Recipe &recipe,
                              llvm::StringRef dataPath,
                              llvm::StringRef scratchPrefix,
                              ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_INPUTNORMS_H
