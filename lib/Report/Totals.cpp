//===- Totals.cpp - what follows from the layers of a report ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sums and ranks, computed once for JSON, HTML and the terminal.

#include "quantc/Report/Report.h"
#include "quantc/Report/WorstLayers.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <map>
#include <set>

using namespace quantc;

double ReportTotals::byteShare(const LayerReport &layer) const {
  return bytes ? double(layer.bytes) / double(bytes) : 0;
}

std::optional<double> CompileReport::timeShare(const LayerReport &layer) const {
  if (!times || !layer.microseconds || times->microseconds <= 0)
    return std::nullopt;
  return *layer.microseconds / times->microseconds;
}

ReportTotals ReportTotals::of(const CompileReport &report) {
  ReportTotals totals;
  double nominal = 0;
  std::vector<std::optional<double>> errors;
  for (const LayerReport &layer : report.layers) {
    totals.parameters += layer.parameters;
    totals.bytes += layer.bytes;
    nominal += layer.bitsNominal * double(layer.parameters);
    // Noise over signal, which is 0 for exact weights.
    errors.push_back(
        layer.sqnrDb ? std::optional<double>(std::pow(10, -*layer.sqnrDb / 10))
                     : std::nullopt);
  }
  if (totals.parameters) {
    totals.bitsNominal = nominal / double(totals.parameters);
    totals.bitsStored = 8.0 * double(totals.bytes) / double(totals.parameters);
  }
  totals.worst = worstLayers(errors);
  std::vector<std::string> names, notes;
  for (size_t i : totals.worst) {
    names.push_back(report.layers[i].name);
    notes.push_back(
        llvm::formatv("SQNR {0:F1} dB", *report.layers[i].sqnrDb).str());
  }
  totals.exclusion = exclusionRules(names, notes);
  return totals;
}

const BitCost *BudgetReport::Layer::chosen() const {
  auto found = llvm::find_if(candidates, [&](const BitCost &candidate) {
    return candidate.bits == chosenBits && candidate.format == chosenFormat &&
           candidate.sparsity == chosenSparsity;
  });
  return found == candidates.end() ? nullptr : &*found;
}

int64_t BudgetReport::chosenBytes() const {
  int64_t sum = 0;
  for (const Layer &layer : layers)
    if (const BitCost *chosen = layer.chosen())
      sum += chosen->bytes;
  return sum;
}

double BudgetReport::chosenError() const {
  double sum = 0;
  for (const Layer &layer : layers)
    if (const BitCost *chosen = layer.chosen())
      sum += chosen->error;
  return sum;
}

std::vector<std::string> BudgetReport::allTitles() const {
  std::set<unsigned> bits;
  std::vector<std::string> titles, formats;
  for (const Layer &layer : layers)
    for (const BitCost &candidate : layer.candidates)
      if (candidate.format.empty())
        bits.insert(candidate.bits);
      else if (!llvm::is_contained(formats, candidate.format))
        formats.push_back(candidate.format);
  for (unsigned one : bits)
    titles.push_back(std::to_string(one) + " bits");
  llvm::append_range(titles, formats);
  return titles;
}

std::vector<std::string> BudgetReport::leftOutLines() const {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> all;
  for (const Layer &layer : layers)
    for (const auto &one : layer.leftOut)
      all[one].push_back(layer.name);
  std::vector<std::string> lines;
  for (const auto &[what, names] : all)
    lines.push_back(
        llvm::formatv("without {0}: {1}{2}: {3}", what.first, names.front(),
                      names.size() > 1
                          ? " and " + std::to_string(names.size() - 1) + " more"
                          : "",
                      what.second)
            .str());
  return lines;
}
