//===- BudgetReader.cpp - budgets of recipes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads `budget` and its candidates: numbers of bits, names of formats and of
// presets, mappings as `weights` has them.

#include "RecipeReader.h"
#include "quantc/Support/NearestNames.h"
#include "llvm/ADT/StringExtras.h"

using namespace quantc;
using namespace llvm;

/// "int3 g32 zero points, f16 scales": all that a choice says.
static std::string describe(const WeightChoice &weights) {
  std::string text = weights.code == "uint"
                         ? "int" + std::to_string(weights.bits)
                         : weights.code;
  if (weights.codebookDim)
    text += " " + std::to_string(weights.codebookSize) + " of " +
            std::to_string(weights.codebookDim);
  if (weights.groupSize)
    text += " g" + std::to_string(weights.groupSize);
  if (!weights.symmetric)
    text += weights.realZeros ? " f16 zero points" : " zero points";
  if (weights.scale != "f32")
    text += ", " + weights.scale + " scales";
  return text;
}

bool RecipeReader::readNamedCandidate(Node *node, const std::string &name,
                                      BudgetFormat &format) {
  SmallVector<StringRef> known;
  for (const Preset &preset : allPresets()) {
    if (preset.name == "float")
      continue;
    known.push_back(preset.name);
    if (preset.name != name)
      continue;
    Expected<Recipe> base = Recipe::load(preset.name);
    if (!base)
      return fail(node, toString(base.takeError()));
    format.weights = *base->base.weights;
    format.method = base->base.method.value_or("");
    return true;
  }
  for (const WeightFormat &one : allWeightFormats()) {
    // Without more keys these say too little; the bits of planes are chosen
    // when the model runs.
    if (one.code == "uint" || one.code == "codebook" || one.code == "planes")
      continue;
    if (!is_contained(known, one.name))
      known.push_back(one.name);
    if (one.name != name)
      continue;
    format.weights = recipe.base.weights.value_or(WeightChoice());
    if (!finishWeights(node, &one, {}, format.weights))
      return false;
    format.name = describe(format.weights);
    return true;
  }
  return failValue(node, "candidates",
                   "an integer from 2 to 8, a mapping as 'weights', or " +
                       join(known, ", ") + didYouMean(name, known));
}

bool RecipeReader::readCandidate(Node *node, BudgetChoice &choice) {
  std::optional<std::string> word = text(node);
  int64_t bits = 0;
  if (word && !StringRef(*word).getAsInteger(10, bits)) {
    bool isRead = readInteger(node, "candidates", 2, 8, bits);
    choice.bits.push_back(static_cast<unsigned>(bits));
    return isRead;
  }
  BudgetFormat format;
  if (word) {
    format.name = *word;
    if (!readNamedCandidate(node, *word, format))
      return false;
  } else {
    RecipeChoices choices;
    choices.weights = recipe.base.weights;
    if (!readWeights(node, "budget.candidates", choices))
      return false;
    format.weights = *choices.weights;
    format.method = choices.method.value_or("");
    format.isMethodGiven = choices.method.has_value();
    format.name = describe(format.weights);
    if (!format.weights.quantized)
      return fail(node, "a candidate of 0 bits is no choice of a budget");
    if (format.weights.hasPlanes())
      return fail(node, "planes are no candidate of a budget: their bits are "
                        "chosen when the model runs");
  }
  for (const BudgetFormat &other : choice.formats)
    if (describe(other.weights) == describe(format.weights))
      return fail(node, "the candidate '" + format.name + "' is the same as '" +
                            other.name + "'");
  choice.formats.push_back(std::move(format));
  return true;
}

bool RecipeReader::readCandidates(Node *node, BudgetChoice &choice) {
  auto *sequence = dyn_cast_or_null<yaml::SequenceNode>(node);
  if (!sequence)
    return fail(node, "expected a sequence of numbers of bits and formats");
  for (Node &entry : *sequence)
    if (!readCandidate(&entry, choice))
      return false;
  llvm::sort(choice.bits);
  choice.bits.erase(llvm::unique(choice.bits), choice.bits.end());
  return !choice.bits.empty() || !choice.formats.empty() ||
         fail(node, "expected a sequence of numbers of bits and formats");
}

bool RecipeReader::readSparsities(Node *node, std::vector<double> &shares) {
  auto *sequence = dyn_cast_or_null<yaml::SequenceNode>(node);
  if (!sequence)
    return fail(node, "expected a sequence of shares");
  for (Node &entry : *sequence) {
    RecipeChoices one;
    if (!readTarget(&entry, "sparsities", one))
      return false;
    shares.push_back(*one.sparsity);
  }
  llvm::sort(shares);
  shares.erase(llvm::unique(shares), shares.end());
  return !shares.empty() || fail(node, "expected a sequence of shares");
}

bool RecipeReader::readBudgetKey(StringRef key, Node *value,
                                 BudgetChoice &choice) {
  std::string word = text(value).value_or("");
  if (key == "candidates")
    return readCandidates(value, choice);
  if (key == "bytes" || key == "bytes_per_token")
    return readInteger(
        value, key, 0, INT64_MAX,
        (key == "bytes" ? choice.bytes : choice.bytesPerToken).emplace());
  if (key == "sparsities")
    return readSparsities(value, choice.sparsities);
  if (key == "measure") {
    choice.measure = word;
    return is_contained({"kl", "loss", "outputs", "weights"}, word) ||
           failValue(value, key, "kl, loss, outputs or weights");
  }
  if (key == "sensitivity") {
    choice.sensitivity = word;
    return !word.empty() || failValue(value, key, "the path of a file");
  }
  double bits = 0;
  if (StringRef(word).getAsDouble(bits) || !(bits > 0 && bits <= 32))
    return failValue(value, key, "a number above 0, at most 32");
  choice.bitsPerWeight = bits;
  return true;
}

bool RecipeReader::readBudget(Node *node) {
  BudgetChoice choice;
  if (!readMapping(node, "budget", [&](StringRef key, Node *value) {
        return readBudgetKey(key, value, choice);
      }))
    return false;
  if (choice.bitsPerWeight.has_value() + choice.bytes.has_value() +
          choice.bytesPerToken.has_value() !=
      1)
    return fail(node, "'budget' says either 'bits_per_weight', 'bytes' or "
                      "'bytes_per_token'");
  if (!choice.sparsities.empty() && !choice.bytesPerToken)
    return fail(node, "'budget' says 'sparsities', which needs "
                      "'bytes_per_token'");
  recipe.budgetChoice = choice;
  return true;
}
