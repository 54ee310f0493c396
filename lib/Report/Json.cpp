//===- Json.cpp - a report as JSON -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One object a layer, with the names of the fields of LayerReport.

#include "llvm/Support/JSON.h"
#include "quantc/Report/Report.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace quantc;
using llvm::json::Array;
using llvm::json::Object;

/// Names come from the model and may be any bytes.
static std::string utf8(const std::string &text) {
  return llvm::json::fixUTF8(text);
}

static Object layerToJson(const LayerReport &layer) {
  Object object{{"name", utf8(layer.name)},
                {"op", layer.op},
                {"weights", layer.weights},
                {"activations", layer.activations},
                {"parameters", layer.parameters},
                {"bytes", static_cast<int64_t>(layer.bytes)},
                {"bits_nominal", layer.bitsNominal},
                {"bits_stored", layer.bitsStored}};
  if (!layer.reason.empty())
    object["reason"] = utf8(layer.reason);
  if (!layer.method.empty())
    object["method"] = layer.method;
  if (!layer.kernel.empty())
    object["kernel"] = layer.kernel;
  // JSON has no infinity, the SQNR of weights that are exact: null.
  if (layer.sqnrDb)
    object["sqnr_db"] = std::isfinite(*layer.sqnrDb)
                            ? llvm::json::Value(*layer.sqnrDb)
                            : nullptr;
  return object;
}

static Object axisToJson(const FeatureAxis &axis) {
  Object object{{"features", axis.features}, {"block", axis.block},
                {"count", axis.count},       {"writers", axis.writers},
                {"readers", axis.readers},   {"norms", axis.norms},
                {"cached", axis.isCached},   {"rotatable", axis.reason.empty()},
                {"node", utf8(axis.node)}};
  if (!axis.reason.empty())
    object["reason"] = axis.reason;
  return object;
}

static Object memoryToJson(const EntryMemory &memory) {
  return Object{{"entry", utf8(memory.entry)},
                {"sizes", utf8(memory.sizes)},
                {"arena_bytes", static_cast<int64_t>(memory.bytes)}};
}

std::string quantc::reportToJson(const CompileReport &report) {
  Array layers, phases, warnings, files, memory;
  for (const LayerReport &layer : report.layers)
    layers.push_back(layerToJson(layer));
  for (const PhaseTime &phase : report.phases)
    phases.push_back(Object{{"name", phase.name}, {"seconds", phase.seconds}});
  for (const EntryMemory &entry : report.memory)
    memory.push_back(memoryToJson(entry));
  for (const std::string &warning : report.warnings)
    warnings.push_back(utf8(warning));
  for (const std::string &file : report.files)
    files.push_back(utf8(file));
  Array axes;
  for (const FeatureAxis &axis : report.featureAxes)
    axes.push_back(axisToJson(axis));
  Object root{
      {"format", 1},
      {"model", utf8(report.model)},
      {"recipe", utf8(report.recipe)},
      {"recipe_yaml", utf8(report.recipeYaml)},
      {"target", report.target},
      {"levels", Array(report.levels)},
      {"weight_bytes", static_cast<int64_t>(report.weightBytes)},
      {"weights_file_bytes", static_cast<int64_t>(report.weightsFileBytes)},
      {"library_bytes", static_cast<int64_t>(report.libraryBytes)},
      {"embedded_weights", report.hasEmbeddedWeights},
      {"memory", std::move(memory)},
      {"layers", std::move(layers)},
      {"phases", std::move(phases)},
      {"warnings", std::move(warnings)},
      {"files", std::move(files)}};
  if (!report.featureAxes.empty())
    root["feature_axes"] = std::move(axes);
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::formatv("{0:2}", llvm::json::Value(std::move(root))) << "\n";
  return text;
}
