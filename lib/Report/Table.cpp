//===- Table.cpp - a report for the terminal -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Columns as wide as their longest cell; long names keep their end.

#include "quantc/Report/Report.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>

using namespace quantc;

static constexpr size_t longestName = 48;

/// `name` without control characters, cut at the front when it is long.
static std::string showName(const std::string &name) {
  std::string shown;
  for (char c : name)
    shown.push_back(llvm::isPrint(c) ? c : '?');
  if (shown.size() > longestName)
    shown = "..." + shown.substr(shown.size() - longestName + 3);
  return shown;
}

static std::string megabytes(uint64_t bytes) {
  return llvm::formatv("{0:F2} MB", static_cast<double>(bytes) / 1e6).str();
}

/// Files and memory, as far as they are known.
static void writeSizes(llvm::raw_ostream &os, const CompileReport &report) {
  if (report.weightsFileBytes)
    os << "weights file " << megabytes(report.weightsFileBytes)
       << (report.libraryBytes ? ", " : "\n");
  if (report.libraryBytes)
    os << "library " << megabytes(report.libraryBytes);
  if (report.libraryBytes && report.hasEmbeddedWeights)
    os << ", of these weights " << megabytes(report.weightBytes);
  if (report.libraryBytes)
    os << "\n";
  for (const EntryMemory &memory : report.memory)
    os << "working memory of " << showName(memory.entry) << " "
       << megabytes(memory.bytes)
       << (memory.sizes.empty() ? "" : " at " + memory.sizes) << "\n";
}

/// Which features may be rotated, and what forbids others.
static void writeAxes(llvm::raw_ostream &os, const CompileReport &report) {
  for (const FeatureAxis &axis : report.featureAxes) {
    os << "features: " << axis.count << " x " << axis.features;
    if (axis.block != axis.features)
      os << " in blocks of " << axis.block;
    std::string at = axis.node.empty() ? "" : " at " + showName(axis.node);
    if (axis.reason.empty())
      os << " can be rotated" << at << ": " << axis.writers << " writers, "
         << axis.readers << " readers, " << axis.norms << " norms"
         << (axis.isCached ? ", held by a cache" : "") << "\n";
    else
      os << " stay" << at << ": " << axis.reason << "\n";
  }
}

/// Which inputs have halves, and why they are not everywhere in weights.
static void writeSplits(llvm::raw_ostream &os, const CompileReport &report) {
  for (const ChannelSplits &splits : report.channelSplits) {
    os << "channels of " << showName(splits.node) << ": ";
    if (splits.split == 0)
      os << "none split, " << splits.reason << "\n";
    else
      os << splits.split << " of " << splits.channels << " split, "
         << (splits.isInWeights ? "in weights"
                                : "at run time: " + splits.reason)
         << "\n";
  }
}

using Row = llvm::SmallVector<std::string, 6>;

/// Columns as wide as their longest cell.
static void writeRows(llvm::raw_ostream &os, llvm::ArrayRef<Row> rows) {
  llvm::SmallVector<size_t> widths(rows.front().size(), 0);
  for (const Row &row : rows)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  for (const Row &row : rows) {
    for (size_t i = 0; i < row.size(); ++i)
      os << (i ? "  " : "")
         << llvm::left_justify(row[i], i + 1 < row.size() ? widths[i] : 0);
    os << "\n";
  }
}

/// The error of each number of bits; a star marks the choice.
static void writeBudget(llvm::raw_ostream &os, const BudgetReport &budget) {
  os << llvm::formatv("budget {0}: {1} of {2} bytes, error {3:E3}\n",
                      budget.measure, budget.chosenBytes(), budget.allowedBytes,
                      budget.chosenError());
  std::vector<std::string> titles = budget.allTitles();
  std::vector<Row> rows = {{"layer", "weights"}};
  llvm::append_range(rows.front(), titles);
  for (const BudgetReport::Layer &layer : budget.layers) {
    rows.push_back({showName(layer.name), std::to_string(layer.weights)});
    const BitCost *chosen = layer.chosen();
    for (const std::string &title : titles) {
      std::string cell = "-";
      for (const BitCost &one : layer.candidates)
        if (one.title() == title && one.sparsity == 0)
          cell = llvm::formatv("{0:E2}{1}", one.error,
                               chosen && chosen->title() == title ? "*" : "");
      rows.back().push_back(cell);
    }
    if (layer.chosenSparsity > 0)
      rows.back().back() += llvm::formatv("  {0:P0} of the inputs left out",
                                          layer.chosenSparsity);
  }
  writeRows(os, rows);
  for (const std::string &line : budget.leftOutLines())
    os << line << "\n";
}

/// What layers leave out, in all and as far as it is known.
static void writeSparsity(llvm::raw_ostream &os, const CompileReport &report) {
  double asked = 0, realised = 0;
  int64_t layers = 0, parameters = 0;
  bool isCounted = true;
  for (const LayerReport &layer : report.layers) {
    if (!layer.sparsity)
      continue;
    const SparsityReport &own = *layer.sparsity;
    if (!own.reason.empty()) {
      os << "dense: " << showName(layer.name) << ": " << own.reason << "\n";
      continue;
    }
    ++layers;
    parameters += layer.parameters;
    asked += own.target * double(layer.parameters);
    isCounted &= own.realised.has_value();
    realised += own.realised.value_or(0) * double(layer.parameters);
  }
  if (!parameters)
    return;
  os << llvm::formatv("{0} layers are to leave out {1:P1} of their weights in "
                      "decoding",
                      layers, asked / double(parameters));
  if (isCounted)
    os << llvm::formatv(", the samples left out {0:P1}",
                        realised / double(parameters));
  os << "\n";
}

std::string quantc::reportToTable(const CompileReport &report) {
  std::vector<Row> rows = {
      {"layer", "op", "weights", "activations", "bits", "SQNR dB"}};
  for (const LayerReport &layer : report.layers)
    rows.push_back(
        {showName(layer.name), layer.op, layer.weights, layer.activations,
         llvm::formatv("{0:F2}", layer.bitsStored).str(),
         layer.sqnrDb ? llvm::formatv("{0:F1}", *layer.sqnrDb).str() : "-"});
  std::string text;
  llvm::raw_string_ostream os(text);
  writeRows(os, rows);
  for (const LayerReport &layer : report.layers)
    if (!layer.reason.empty())
      os << "float: " << showName(layer.name) << ": " << layer.reason << "\n";
  writeSparsity(os, report);
  ReportTotals totals = ReportTotals::of(report);
  os << report.layers.size() << " layers, " << totals.parameters
     << " weights in " << megabytes(totals.bytes);
  if (totals.parameters)
    os << llvm::formatv(", {0:F2} bits each", totals.bitsStored);
  os << "\n";
  writeSizes(os, report);
  if (report.budget)
    writeBudget(os, *report.budget);
  writeAxes(os, report);
  writeSplits(os, report);
  return text;
}
