//===- Recipe.h - what the user asked for -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A recipe says which layers are quantized and how. It is read from YAML or
// from a preset, and asked layer by layer. It knows nothing of IR or of
// kernels.

#ifndef QUANTC_RECIPE_RECIPE_H
#define QUANTC_RECIPE_RECIPE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/Regex.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantc {

/// What becomes of a weight.
struct WeightChoice {
  bool quantized = false;
  std::string code = "uint"; ///< kind of code, as schemes name it
  unsigned bits = 0;         ///< of one code, 1 to 8; of an index, 1 to 16
  bool symmetric = true;     ///< without zero points
  bool realZeros = false;    ///< zero points are numbers, stored as f16
  int64_t groupSize = 0; ///< inputs that share a scale; 0: the whole channel
  std::string scale = "f32"; ///< how scales are stored, as schemes name it
  int64_t codebookDim = 0, codebookSize = 0; ///< signs in a pattern, patterns
  /// Numbers of bits that planes can be read at, descending from `bits`; empty
  /// for other codes.
  std::vector<int64_t> widths;

  /// One sign a weight, its own or one of a pattern.
  bool hasSigns() const { return code == "binary" || code == "codebook"; }
  /// The width that codes are read at is chosen when the model runs.
  bool hasPlanes() const { return code == "planes"; }
};

/// What becomes of an activation.
struct ActivationChoice {
  enum Kind { Float, StaticTensor, DynamicToken };
  Kind kind = Float;
  bool symmetric = false; ///< without zero points, when dynamic
  unsigned bits = 8;      ///< of one code, 4 or 8; 8 unless dynamic
};

/// The low-rank branch beside a quantized matrix product.
struct LowRankChoice {
  int64_t rank = 0; ///< at most; 0: none
  /// "eora", "lorc" or "r_sparse", see Methods/LowRank.h
  std::string method = "eora";
  /// True for a branch in the place of inputs that are left out.
  bool isRemainder() const { return rank > 0 && method == "r_sparse"; }
};

/// What all low-rank branches may take together. At most one is set.
struct LowRankBudget {
  std::optional<double> bitsPerWeight;
  std::optional<int64_t> bytes;

  bool isAny() const { return bitsPerWeight || bytes; }
};

/// What the recipe says of one layer.
struct ResolvedLayer {
  WeightChoice weights;
  ActivationChoice activations;
  std::string method; ///< chosen, or the usual one of the format
  LowRankChoice lowRank;
  double sparsity = 0; ///< share of its inputs that are to be left out
  std::string reason;  ///< why it stays in floating point, when it does
  int ruleIndex = -1;  ///< the rule that decided, or -1
};

/// The values that a recipe or a rule sets; the rest is inherited.
struct RecipeChoices {
  std::optional<WeightChoice> weights;
  std::optional<ActivationChoice> matmulActivations, convActivations;
  std::optional<std::string> method;
  std::optional<LowRankChoice> lowRank;
  std::optional<double> sparsity;
};

/// Choices for the layers that match every condition that is given.
struct RecipeRule {
  std::string name; ///< regular expression, searched in the name of the node
  std::string op;   ///< "MatMul" or "Conv"
  bool first = false, last = false;
  bool skip = false; ///< the layer stays in floating point
  RecipeChoices choices;
};

/// How static ranges are found.
struct CalibrationChoice {
  int64_t samples = 0;             ///< at most this many; 0: all
  std::string observer = "minmax"; ///< "minmax", "percentile" or "mse"
  double percentile = 99.99;       ///< for the observer of that name
  bool layerByLayer = true;        ///< Hessians of what quantized layers give
};

/// Which inputs of matrix products are left out because they are small. What
/// share of them is part of RecipeChoices.
struct SparsityChoice {
  /// "uniform": each layer has its target; "greedy": layers of a block share
  /// the block's.
  std::string allocation = "uniform";
  bool densePrefill = true; ///< only where a run has one row
};

/// A way to store a weight that a budget may choose, other than its own with
/// another number of bits.
struct BudgetFormat {
  std::string name; ///< in reports: as in the recipe, or "int3 g32"
  WeightChoice weights;
  std::string method;         ///< of the recipe, or a preset's; may be empty
  bool isMethodGiven = false; ///< by the recipe itself
};

/// How many bytes the weights of all quantized layers may take, and how their
/// bits are chosen. One of bitsPerWeight, bytes and bytesPerToken is set.
struct BudgetChoice {
  std::optional<double> bitsPerWeight; ///< stored, scales and padding included
  std::optional<int64_t> bytes;
  std::optional<int64_t> bytesPerToken; ///< that one row reads of them
  std::vector<double> sparsities;       ///< to choose from with it, ascending
  std::vector<unsigned> bits; ///< to choose from, ascending; none of these and
                              ///< of `formats`: all numbers
  std::vector<BudgetFormat> formats; ///< to choose from besides
  std::string measure =
      "kl"; ///< or "loss", "outputs", "weights": what an error is
  std::string sensitivity; ///< file with errors that were measured before
};

