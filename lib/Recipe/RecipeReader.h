//===- RecipeReader.h - recipes from YAML -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Walks the nodes of a YAML document, each key checked against the schema.
// Internal to Recipe.

#ifndef QUANTC_LIB_RECIPE_RECIPEREADER_H
#define QUANTC_LIB_RECIPE_RECIPEREADER_H

#include "quantc/Recipe/Recipe.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"

namespace quantc {

class RecipeReader {
public:
  RecipeReader(llvm::StringRef yaml, llvm::StringRef fileName);

  llvm::Expected<Recipe> read();

private:
  using Node = llvm::yaml::Node;
  /// Reads the value of one key; false after an error.
  using ReadKey = llvm::function_ref<bool(llvm::StringRef key, Node *value)>;

  bool fail(Node *node, const llvm::Twine &message);
  bool failValue(Node *node, llvm::StringRef key, llvm::StringRef expected);
  /// Calls `readKey` for each key of a mapping; `prefix` is its path in the
  /// schema.
  bool readMapping(Node *node, llvm::StringRef prefix, ReadKey readKey);
  /// Text of a scalar, or nothing.
  std::optional<std::string> text(Node *node);
  bool readBool(Node *node, llvm::StringRef key, bool &value);
  bool readShare(llvm::yaml::Node *node, llvm::StringRef key, double &value);
  bool readInteger(Node *node, llvm::StringRef key, int64_t low, int64_t high,
                   int64_t &value);

  bool readTop(Node *node);
  bool readPreset(Node *node);
  bool readFormat(llvm::yaml::Node *node, const WeightFormat *&format);
  bool readWeightKey(llvm::StringRef key, llvm::yaml::Node *value,
                     WeightChoice &weights);
  bool readWeights(Node *node, llvm::StringRef prefix, RecipeChoices &choices);
  /// What the keys of weights have to do with each other; `given` are those
  /// that were read into `weights`, `format` may be null.
  bool finishWeights(Node *node, const WeightFormat *format,
                     const llvm::StringSet<> &given, WeightChoice &weights);
  /// What formats and sizes have to do with each other; `hasBits`: 'bits' is
  /// given.
  bool finishSigns(Node *node, bool hasBits, WeightChoice &weights);
  /// What weights of signs do not go together with.
  bool checkSigns(Node *node);
  bool readWidths(Node *node, std::vector<int64_t> &widths);
  /// Which bits and widths planes have; true for other weights without widths.
  bool finishPlanes(Node *node, WeightChoice &weights);
  /// What planes do not go together with.
  bool checkPlanes(Node *node);
  bool readActivations(Node *node, llvm::StringRef prefix,
                       RecipeChoices &choices);
  bool readMethod(Node *node, RecipeChoices &choices);
  bool readLowRank(Node *node, llvm::StringRef prefix, RecipeChoices &choices);
  bool readRules(Node *node);
  bool readRule(Node *node);
  bool readSparsity(Node *node);
  bool readTarget(Node *node, llvm::StringRef key, RecipeChoices &choices);
  /// Branches for inputs that are left out need some that are.
  bool checkRemainders(Node *node);
  bool readTransforms(Node *node);
  bool readSplit(Node *node, double &ratio);
  bool readCalibration(Node *node);
  bool readBudget(Node *node);
  bool readBudgetKey(llvm::StringRef key, Node *value, BudgetChoice &choice);
  bool readCandidates(Node *node, BudgetChoice &choice);
  bool readCandidate(Node *node, BudgetChoice &choice);
  /// A candidate that is the name of a preset or of a format.
  bool readNamedCandidate(Node *node, const std::string &name,
                          BudgetFormat &format);
  bool readSparsities(Node *node, std::vector<double> &shares);

  llvm::SourceMgr sources;
  std::string fileName, error;
  llvm::yaml::Stream stream;
  Recipe recipe;
};

} // namespace quantc

#endif // QUANTC_LIB_RECIPE_RECIPEREADER_H
