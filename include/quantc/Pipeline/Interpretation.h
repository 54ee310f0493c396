//===- Interpretation.h - models run by the interpreter -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What `quantc interpret` and `quantc compare --layers` do, for tools and the
// Python module. Slow: for looking closely, not for use.

#ifndef QUANTC_PIPELINE_INTERPRETATION_H
#define QUANTC_PIPELINE_INTERPRETATION_H

#include "quantc/Calibrate/Array.h"
#include "quantc/Report/Histogram.h"
#include "quantc/Support/Difference.h"
#include "quantc/Support/Progress.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace quantc {

/// A model and how far it goes before it is run.
struct InterpretOptions {
  std::string model;                    ///< .onnx, .onnxtxt or .mlir
  std::string recipeOrPreset = "float"; ///< as for compileModel
  std::string calibrationData;          ///< .npz with samples, or empty
  std::string sensitivity; ///< what a compilation measured for its budget, or
                           ///< empty: it is measured
  std::string lastPhase; ///< import to fuse; empty: normalize, or quantize with
                         ///< a recipe
  /// Bits that weights of planes are read at; 0: all of them.
  int64_t precision = 0;
};

/// Runs the IR after the last phase on inputs by name. IR in a .mlir file is
/// run as it is. ErrorKind::BadModel for inputs that do not fit, else the
/// errors of the phases.
llvm::Expected<NamedArrays> interpretModel(const InterpretOptions &options,
                                           const NamedArrays &inputs,
                                           ProgressReporter &progress);

/// How far a layer's output is from the float model's.
struct LayerDifference {
  std::string name; ///< of the node
  std::string op;   ///< "MatMul", "Conv"
  bool isQuantized; ///< false: its own numbers stayed floating point
  Difference difference;
  /// What it reads in the float model, and in the quantized one before it
  /// becomes codes: transforms and earlier errors are in.
  std::optional<Histogram> inputBefore, inputAfter;
  /// Share of what it reads that is clipped; for static scales.
  std::optional<double> saturated;
};

/// Runs the float model and the quantized one on the same inputs and compares
/// the result of each product with a constant weight. The differences are those
/// that have gathered up to there. In the order of execution.
llvm::Expected<std::vector<LayerDifference>>
compareLayers(const InterpretOptions &options, const NamedArrays &inputs,
              ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_PIPELINE_INTERPRETATION_H