/// How a model is rewritten, without another result, before its numbers are
/// quantized.
struct TransformChoice {
  bool foldNorms = false;    ///< gamma, beta and mean into the weights
  bool rotateStream = false; ///< residual streams
  bool rotateHeads = false;  ///< the values of attention
  bool rotateInputs = false; ///< of products, when the model runs
  bool rotateKeys = false;   ///< and queries, when the model runs
  uint64_t seed = 0;         ///< of the signs of rotations
  /// "none", "smoothquant" or "awq": how inputs of products are scaled.
  std::string scaleInputs = "none";
  double smoothAlpha = 0.5; ///< share of the range that smoothquant moves
  /// Share of the input channels of products that are split; 0: none.
  double splitRatio = 0;

  /// What `split_channels: true` means.
  static constexpr double usualSplitRatio = 0.05;

  /// Inputs of products by their norms, for weights with groups.
  bool permuteInputs = false;

  bool splitsChannels() const { return splitRatio > 0; }
  bool scalesInputs() const { return scaleInputs != "none"; }
  bool isAny() const {
    return foldNorms || rotateStream || rotateHeads || rotateInputs ||
           rotateKeys || scalesInputs() || splitsChannels() || permuteInputs;
  }
};

class Recipe {
public:
  /// The preset of that name, or the recipe in that file. ErrorKind::Usage for
  /// an unknown preset or a wrong recipe, with file, line and column;
  /// ErrorKind::IO when the file cannot be read.
  static llvm::Expected<Recipe> load(llvm::StringRef presetOrPath);
  static llvm::Expected<Recipe> parse(llvm::StringRef yaml,
                                      llvm::StringRef fileName);

  llvm::StringRef name() const { return label; }

  /// What becomes of the layer number `index` of `count`, a "MatMul" or "Conv"
  /// called `node`. The last rule that matches wins, key by key; `weights` is
  /// one key, whatever it holds.
  ResolvedLayer resolve(llvm::StringRef node, llvm::StringRef op, int64_t index,
                        int64_t count) const;

  /// ErrorKind::Usage, with the names that come nearest, when a rule matches
  /// none of these layers (names and operators in the order of the model).
  llvm::Error checkRulesMatched(llvm::ArrayRef<std::string> nodes,
                                llvm::ArrayRef<std::string> ops) const;

  /// The quantizers of weights that the recipe names, each once. Which there
  /// are is not the recipe's business.
  std::vector<std::string> methods() const;

  /// True when some layer may need static ranges.
  bool needsCalibration() const;
  const CalibrationChoice &calibration() const { return calibrationChoice; }

  /// How the bits of layers are chosen; nothing when the recipe says them.
  const std::optional<BudgetChoice> &budget() const { return budgetChoice; }

  const LowRankBudget &lowRankBudget() const { return branchBudget; }

  const TransformChoice &transforms() const { return transformChoice; }

  /// True when some layer may leave out inputs.
  bool isSparse() const;
  const SparsityChoice &sparsity() const { return sparsityChoice; }

  /// Whether embeddings read the codes of the product that shares their table.
  bool tiesEmbeddings() const { return tiedEmbeddings; }

  /// The effective recipe; parsing it gives an equal recipe.
  std::string toYaml() const;

private:
  friend class RecipeReader;
  bool matches(const RecipeRule &rule, llvm::StringRef node, llvm::StringRef op,
               int64_t index, int64_t count) const;

  std::string label = "recipe";
  RecipeChoices base;
  std::vector<RecipeRule> rules;
  CalibrationChoice calibrationChoice;
  std::optional<BudgetChoice> budgetChoice;
  TransformChoice transformChoice;
  LowRankBudget branchBudget;
  SparsityChoice sparsityChoice;
  bool tiedEmbeddings = false;
};

/// A format of weights: what `format` of a recipe means, see WeightFormats.def.
struct WeightFormat {
  llvm::StringLiteral name, code;
  unsigned bits;
  int64_t groupSize; ///< -1: the recipe says it
  llvm::StringLiteral scale;
};
llvm::ArrayRef<WeightFormat> allWeightFormats();

/// A preset: its name, what it is for, and its YAML.
struct Preset {
  llvm::StringLiteral name, summary, yaml;
};
llvm::ArrayRef<Preset> allPresets();

/// One line of the schema: path of the key, its type, its default, what it
/// does.
struct RecipeKey {
  llvm::StringLiteral path, type, standard, summary;
};
llvm::ArrayRef<RecipeKey> recipeSchema();

} // namespace quantc

#endif // QUANTC_RECIPE_RECIPE_H
