//===- ComparisonHtml.cpp - a comparison as one HTML page -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the page shows, and in what order. How its parts look is in Html.h and
// the files of charts.

#include "Html.h"
#include "JsonParts.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantc;
using namespace quantc::html;

/// SQNR, cosine, largest error and what was lost.
static void addMeasures(std::vector<Cell> &row, const Difference &d,
                        bool isFloat) {
  bool isKnown = isFloat && !d.lost;
  row.push_back(isKnown ? numberCell(d.sqnr(), 2) : textCell(""));
  row.push_back(isKnown ? numberCell(d.cosine(), 6) : textCell(""));
  row.push_back(isKnown ? Cell{llvm::formatv("{0:E3}", d.maxError), true}
                        : textCell(""));
  row.push_back(integerCell(d.differing));
  row.push_back(integerCell(d.lost));
  row.push_back(integerCell(d.count));
}

static constexpr const char *measureTitles[] = {
    "SQNR dB", "cosine", "largest error", "differing", "not finite", "numbers"};

static void writeOutputs(llvm::raw_ostream &os,
                         const ComparisonReport &report) {
  writeHeading(os, "Outputs");
  std::vector<std::string> titles = {"output", "type"};
  titles.insert(titles.end(), std::begin(measureTitles),
                std::end(measureTitles));
  std::vector<std::vector<Cell>> rows;
  for (const ComparedOutput &output : report.outputs) {
    rows.push_back({textCell(output.name), textCell(output.type)});
    addMeasures(rows.back(), output.difference, output.isFloat);
  }
  writeTable(os, titles, rows);
}

static constexpr const char *compiledTitles[] = {
    "bits nominal", "bits stored", "bytes", "kernel", "microseconds"};

/// What the report of compile says, empty where there is none.
static void addCompiled(std::vector<Cell> &row,
                        const std::optional<LayerReport> &layer) {
  if (!layer) {
    row.resize(row.size() + std::size(compiledTitles));
    return;
  }
  row.push_back(numberCell(layer->bitsNominal, 0));
  row.push_back(numberCell(layer->bitsStored, 2));
  row.push_back(integerCell(static_cast<int64_t>(layer->bytes)));
  row.push_back(textCell(layer->kernel));
  row.push_back(numberCell(layer->microseconds, 1));
}

static void writeLayers(llvm::raw_ostream &os, const ComparisonReport &report) {
  writeHeading(os, "Layers");
  writeNote(os, "Differences gather from layer to layer. Peak is the largest "
                "magnitude that a layer reads over their root mean square, in "
                "the float model and in the quantized one; clipped is the "
                "share of them beyond the range of static codes.");
  std::vector<std::string> titles = {"#", "layer", "operator"};
  titles.insert(titles.end(), std::begin(measureTitles),
                std::end(measureTitles));
  titles.insert(titles.end(), {"peak before", "peak after", "clipped %"});
  titles.insert(titles.end(), std::begin(compiledTitles),
                std::end(compiledTitles));
  std::vector<std::vector<Cell>> rows;
  for (const ComparedLayer &layer : report.layers) {
    Cell name = textCell(layer.name);
    if (!layer.isQuantized)
      name.note = "float";
    rows.push_back({integerCell(static_cast<int64_t>(rows.size()) + 1), name,
                    textCell(layer.op)});
    addMeasures(rows.back(), layer.difference, /*isFloat=*/true);
    for (const auto &histogram : {layer.inputBefore, layer.inputAfter})
      rows.back().push_back(histogram ? numberCell(histogram->peak(), 1)
                                      : textCell(""));
    std::optional<double> clipped = layer.saturated;
    if (clipped)
      clipped = *clipped * 100;
    rows.back().push_back(numberCell(clipped, 3));
    addCompiled(rows.back(), layer.compiled);
  }
  writeTable(os, titles, rows);
}

static void writeCharts(llvm::raw_ostream &os, const ComparisonReport &report) {
  std::vector<DepthBar> bits, errors;
  std::vector<HistogramPair> inputs;
  for (const ComparedLayer &layer : report.layers) {
    std::optional<double> error;
    if (!layer.difference.lost)
      error = errorPercent(layer.difference.sqnr());
    errors.push_back({layer.name, error, std::nullopt, !layer.isQuantized});
    if (layer.compiled)
      bits.push_back({layer.name, layer.compiled->bitsStored,
                      layer.compiled->bitsNominal, !layer.isQuantized});
    if (layer.inputBefore)
      inputs.push_back({layer.name, *layer.inputBefore, layer.inputAfter});
  }
  writeDepthChart(os, "Bits per weight over depth, stored and (dark) nominal",
                  bits);
  writeDepthChart(os, "Error of the results over depth, in % of their size",
                  errors);
  writeHistograms(
      os, "What layers read, before and after transforms",
      "Orange is the float model, blue the quantized one before it makes "
      "codes. "
      "Across: numbers in units of their root mean square; up: counts, "
      "logarithmic. Peak is the largest magnitude in these units.",
      inputs);
}

std::string quantc::comparisonToHtml(const ComparisonReport &report) {
  std::string text;
  llvm::raw_string_ostream os(text);
  beginPage(os, report.artifact + " against " + report.model);
  Card layers{"layers", std::to_string(report.layers.size())};
  writeCards(os, {{"data", report.data}, layers});
  writeOutputs(os, report);
  if (!report.layers.empty()) {
    writeExclusion(os, ComparisonWorst::of(report).exclusion);
    writeLayers(os, report);
    writeCharts(os, report);
  }
  endPage(os);
  return text;
}
