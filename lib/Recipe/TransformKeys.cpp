//===- TransformKeys.cpp - transforms of recipes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads what a recipe says below `transforms`.

#include "RecipeReader.h"

using namespace quantc;
using namespace llvm;

/// The usual ratio, none, or a mapping that says one.
bool RecipeReader::readSplit(Node *node, double &ratio) {
  ratio = TransformChoice::usualSplitRatio;
  if (!isa_and_present<yaml::MappingNode>(node)) {
    bool isAsked = false;
    if (!readBool(node, "split_channels", isAsked))
      return false;
    ratio = isAsked ? ratio : 0;
    return true;
  }
  return readMapping(node, "transforms.split_channels",
                     [&](StringRef key, Node *value) {
                       std::string word = text(value).value_or("");
                       return (!StringRef(word).getAsDouble(ratio) &&
                               ratio >= 0 && ratio <= 0.5) ||
                              failValue(value, key, "a number from 0 to 0.5");
                     });
}

bool RecipeReader::readTransforms(Node *node) {
  TransformChoice &choice = recipe.transformChoice;
  bool hasFold = false;
  bool read = readMapping(node, "transforms", [&](StringRef key, Node *value) {
    hasFold |= key == "fold_norms";
    if (key == "seed") {
      int64_t seed = 0;
      bool isRead = readInteger(value, key, 0, INT64_MAX, seed);
      choice.seed = static_cast<uint64_t>(seed);
      return isRead;
    }
    if (key == "scale_inputs") {
      choice.scaleInputs = text(value).value_or("");
      return is_contained({"none", "smoothquant", "awq"}, choice.scaleInputs) ||
             failValue(value, key, "none, smoothquant or awq");
    }
    if (key == "split_channels")
      return readSplit(value, choice.splitRatio);
    if (key == "smooth_alpha")
      return readShare(value, key, choice.smoothAlpha);
    return readBool(value, key,
                    key == "fold_norms"       ? choice.foldNorms
                    : key == "rotate_stream"  ? choice.rotateStream
                    : key == "rotate_inputs"  ? choice.rotateInputs
                    : key == "rotate_keys"    ? choice.rotateKeys
                    : key == "permute_inputs" ? choice.permuteInputs
                                              : choice.rotateHeads);
  });
  // A rotation passes only norms without a gamma.
  if (!hasFold)
    choice.foldNorms |= choice.rotateStream;
  return read;
}
