//===- PlaneWeights.cpp - weights of planes in recipes ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a recipe may say of weights that are read at several widths, once all
// its keys are read.

#include "RecipeReader.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantc;
using namespace llvm;

bool RecipeReader::readWidths(Node *node, std::vector<int64_t> &widths) {
  auto *sequence = dyn_cast_or_null<yaml::SequenceNode>(node);
  if (!sequence)
    return fail(node, "'widths' is no sequence, expected numbers of bits such "
                      "as [8, 4, 2]");
  widths.clear();
  for (Node &entry : *sequence) {
    int64_t width = 0;
    if (!readInteger(&entry, "widths", 2, 8, width))
      return false;
    widths.push_back(width);
  }
  return true;
}

bool RecipeReader::finishPlanes(Node *node, WeightChoice &weights) {
  std::vector<int64_t> &widths = weights.widths;
  if (!weights.hasPlanes())
    return widths.empty() ||
           fail(node, "'widths' are for 'format: planes' only");
  if (weights.bits != 4 && weights.bits != 8)
    return fail(node, formatv("'format: planes' has {0} bits, expected 4 or 8",
                              weights.bits)
                          .str());
  if (weights.scale != "f32" && weights.scale != "f16")
    return fail(node, "scales of planes are f32 or f16, not " + weights.scale);
  if (widths.empty())
    for (int64_t width : {8, 4, 2})
      if (width <= int64_t(weights.bits))
        widths.push_back(width);
  bool isSound = widths.size() >= 2 && widths.front() == int64_t(weights.bits);
  for (size_t i = 0; i < widths.size(); ++i)
    isSound &= (widths[i] == 8 || widths[i] == 4 || widths[i] == 2) &&
               (i == 0 || widths[i] < widths[i - 1]);
  return isSound ||
         fail(node,
              formatv("'widths' is [{0:$[, ]}], expected two or more of "
                      "8, 4 and 2, descending from {1}",
                      make_range(widths.begin(), widths.end()), weights.bits)
                  .str());
}

bool RecipeReader::checkPlanes(Node *node) {
  std::vector<const RecipeChoices *> all = {&recipe.base};
  for (const RecipeRule &rule : recipe.rules)
    all.push_back(&rule.choices);
  const std::vector<int64_t> *widths = nullptr;
  bool hasBranches = false;
  for (const RecipeChoices *choices : all) {
    hasBranches |= choices->lowRank && choices->lowRank->rank > 0;
    if (!choices->weights || !choices->weights->hasPlanes())
      continue;
    if (widths && *widths != choices->weights->widths)
      return fail(node, "layers of planes have different 'widths'; the one "
                        "precision of a run is for all of them");
    widths = &choices->weights->widths;
  }
  if (!widths)
    return true;
  if (hasBranches)
    return fail(node, "'low_rank' does not go together with planes: a branch "
                      "makes up for the errors of one width");
  if (recipe.budgetChoice)
    return fail(node, "a 'budget' chooses the bits of integers; those of "
                      "planes are chosen when the model runs");
  if (recipe.tiedEmbeddings)
    return fail(node, "'tied_embeddings' does not go together with planes, "
                      "which embeddings do not read");
  return true;
}
