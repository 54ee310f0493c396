//===- SensitivityReuse.cpp - errors that were measured before --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A file of sensitivities says what errors cost; what there is to choose from,
// and the bytes of that, are facts of the recipe.

#include "Sensitivity.h"
#include "SensitivityRows.h"
#include "SparsitySensitivity.h"
#include "quantc/Support/Errors.h"

using namespace mlir;
using namespace quantc;

static bool isSame(const BitCandidate &a, const BitCandidate &b) {
  return a.format == b.format && (a.isFormat() || a.bits == b.bits) &&
         a.sparsity == b.sparsity;
}

static std::string nameOf(const BitCandidate &candidate) {
  std::string name = candidate.isFormat()
                         ? "'" + candidate.format + "'"
                         : std::to_string(candidate.bits) + " bits";
  if (candidate.sparsity > 0)
    name +=
        llvm::formatv(" with {0} of the inputs left out", candidate.sparsity);
  return name;
}

/// Takes the errors of `known` for the candidates of `row`. Numbers of bits
/// that nobody asked for may lack one.
static llvm::Error takeErrors(LayerSensitivity &row,
                              const LayerSensitivity &known,
                              const BudgetChoice &budget, StringRef path) {
  bool isOpen = budget.bits.empty() && budget.formats.empty();
  std::vector<BitCandidate> found;
  for (BitCandidate &candidate : row.candidates) {
    auto same = llvm::find_if(known.candidates, [&](const BitCandidate &one) {
      return isSame(one, candidate);
    });
    if (same == known.candidates.end()) {
      if (isOpen && candidate.sparsity == 0)
        continue;
      return makeError(ErrorKind::BadModel,
                       "'{0}' has no error of {1} for the layer '{2}', which "
                       "the recipe's budget may choose",
                       path, nameOf(candidate), row.name);
    }
    candidate.error = same->error;
    found.push_back(std::move(candidate));
  }
  if (found.empty())
    return makeError(ErrorKind::BadModel,
                     "'{0}' has no candidate that the layer '{1}' can have",
                     path, row.name);
  row.candidates = std::move(found);
  return llvm::Error::success();
}

llvm::Expected<SensitivityTable> quantc::reuseSensitivity(ModuleOp module,
                                                          const Recipe &recipe,
                                                          StringRef path) {
  auto known = readSensitivity(path);
  if (!known)
    return known;
  auto assigned = assignCopy(module, recipe);
  if (!assigned)
    return assigned.takeError();
  auto table = rowsOf(**assigned, weightedLayersOf(**assigned), recipe);
  if (!table)
    return table;
  const BudgetChoice &budget = *recipe.budget();
  if (budget.bytesPerToken && recipe.isSparse())
    if (llvm::Error error = addSparseCandidates(*table, **assigned, recipe))
      return std::move(error);
  table->measure = known->measure;
  for (LayerSensitivity &row : table->layers) {
    auto same = llvm::find_if(known->layers, [&](const LayerSensitivity &one) {
      return one.name == row.name && one.weights == row.weights;
    });
    if (same == known->layers.end())
      return makeError(ErrorKind::BadModel,
                       "the sensitivities in '{0}' are of another model: they "
                       "have no layer '{1}' of {2} weights",
                       path, row.name, row.weights);
    if (llvm::Error error = takeErrors(row, *same, budget, path))
      return std::move(error);
  }
  return table;
}
