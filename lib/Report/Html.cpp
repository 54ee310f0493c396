//===- Html.cpp - a report as one HTML page -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the page of a compilation or a plan shows, and in what order. How its
// parts look is in Html.h and the files of charts.

#include "Html.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantc;
using namespace quantc::html;

static std::string megabytes(uint64_t bytes) {
  return llvm::formatv("{0:F2} MB", static_cast<double>(bytes) / 1e6);
}

static std::vector<Card> cardsOf(const CompileReport &report,
                                 const ReportTotals &totals) {
  std::vector<Card> cards = {
      {"recipe", report.recipe},
      {"target", report.target},
      {"layers", std::to_string(report.layers.size())},
      {"bits, nominal and stored",
       llvm::formatv("{0:F2}, {1:F2}", totals.bitsNominal, totals.bitsStored)},
      {report.hasEmbeddedWeights ? "weights, inside the library" : "weights",
       megabytes(report.weightBytes)}};
  if (report.libraryBytes)
    cards.push_back({"library", megabytes(report.libraryBytes)});
  for (const EntryMemory &entry : report.memory)
    cards.push_back({"working memory of " + entry.entry +
                         (entry.sizes.empty() ? "" : " at " + entry.sizes),
                     megabytes(entry.bytes)});
  double seconds = 0;
  for (const PhaseTime &phase : report.phases)
    seconds += phase.seconds;
  cards.push_back({"phases", llvm::formatv("{0:F1} s", seconds)});
  return cards;
}

static void writeDepth(llvm::raw_ostream &os, const CompileReport &report) {
  std::vector<DepthBar> bits, errors, times;
  for (const LayerReport &layer : report.layers) {
    bool isFloat = !layer.reason.empty();
    bits.push_back({layer.name, layer.bitsStored, layer.bitsNominal, isFloat});
    errors.push_back({layer.name, errorPercent(layer.sqnrDb), {}, isFloat});
    times.push_back({layer.name, layer.microseconds, {}, isFloat});
  }
  writeDepthChart(os, "Bits per weight over depth, stored and (dark) nominal",
                  bits);
  writeDepthChart(os, "Error of the weights over depth, in % of their size",
                  errors);
  writeDepthChart(os, "Time over depth, in microseconds", times);
}

static std::optional<double> percent(std::optional<double> share) {
  return share ? std::optional(100 * *share) : std::nullopt;
}

/// "4 bits: 20.4 dB, 13824 bytes; 2 bits: ..."
static std::string
describePrecisions(const std::vector<PrecisionReport> &precisions) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const PrecisionReport &precision : precisions) {
    os << (text.empty() ? "" : "; ") << precision.bits << " bits: ";
    if (precision.sqnrDb)
      os << llvm::formatv("{0:F1} dB, ", *precision.sqnrDb);
    os << precision.bytesRead << " bytes";
  }
  return text;
}

