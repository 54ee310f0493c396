//===- SignWeights.cpp - binary and codebook weights of recipes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a recipe may say of weights of signs, once all its keys are read.

#include "RecipeReader.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace quantc;
using namespace llvm;

bool RecipeReader::finishSigns(Node *node, bool hasBits,
                               WeightChoice &weights) {
  bool hasCodebook = weights.code == "codebook";
  if (!hasCodebook && (weights.codebookDim || weights.codebookSize))
    return fail(node, "'codebook_dim' and 'codebook_size' are for 'format: "
                      "codebook' only");
  if (hasBits)
    return fail(node, "'bits' is for 'format: int' only; binary weights have "
                      "one, a codebook as many as it has patterns for");
  if (weights.scale != "f32" && weights.scale != "f16")
    return fail(node, "scales of binary and codebook weights are f32 or f16, "
                      "not " +
                          weights.scale);
  if (!weights.widths.empty())
    return fail(node, "'widths' are for 'format: planes' only");
  weights.quantized = true;
  weights.bits = 1;
  if (!hasCodebook)
    return true;
  int64_t dim = weights.codebookDim, size = weights.codebookSize;
  if (!dim || !size)
    return fail(node, "'format: codebook' needs 'codebook_dim' and "
                      "'codebook_size'");
  if (size % 2 || size > int64_t(1) << dim)
    return fail(node, formatv("'codebook_size' is {0}, expected an even number "
                              "up to {1} for patterns of {2} signs",
                              size, int64_t(1) << dim, dim)
                          .str());
  if (weights.groupSize % dim)
    return fail(node, formatv("groups of {0} weights do not hold whole "
                              "patterns of {1} signs",
                              weights.groupSize, dim)
                          .str());
  weights.bits = Log2_64_Ceil(static_cast<uint64_t>(size));
  return true;
}

bool RecipeReader::checkSigns(Node *node) {
  auto has = [](const RecipeChoices &choices) {
    return choices.weights && choices.weights->hasSigns();
  };
  auto needsIntegers = [](const RecipeChoices &choices) {
    return (choices.lowRank && choices.lowRank->rank > 0) ||
           choices.sparsity.value_or(0) > 0;
  };
  bool isOwn = has(recipe.base), isIntegers = needsIntegers(recipe.base);
  for (const RecipeRule &rule : recipe.rules) {
    isOwn |= has(rule.choices);
    isIntegers |= needsIntegers(rule.choices);
  }
  bool isAny = isOwn;
  if (recipe.budgetChoice)
    for (const BudgetFormat &format : recipe.budgetChoice->formats)
      isAny |= format.weights.hasSigns();
  if (!isAny)
    return true;
  if (isIntegers)
    return fail(node, "'low_rank' and 'sparsity' do not go together with "
                      "binary or codebook weights");
  if (recipe.budgetChoice && isOwn)
    return fail(node, "a 'budget' chooses among integers and what 'candidates' "
                      "names; say integers in 'weights' and binary or codebook "
                      "weights there");
  if (recipe.transformChoice.scaleInputs == "awq")
    return fail(node, "'scale_inputs: awq' searches scales for integers, not "
                      "for binary or codebook weights");
  return true;
}
