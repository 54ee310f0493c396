//===- LayerRecorder.h - what layers read and give, while they run -*- C++ -*-//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Listens to the interpreter and keeps the results of layers, and of their
// inputs no more than a distribution. Internal to Pipeline. Compares nothing.

#ifndef QUANTC_LIB_PIPELINE_LAYERRECORDER_H
#define QUANTC_LIB_PIPELINE_LAYERRECORDER_H

#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Interpret/Interpret.h"
#include "quantc/Report/Histogram.h"
#include "llvm/ADT/DenseMap.h"
#include <optional>

namespace quantc {

/// What one run says of one layer.
struct RecordedLayer {
  std::string name, op; ///< "MatMul", "Conv"
  bool isQuantized;
  std::vector<float> output;
  /// Of the numbers that it reads, before they become codes.
  std::optional<Histogram> input;
  /// Share of these beyond the codes' range by more than half a step. Only for
  /// static scales, one a tensor.
  std::optional<double> saturated;
};

class LayerRecorder {
public:
  /// Of the layers in `module`: products that have a node's name and a constant
  /// weight.
  explicit LayerRecorder(mlir::ModuleOp module);

  /// For inputs of the model, before it runs.
  void given(mlir::Value value, llvm::ArrayRef<float> numbers);
  /// For interpret.
  void after(mlir::Operation *op, llvm::ArrayRef<Tensor> results);

  /// In the order of execution.
  std::vector<RecordedLayer> take() { return std::move(layers); }

private:
  struct Input {
    std::optional<Histogram> histogram;
    std::optional<double> saturated;
    std::vector<float> numbers; ///< until they are quantized
    bool isQuantized = false;
  };
  void quantized(qnt::QuantizeOp op, const Tensor &codes);

  llvm::DenseMap<mlir::Value, Input> inputs;
  std::vector<RecordedLayer> layers;
};

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_LAYERRECORDER_H
