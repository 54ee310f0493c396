//===- JsonParts.h - what reports in JSON have in common --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Internal to Report.

#ifndef QUANTC_LIB_REPORT_JSONPARTS_H
#define QUANTC_LIB_REPORT_JSONPARTS_H

#include "quantc/Report/Comparison.h"

namespace quantc {

/// JSON has no infinity: null.
llvm::json::Value numberToJson(double number);
llvm::json::Object histogramToJson(const Histogram &histogram);

/// Indented text that ends with a newline.
std::string printJson(llvm::json::Value value);

/// The worst layers of a comparison.
struct ComparisonWorst {
  std::vector<std::string> names; ///< worst first
  std::string exclusion;          ///< recipe rules that skip them
  static ComparisonWorst of(const ComparisonReport &report);
};

} // namespace quantc

#endif // QUANTC_LIB_REPORT_JSONPARTS_H
