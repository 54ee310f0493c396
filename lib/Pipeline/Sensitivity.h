//===- Sensitivity.h - what the bits of each layer cost ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Measures, for each layer that a recipe quantizes and each number of bits or
// format that its weight may have, the bytes it is stored in and the error it
// makes. Internal to Pipeline, because it uses the whole road. Which bits are
// chosen is the business of Assign.

#ifndef QUANTC_LIB_PIPELINE_SENSITIVITY_H
#define QUANTC_LIB_PIPELINE_SENSITIVITY_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Assign/Candidates.h"
#include "quantc/Calibrate/StatisticsFolder.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// A candidate of the recipe that a layer cannot have.
struct LeftOutFormat {
  std::string format, reason;
};

/// The candidates of one layer.
struct LayerSensitivity {
  std::string name; ///< of the node in the model
  int64_t weights = 0;
  std::vector<BitCandidate> candidates; ///< bits ascending, then formats
  std::vector<LeftOutFormat> leftOut;
};

/// One row a layer that takes part, in the order of the model.
struct SensitivityTable {
  std::string measure; ///< as in the recipe
  std::vector<LayerSensitivity> layers;
};

struct SensitivityOptions {
  std::string dataPath;      ///< .npz with samples; for the measure "kl"
  std::string scratchPrefix; ///< of files that are gone afterwards
  StatisticsFolder *statistics = nullptr; ///< what is known of outputs, or null
};

/// Measures the layers of `module`, as Transform leaves it. The measures are
/// those of the recipe's budget:
///
/// weights: sum (w - w')^2 / sum w^2 with w' the weight by the candidate's
/// method, or rounded to nearest where that needs samples.
/// outputs: the squared error of the layer's outputs, of 256 of them at most,
/// relative to their squares (relativeOutputError), by the candidate's method,
/// times a weight of the layer: the divergence (below) on about 2048 positions
/// with it rounded in about 4 bits without samples, divided by the error that
/// this makes of its outputs. One calibration and one run a layer.
/// kl: the mean divergence of the softmax of the model's first output, in nats,
/// when only the weights of this layer are quantized as for `weights` (the
/// forward-only sensitivity of ModelOpt's auto_quantize). Layers that share a
/// weight have equal shares of what they do together.
/// loss: the same with the growth of the cross entropy with the targets beside
/// the samples in the place of the divergence.
///
/// Errors of integers never grow with the bits: what is measured higher is
/// noise, and is set to that of fewer bits. ErrorKind::Usage when samples are
/// needed and `dataPath` is empty, else as the phases and ChangedModel.
llvm::Expected<SensitivityTable>
measureSensitivity(mlir::ModuleOp module, const Recipe &recipe,
                   const SensitivityOptions &options,
                   ProgressReporter &progress);

/// The candidates of the recipe with the errors that a file has for them; bytes
/// are those of the recipe. ErrorKind::BadModel, naming the file, when it is of
/// another model or lacks a candidate that the recipe names.
llvm::Expected<SensitivityTable> reuseSensitivity(mlir::ModuleOp module,
                                                  const Recipe &recipe,
                                                  llvm::StringRef path);

/// Leaves the candidates at the products of `module`, as Transform leaves it.
void attachSensitivity(mlir::ModuleOp module, const SensitivityTable &table);

std::string toJson(const SensitivityTable &table);
/// ErrorKind::IO when the file cannot be read, ErrorKind::BadModel when it is
/// no table.
llvm::Expected<SensitivityTable> readSensitivity(llvm::StringRef path);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_SENSITIVITY_H
