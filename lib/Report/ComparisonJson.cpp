//===- ComparisonJson.cpp - a comparison as JSON ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Comparison.h.

#include "JsonParts.h"
#include "quantc/Report/WorstLayers.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace quantc;
using llvm::json::Array;
using llvm::json::Object;

llvm::json::Value quantc::numberToJson(double number) {
  return std::isfinite(number) ? llvm::json::Value(number) : nullptr;
}

Object quantc::histogramToJson(const Histogram &histogram) {
  return Object{
      {"count", histogram.count},     {"rms", histogram.rms},
      {"largest", histogram.largest}, {"peak", histogram.peak()},
      {"reach", Histogram::reach},    {"counts", Array(histogram.counts)}};
}

std::string quantc::printJson(llvm::json::Value value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::formatv("{0:2}", value) << "\n";
  return text;
}

static Object differenceToJson(const Difference &d, bool isFloat) {
  auto number = [&](double value) {
    return isFloat && !d.lost ? numberToJson(value) : nullptr;
  };
  return Object{{"count", d.count},
                {"differing", d.differing},
                {"not_finite", d.lost},
                {"sqnr_db", number(d.sqnr())},
                {"cosine", number(d.cosine())},
                {"max_error", number(d.maxError)}};
}

static Object layerToJson(const ComparedLayer &layer) {
  Object row = differenceToJson(layer.difference, /*isFloat=*/true);
  row["layer"] = llvm::json::fixUTF8(layer.name);
  row["op"] = layer.op;
  row["quantized"] = layer.isQuantized;
  if (layer.saturated)
    row["input_saturated"] = *layer.saturated;
  for (auto [key, histogram] : {std::pair("input_before", &layer.inputBefore),
                                std::pair("input_after", &layer.inputAfter)})
    if (*histogram)
      row[key] = histogramToJson(**histogram);
  if (layer.compiled) {
    row["bits_nominal"] = layer.compiled->bitsNominal;
    row["bits_stored"] = layer.compiled->bitsStored;
    row["bytes"] = static_cast<int64_t>(layer.compiled->bytes);
    row["kernel"] = layer.compiled->kernel;
    if (layer.compiled->microseconds)
      row["microseconds"] = *layer.compiled->microseconds;
  }
  return row;
}

Array quantc::comparisonRows(const ComparisonReport &report) {
  Array rows;
  for (const ComparedOutput &output : report.outputs) {
    Object row = differenceToJson(output.difference, output.isFloat);
    row["output"] = llvm::json::fixUTF8(output.name);
    row["type"] = output.type;
    rows.push_back(std::move(row));
  }
  for (const ComparedLayer &layer : report.layers)
    rows.push_back(layerToJson(layer));
  return rows;
}

ComparisonWorst ComparisonWorst::of(const ComparisonReport &report) {
  std::vector<std::optional<double>> errors;
  for (const ComparedLayer &layer : report.layers) {
    const Difference &d = layer.difference;
    bool isKnown = layer.isQuantized && !d.lost && d.signal > 0;
    errors.push_back(isKnown ? std::optional(d.noise / d.signal)
                             : std::nullopt);
  }
  ComparisonWorst worst;
  std::vector<std::string> notes;
  for (size_t i : worstLayers(errors)) {
    worst.names.push_back(report.layers[i].name);
    notes.push_back(
        llvm::formatv("SQNR {0:F1} dB", report.layers[i].difference.sqnr()));
  }
  worst.exclusion = exclusionRules(worst.names, notes);
  return worst;
}

std::string quantc::comparisonToJson(const ComparisonReport &report) {
  ComparisonWorst worst = ComparisonWorst::of(report);
  Array names;
  for (const std::string &name : worst.names)
    names.push_back(llvm::json::fixUTF8(name));
  return printJson(
      Object{{"format", 1},
             {"model", llvm::json::fixUTF8(report.model)},
             {"artifact", llvm::json::fixUTF8(report.artifact)},
             {"data", llvm::json::fixUTF8(report.data)},
             {"rows", comparisonRows(report)},
             {"worst_layers", std::move(names)},
             {"exclusion_yaml", llvm::json::fixUTF8(worst.exclusion)}});
}