static void writeLayers(llvm::raw_ostream &os, const CompileReport &report,
                        const ReportTotals &totals) {
  writeHeading(os, "Layers");
  writeNote(os, "Share of bytes is what a layer takes of the time of a run "
                "that waits for weights to be read: an estimate, not a "
                "measurement. Clipped is the share of weights beyond the range "
                "of their codes; of inputs, that of calibration beyond static "
                "ranges.");
  std::vector<std::string> titles = {
      "#",           "layer",      "operator",     "weights",
      "activations", "method",     "kernel",       "parameters",
      "bytes",       "% of bytes", "bits nominal", "bits stored",
      "SQNR dB",     "cosine",     "clipped %",    "inputs clipped %"};
  bool isSparse = llvm::any_of(report.layers, [](const LayerReport &layer) {
    return layer.sparsity.has_value();
  });
  if (isSparse)
    titles.insert(titles.end(), {"% left out", "threshold"});
  bool hasPlanes = llvm::any_of(report.layers, [](const LayerReport &layer) {
    return !layer.precisions.empty();
  });
  if (hasPlanes)
    titles.push_back("read at");
  if (report.times)
    titles.insert(titles.end(), {"microseconds", "% of time"});
  std::vector<std::vector<Cell>> rows;
  for (const LayerReport &layer : report.layers) {
    Cell name = textCell(layer.name);
    if (!layer.reason.empty())
      name.note = "float: " + layer.reason;
    if (layer.sparsity && !layer.sparsity->reason.empty())
      name.note = "dense: " + layer.sparsity->reason;
    rows.push_back({integerCell(static_cast<int64_t>(rows.size()) + 1), name,
                    textCell(layer.op), textCell(layer.weights),
                    textCell(layer.activations), textCell(layer.method),
                    textCell(layer.kernel), integerCell(layer.parameters),
                    integerCell(static_cast<int64_t>(layer.bytes)),
                    numberCell(100 * totals.byteShare(layer), 2),
                    numberCell(layer.bitsNominal, 0),
                    numberCell(layer.bitsStored, 2),
                    numberCell(layer.sqnrDb, 1), numberCell(layer.cosine, 6),
                    numberCell(percent(layer.saturated), 3),
                    numberCell(percent(layer.inputSaturated), 3)});
    if (isSparse) {
      std::optional<double> realised, threshold;
      if (layer.sparsity && layer.sparsity->reason.empty()) {
        realised = layer.sparsity->realised;
        threshold = layer.sparsity->threshold;
      }
      rows.back().insert(rows.back().end(), {numberCell(percent(realised), 2),
                                             numberCell(threshold, 5)});
    }
    if (hasPlanes)
      rows.back().push_back(textCell(describePrecisions(layer.precisions)));
    if (report.times)
      rows.back().insert(rows.back().end(),
                         {numberCell(layer.microseconds, 1),
                          numberCell(percent(report.timeShare(layer)), 2)});
  }
  writeTable(os, titles, rows);
}

static void writeTimes(llvm::raw_ostream &os, const RunTimes &times) {
  writeHeading(os, "Time by kernel");
  writeNote(os, llvm::formatv("A run of {0}{1}{2} on level {3}: {4:F1} us in "
                              "kernels, medians of several runs.",
                              times.entry, times.sizes.empty() ? "" : " at ",
                              times.sizes, times.level, times.microseconds)
                    .str());
  std::vector<std::vector<Cell>> rows;
  for (const KernelTime &kernel : times.kernels) {
    double share = times.microseconds > 0
                       ? 100 * kernel.microseconds / times.microseconds
                       : 0;
    rows.push_back({textCell(kernel.kernel), integerCell(kernel.calls),
                    numberCell(kernel.microseconds, 1), numberCell(share, 2)});
  }
  writeTable(os, {"kernel", "calls", "microseconds", "% of time"}, rows);
}

static void writeWeightHistograms(llvm::raw_ostream &os,
                                  const CompileReport &report) {
  std::vector<HistogramPair> pairs;
  for (const LayerReport &layer : report.layers)
    if (layer.histograms)
      pairs.push_back(
          {layer.name, layer.histograms->before, layer.histograms->after});
  writeHistograms(
      os, "Weights before and after transforms",
      "Orange is the model's weight, blue what transforms leave of it to be "
      "quantized. Across: numbers in units of their root mean square; up: "
      "counts, logarithmic. Peak is the largest magnitude in these units.",
      pairs);
}

std::string quantc::reportToHtml(const CompileReport &report) {
  std::string text;
  llvm::raw_string_ostream os(text);
  ReportTotals totals = ReportTotals::of(report);
  beginPage(os, report.model);
  writeCards(os, cardsOf(report, totals));
  for (const std::string &warning : report.warnings)
    os << "<p class=\"why\">" << escape(warning) << "</p>";
  writeDepth(os, report);
  writeExclusion(os, totals.exclusion);
  writeLayers(os, report, totals);
  if (report.times)
    writeTimes(os, *report.times);
  if (report.budget)
    writeBudget(os, *report.budget);
  writeWeightHistograms(os, report);
  writeHeading(os, "Effective recipe");
  writePreformatted(os, report.recipeYaml);
  endPage(os);
  return text;
}
