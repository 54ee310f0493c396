//===- Json.cpp - a report as JSON -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One object a layer, with the names of the fields of LayerReport.

#include "JsonParts.h"
#include "quantc/Report/Report.h"

using namespace quantc;
using llvm::json::Array;
using llvm::json::Object;

/// Names come from the model and may be any bytes.
static std::string utf8(const std::string &text) {
  return llvm::json::fixUTF8(text);
}

static Object sparsityToJson(const SparsityReport &sparsity) {
  if (!sparsity.reason.empty())
    return Object{{"reason", utf8(sparsity.reason)}};
  Object object{{"target", sparsity.target}, {"threshold", sparsity.threshold}};
  if (sparsity.realised)
    object["realised"] = *sparsity.realised;
  return object;
}

static Array precisionsToJson(const std::vector<PrecisionReport> &precisions) {
  Array array;
  for (const PrecisionReport &precision : precisions) {
    Object object{{"bits", precision.bits},
                  {"bytes_read", static_cast<int64_t>(precision.bytesRead)}};
    if (precision.sqnrDb)
      object["sqnr_db"] = numberToJson(*precision.sqnrDb);
    array.push_back(std::move(object));
  }
  return array;
}

static Object layerToJson(const LayerReport &layer, const ReportTotals &totals,
                          const CompileReport &report) {
  Object object{{"name", utf8(layer.name)},
                {"op", layer.op},
                {"weights", layer.weights},
                {"activations", layer.activations},
                {"parameters", layer.parameters},
                {"bytes", static_cast<int64_t>(layer.bytes)},
                {"bits_nominal", layer.bitsNominal},
                {"bits_stored", layer.bitsStored},
                {"share_of_bytes", totals.byteShare(layer)}};
  if (!layer.reason.empty())
    object["reason"] = utf8(layer.reason);
  if (!layer.method.empty())
    object["method"] = layer.method;
  if (layer.rank)
    object["rank"] = layer.rank;
  if (!layer.kernel.empty())
    object["kernel"] = layer.kernel;
  // The SQNR of weights that are exact is null.
  if (layer.sqnrDb)
    object["sqnr_db"] = numberToJson(*layer.sqnrDb);
  if (layer.cosine)
    object["cosine"] = numberToJson(*layer.cosine);
  if (layer.saturated)
    object["saturated"] = numberToJson(*layer.saturated);
  if (layer.inputSaturated)
    object["input_saturated"] = numberToJson(*layer.inputSaturated);
  if (layer.microseconds)
    object["microseconds"] = *layer.microseconds;
  if (std::optional<double> share = report.timeShare(layer))
    object["share_of_time"] = *share;
  if (!layer.precisions.empty())
    object["precisions"] = precisionsToJson(layer.precisions);
  if (layer.sparsity)
    object["sparsity"] = sparsityToJson(*layer.sparsity);
  if (layer.histograms) {
    Object both{{"before", histogramToJson(layer.histograms->before)}};
    if (layer.histograms->after)
      both["after"] = histogramToJson(*layer.histograms->after);
    object["histograms"] = std::move(both);
  }
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

static Object splitsToJson(const ChannelSplits &splits) {
  Object object{{"node", utf8(splits.node)},
                {"channels", splits.channels},
                {"split", splits.split},
                {"in_weights", splits.isInWeights}};
  if (!splits.reason.empty())
    object["reason"] = utf8(splits.reason);
  return object;
}

static Object budgetToJson(const BudgetReport &budget) {
  Array layers;
  for (const BudgetReport::Layer &layer : budget.layers) {
    Array candidates;
    for (const BitCost &candidate : layer.candidates) {
      Object object{{"bits", candidate.bits},
                    {"bytes", candidate.bytes},
                    {"error", numberToJson(candidate.error)}};
      if (candidate.sparsity > 0)
        object["sparsity"] = candidate.sparsity;
      if (!candidate.format.empty())
        object["format"] = utf8(candidate.format);
      candidates.push_back(std::move(object));
    }
    Object object{{"name", utf8(layer.name)},
                  {"weights", layer.weights},
                  {"chosen_bits", layer.chosenBits},
                  {"candidates", std::move(candidates)}};
    if (layer.chosenSparsity > 0)
      object["chosen_sparsity"] = layer.chosenSparsity;
    if (!layer.chosenFormat.empty())
      object["chosen_format"] = utf8(layer.chosenFormat);
    if (!layer.leftOut.empty()) {
      Array leftOut;
      for (const auto &[format, reason] : layer.leftOut)
        leftOut.push_back(
            Object{{"format", utf8(format)}, {"reason", utf8(reason)}});
      object["left_out"] = std::move(leftOut);
    }
    layers.push_back(std::move(object));
  }
  return Object{{"measure", budget.measure},
                {"allowed_bytes", budget.allowedBytes},
                {"chosen_bytes", budget.chosenBytes()},
                {"chosen_error", numberToJson(budget.chosenError())},
                {"layers", std::move(layers)}};
}

static Object timesToJson(const RunTimes &times) {
  Array kernels;
  for (const KernelTime &kernel : times.kernels)
    kernels.push_back(Object{{"kernel", kernel.kernel},
                             {"calls", kernel.calls},
                             {"microseconds", kernel.microseconds}});
  return Object{{"entry", utf8(times.entry)},
                {"sizes", utf8(times.sizes)},
                {"level", times.level},
                {"microseconds", times.microseconds},
                {"kernels", std::move(kernels)}};
}

static Object totalsToJson(const ReportTotals &totals) {
  return Object{{"parameters", totals.parameters},
                {"bytes", static_cast<int64_t>(totals.bytes)},
                {"bits_nominal", totals.bitsNominal},
                {"bits_stored", totals.bitsStored}};
}

static Object memoryToJson(const EntryMemory &memory) {
  return Object{{"entry", utf8(memory.entry)},
                {"sizes", utf8(memory.sizes)},
                {"arena_bytes", static_cast<int64_t>(memory.bytes)}};
}

std::string quantc::reportToJson(const CompileReport &report) {
  Array layers, phases, warnings, files, memory, worst;
  ReportTotals totals = ReportTotals::of(report);
  for (const LayerReport &layer : report.layers)
    layers.push_back(layerToJson(layer, totals, report));
  for (size_t i : totals.worst)
    worst.push_back(utf8(report.layers[i].name));
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
      {"totals", totalsToJson(totals)},
      {"layers", std::move(layers)},
      {"worst_layers", std::move(worst)},
      {"exclusion_yaml", utf8(totals.exclusion)},
      {"phases", std::move(phases)},
      {"warnings", std::move(warnings)},
      {"files", std::move(files)}};
  if (!report.featureAxes.empty())
    root["feature_axes"] = std::move(axes);
  Array splits;
  for (const ChannelSplits &one : report.channelSplits)
    splits.push_back(splitsToJson(one));
  if (!splits.empty())
    root["channel_splits"] = std::move(splits);
  if (report.times)
    root["times"] = timesToJson(*report.times);
  if (report.budget)
    root["budget"] = budgetToJson(*report.budget);
  return printJson(std::move(root));
}
