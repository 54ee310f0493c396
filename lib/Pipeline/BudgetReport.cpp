//===- BudgetReport.cpp - the choices of a budget for the report -*- C++ -*-==//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See BudgetReport.h.

#include "BudgetReport.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantc;

/// Layers whose bits cost nothing because what is measured does not see them.
static void warnOfUnseen(const SensitivityTable &table, CompileReport &report) {
  std::vector<std::string> unseen;
  for (const LayerSensitivity &layer : table.layers)
    if (llvm::all_of(layer.candidates,
                     [](const BitCandidate &one) { return one.error == 0; }))
      unseen.push_back(layer.name);
  if (unseen.empty())
    return;
  report.warnings.push_back(
      llvm::formatv("the budget's measure '{0}' finds no error in {1} of {2} "
                    "layers, the first of them '{3}', which so get the fewest "
                    "bits: it sees the first output only",
                    table.measure, unseen.size(), table.layers.size(),
                    unseen.front())
          .str());
}

void quantc::describeBudget(const SensitivityTable &table,
                            const BudgetChoice &budget, CompileReport &report) {
  BudgetReport described;
  described.measure = table.measure;
  for (const LayerSensitivity &layer : table.layers) {
    BudgetReport::Layer &row = described.layers.emplace_back();
    row.name = layer.name;
    row.weights = layer.weights;
    for (const BitCandidate &one : layer.candidates)
      row.candidates.push_back(
          {one.bits, one.bytes, one.error, one.sparsity, one.format});
    for (const LeftOutFormat &one : layer.leftOut)
      row.leftOut.emplace_back(one.format, one.reason);
  }
  described.allowedBytes =
      budget.bytes.value_or(budget.bytesPerToken.value_or(0));
  described.allowedBits = budget.bitsPerWeight;
  report.budget = std::move(described);
  if (table.measure != "weights")
    warnOfUnseen(table, report);
}

void quantc::describeChosenBits(CompileReport &report) {
  llvm::StringMap<unsigned> bits;
  llvm::StringMap<double> sparsities;
  llvm::StringMap<std::string> formats;
  for (const LayerReport &layer : report.layers)
    if (layer.reason.empty()) {
      bits[layer.name] = static_cast<unsigned>(layer.bitsNominal);
      formats[layer.name] = layer.format;
    }
  for (const LayerReport &layer : report.layers)
    if (layer.sparsity)
      sparsities[layer.name] = layer.sparsity->target;
  BudgetReport &budget = *report.budget;
  int64_t weights = 0;
  llvm::erase_if(budget.layers, [&](const BudgetReport::Layer &layer) {
    return !bits.count(layer.name);
  });
  for (BudgetReport::Layer &layer : budget.layers) {
    layer.chosenBits = bits.lookup(layer.name);
    layer.chosenFormat = formats.lookup(layer.name);
    // Nominal bits of a codebook are those of a weight, not of an index.
    for (const BitCost &one : layer.candidates)
      if (!one.format.empty() && one.format == layer.chosenFormat)
        layer.chosenBits = one.bits;
    // Only where the budget had a choice of shares is one part of it.
    if (llvm::any_of(layer.candidates,
                     [](const BitCost &one) { return one.sparsity > 0; }))
      layer.chosenSparsity = sparsities.lookup(layer.name);
    weights += layer.weights;
  }
  if (budget.allowedBits)
    budget.allowedBytes =
        static_cast<int64_t>(*budget.allowedBits * double(weights) / 8);
}
