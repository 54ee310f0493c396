//===- Comparison.h - how far two models are from each other ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The data of a comparison and its forms: JSON and one HTML page. Measuring it
// is the business of others.

#ifndef QUANTC_REPORT_COMPARISON_H
#define QUANTC_REPORT_COMPARISON_H

#include "quantc/Report/Report.h"
#include "quantc/Support/Difference.h"
#include "llvm/Support/JSON.h"
#include <optional>
#include <string>
#include <vector>

namespace quantc {

struct ComparedOutput {
  std::string name, type; ///< type of its elements
  bool isFloat = true;    ///< f32: others are only counted
  Difference difference;
};

struct ComparedLayer {
  std::string name, op;
  bool isQuantized = false;
  Difference difference; ///< of the result, as it has gathered up to here
  std::optional<double> saturated; ///< share of its inputs that is clipped
  /// Of its inputs in the float model and in the quantized one.
  std::optional<Histogram> inputBefore, inputAfter;
  std::optional<LayerReport> compiled; ///< what the report of compile says
};

struct ComparisonReport {
  std::string model, artifact, data;
  std::vector<ComparedOutput> outputs;
  std::vector<ComparedLayer> layers; ///< in the order of execution
};

/// One object a row, outputs first. Measures mean nothing where numbers are
/// lost: null.
llvm::json::Array comparisonRows(const ComparisonReport &report);

/// The rows, the worst layers and rules that exclude them. The worst are the
/// quantized layers with the least SQNR.
std::string comparisonToJson(const ComparisonReport &report);

/// One page without references to other files or hosts; names from the model
/// are escaped.
std::string comparisonToHtml(const ComparisonReport &report);

} // namespace quantc

#endif // QUANTC_REPORT_COMPARISON_H
