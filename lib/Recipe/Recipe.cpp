//===- Recipe.cpp - what the user asked for -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Presets, and the answers to questions about layers. Reading YAML is done in
// RecipeReader.cpp.

#include "quantc/Recipe/Recipe.h"
#include "RecipeReader.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using llvm::StringRef;

static constexpr Preset presets[] = {
#define QUANTC_PRESET(name, summary, yaml) {name, summary, yaml},
#include "quantc/Recipe/Presets.def"
};

llvm::ArrayRef<Preset> quantc::allPresets() { return presets; }

static constexpr WeightFormat weightFormats[] = {
#define QUANTC_WEIGHT_FORMAT(name, code, bits, groupSize, scale)               \
  {name, code, bits, groupSize, scale},
#include "quantc/Recipe/WeightFormats.def"
};

llvm::ArrayRef<WeightFormat> quantc::allWeightFormats() {
  return weightFormats;
}

llvm::Expected<Recipe> Recipe::load(StringRef presetOrPath) {
  std::vector<std::string> names;
  for (const Preset &preset : presets) {
    if (preset.name != presetOrPath) {
      names.push_back(preset.name.str());
      continue;
    }
    auto recipe = parse(preset.yaml, preset.name);
    if (recipe)
      recipe->label = preset.name.str();
    return recipe;
  }
  llvm::SmallVector<StringRef> known(names.begin(), names.end());
  bool looksLikePath = presetOrPath.contains('/') || presetOrPath.contains('.');
  if (!looksLikePath && !llvm::sys::fs::exists(presetOrPath))
    return makeError(ErrorKind::Usage,
                     "unknown preset '{0}', presets are {1}{2}", presetOrPath,
                     llvm::join(names, ", "), didYouMean(presetOrPath, known));
  auto buffer = llvm::MemoryBuffer::getFile(presetOrPath, /*IsText=*/true);
  if (!buffer)
    return makeError(ErrorKind::IO, "cannot read recipe '{0}': {1}",
                     presetOrPath, buffer.getError().message());
  auto recipe = parse((*buffer)->getBuffer(), presetOrPath);
  if (recipe && recipe->label == "recipe")
    recipe->label = presetOrPath.str();
  return recipe;
}

bool Recipe::matches(const RecipeRule &rule, StringRef node, StringRef op,
                     int64_t index, int64_t count) const {
  if (!rule.name.empty() && !llvm::Regex(rule.name).match(node))
    return false;
  if (!rule.op.empty() && rule.op != op)
    return false;
  return (!rule.first || index == 0) && (!rule.last || index == count - 1);
}

/// Puts what `choices` sets into `layer`.
static void apply(const RecipeChoices &choices, StringRef op,
                  ResolvedLayer &layer) {
  if (choices.weights)
    layer.weights = *choices.weights;
  if (choices.method)
    layer.method = *choices.method;
  if (choices.lowRank)
    layer.lowRank = *choices.lowRank;
  if (choices.sparsity)
    layer.sparsity = *choices.sparsity;
  const auto &activations =
      op == "Conv" ? choices.convActivations : choices.matmulActivations;
  if (activations)
    layer.activations = *activations;
}

/// The method for a kind of code when the recipe names none.
static StringRef usualMethod(StringRef code) {
  return code == "binary" ? "arb" : code == "codebook" ? "btc" : "rtn";
}

ResolvedLayer Recipe::resolve(StringRef node, StringRef op, int64_t index,
                              int64_t count) const {
  ResolvedLayer layer;
  apply(base, op, layer);
  if (!layer.weights.quantized)
    layer.reason = "the recipe keeps weights in floating point";
  for (auto [i, rule] : llvm::enumerate(rules)) {
    if (!matches(rule, node, op, index, count))
      continue;
    const RecipeChoices &choices = rule.choices;
    bool isSparsityOnly = choices.sparsity && !choices.weights &&
                          !choices.method && !choices.matmulActivations &&
                          !choices.convActivations;
    if (!isSparsityOnly) // which is compatible with any codes
      layer.ruleIndex = static_cast<int>(i);
    if (rule.skip) {
      layer.weights = WeightChoice();
      layer.activations = ActivationChoice();
      layer.sparsity = 0;
      layer.reason = "rule " + std::to_string(i + 1) + " skips it";
      continue;
    }
    apply(rule.choices, op, layer);
    if (layer.weights.quantized)
      layer.reason.clear();
    else if (rule.choices.weights)
      layer.reason =
          "rule " + std::to_string(i + 1) + " keeps weights in floating point";
  }
  if (layer.method.empty())
    layer.method = usualMethod(layer.weights.code);
  return layer;
}

std::vector<std::string> Recipe::methods() const {
  std::vector<std::string> names;
  auto add = [&](const RecipeChoices &choices) {
    if (choices.method && !llvm::is_contained(names, *choices.method))
      names.push_back(*choices.method);
  };
  add(base);
  for (const RecipeRule &rule : rules)
    add(rule.choices);
  if (budgetChoice)
    for (const BudgetFormat &format : budgetChoice->formats)
      if (!format.method.empty() && !llvm::is_contained(names, format.method))
        names.push_back(format.method);
  return names;
}

bool Recipe::isSparse() const {
  return base.sparsity.value_or(0) > 0 ||
         llvm::any_of(rules, [](const RecipeRule &rule) {
           return rule.choices.sparsity.value_or(0) > 0;
         });
}

bool Recipe::needsCalibration() const {
  auto isStatic = [](const RecipeChoices &choices) {
    auto is = [](const std::optional<ActivationChoice> &choice) {
      return choice && choice->kind == ActivationChoice::StaticTensor;
    };
    return is(choices.matmulActivations) || is(choices.convActivations);
  };
  return isStatic(base) || llvm::any_of(rules, [&](const RecipeRule &rule) {
           return isStatic(rule.choices);
         });
}

static StringRef nameOf(const ActivationChoice &choice) {
  if (choice.kind == ActivationChoice::DynamicToken)
    return choice.symmetric ? "dynamic_symmetric" : "dynamic";
  return choice.kind == ActivationChoice::StaticTensor ? "static" : "float";
}

/// "bits: 4, symmetric: true" or "format: e2m1".
static std::string codeToYaml(const WeightChoice &weights) {
  std::string symmetric =
      std::string(", symmetric: ") + (weights.symmetric ? "true" : "false");
  if (weights.codebookDim)
    return "format: codebook, codebook_dim: " +
           std::to_string(weights.codebookDim) +
           ", codebook_size: " + std::to_string(weights.codebookSize) +
           symmetric;
  if (weights.hasSigns())
    return "format: " + weights.code + symmetric;
  if (weights.hasPlanes())
    return "format: planes, bits: " + std::to_string(weights.bits) +
           ", widths: [" +
           llvm::join(
               llvm::map_range(weights.widths,
                               [](int64_t w) { return std::to_string(w); }),
               ", ") +
           "]";
  for (const WeightFormat &format : allWeightFormats())
    if (format.bits > 0 && format.groupSize < 0 && format.code == weights.code)
      return "format: " + format.name.str();
  return "bits: " + std::to_string(weights.bits) + symmetric +
         (weights.realZeros ? ", zero_point: f16" : "");
}

/// The fewest digits that are read as `number` again.
static std::string shortest(double number) {
  std::string text;
  double again = 0;
  for (int digits = 6; digits <= 17; ++digits) {
    text.clear();
    llvm::raw_string_ostream(text) << llvm::format("%.*g", digits, number);
    if (!StringRef(text).getAsDouble(again) && again == number)
      break;
  }
  return text;
}

/// "bits: 4, symmetric: true, group_size: 64, scale: f16"
static std::string weightsToYaml(const WeightChoice &weights) {
  return codeToYaml(weights) +
         ", group_size: " + std::to_string(weights.groupSize) +
         ", scale: " + weights.scale;
}

/// The keys that are set, each with its value.
static std::vector<std::string> choicesToYaml(const RecipeChoices &choices) {
  std::vector<std::string> keys;
  if (const auto &w = choices.weights) {
    std::string text;
    llvm::raw_string_ostream os(text);
    if (!w->quantized)
      os << "weights: {bits: 0}";
    else
      os << "weights: {" << weightsToYaml(*w) << "}";
    keys.push_back(text);
  }
  std::vector<std::string> activations;
  if (choices.matmulActivations)
    activations.push_back("matmul: " +
                          nameOf(*choices.matmulActivations).str());
  if (choices.matmulActivations && choices.matmulActivations->bits != 8)
    activations.push_back("bits: 4");
  if (choices.convActivations)
    activations.push_back("conv: " + nameOf(*choices.convActivations).str());
  if (!activations.empty())
    keys.push_back("activations: {" + llvm::join(activations, ", ") + "}");
  if (choices.method)
    keys.push_back("method: " + *choices.method);
  if (choices.lowRank)
    keys.push_back("low_rank: {rank: " + std::to_string(choices.lowRank->rank) +
                   ", method: " + choices.lowRank->method + "}");
  return keys;
}

/// A scalar in double quotes.
static std::string quote(StringRef text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      quoted += "\\x" + llvm::utohexstr(c, /*LowerCase=*/true, /*Width=*/2);
    else
      quoted += c;
  }
  return quoted + "\"";
}

/// "{name: \"head\", skip: true}"
static std::string ruleToYaml(const RecipeRule &rule) {
  std::vector<std::string> keys;
  if (!rule.name.empty())
    keys.push_back("name: " + quote(rule.name));
  if (!rule.op.empty())
    keys.push_back("op: " + rule.op);
  for (auto [isSet, key] :
       {std::pair(rule.first, "first"), std::pair(rule.last, "last"),
        std::pair(rule.skip, "skip")})
    if (isSet)
      keys.push_back(std::string(key) + ": true");
  llvm::append_range(keys, choicesToYaml(rule.choices));
  if (rule.choices.sparsity)
    keys.push_back("sparsity: " + shortest(*rule.choices.sparsity));
  return "{" + llvm::join(keys, ", ") + "}";
}

static std::string budgetOfBranches(const LowRankBudget &budget) {
  return budget.bytes ? ", bytes: " + std::to_string(*budget.bytes)
                      : ", bits_per_weight: " + shortest(*budget.bitsPerWeight);
}

/// A name, where it says everything; else all keys.
static std::string candidateToYaml(const BudgetFormat &format) {
  auto isPreset = [&](const Preset &preset) {
    return preset.name == format.name;
  };
  if (llvm::any_of(allPresets(), isPreset))
    return format.name;
  std::string method =
      format.method.empty() ? "" : ", method: " + format.method;
  return "{" + weightsToYaml(format.weights) + method + "}";
}

static std::string budgetToYaml(const BudgetChoice &budget) {
  std::string text =
      budget.bytes ? "bytes: " + std::to_string(*budget.bytes)
      : budget.bytesPerToken
          ? "bytes_per_token: " + std::to_string(*budget.bytesPerToken)
          : "bits_per_weight: " + shortest(*budget.bitsPerWeight);
  std::vector<std::string> candidates;
  for (unsigned bits : budget.bits)
    candidates.push_back(std::to_string(bits));
  for (const BudgetFormat &format : budget.formats)
    candidates.push_back(candidateToYaml(format));
  if (!candidates.empty())
    text += ", candidates: [" + llvm::join(candidates, ", ") + "]";
  if (!budget.sparsities.empty())
    text += ", sparsities: [" +
            llvm::join(llvm::map_range(budget.sparsities, shortest), ", ") +
            "]";
  text += ", measure: " + budget.measure;
  if (!budget.sensitivity.empty())
    text += ", sensitivity: " + quote(budget.sensitivity);
  return "budget: {" + text + "}\n";
}

std::string Recipe::toYaml() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "name: " << quote(label) << "\n";
  for (std::string key : choicesToYaml(base)) {
    if (branchBudget.isAny() && StringRef(key).starts_with("low_rank"))
      key.insert(key.size() - 1, budgetOfBranches(branchBudget));
    os << key << "\n";
  }
  auto word = [](bool value) { return value ? "true" : "false"; };
  if (tiedEmbeddings)
    os << "tied_embeddings: true\n";
  if (isSparse())
    os << "sparsity: {target: " << shortest(base.sparsity.value_or(0))
       << ", allocation: " << sparsityChoice.allocation
       << ", prefill: " << (sparsityChoice.densePrefill ? "dense" : "sparse")
       << "}\n";
  std::string split = transformChoice.splitsChannels()
                          ? ", split_channels: {ratio: " +
                                shortest(transformChoice.splitRatio) + "}"
                          : "";
  if (transformChoice.permuteInputs)
    split += ", permute_inputs: true";
  if (transformChoice.isAny())
    os << "transforms: {fold_norms: " << word(transformChoice.foldNorms)
       << ", rotate_stream: " << word(transformChoice.rotateStream)
       << ", rotate_heads: " << word(transformChoice.rotateHeads)
       << ", rotate_inputs: " << word(transformChoice.rotateInputs)
       << ", rotate_keys: " << word(transformChoice.rotateKeys)
       << ", scale_inputs: " << transformChoice.scaleInputs
       << ", smooth_alpha: " << shortest(transformChoice.smoothAlpha) << split
       << ", seed: " << transformChoice.seed << "}\n";
  os << "calibration: {samples: " << calibrationChoice.samples
     << ", observer: " << calibrationChoice.observer
     << ", percentile: " << shortest(calibrationChoice.percentile)
     << (calibrationChoice.layerByLayer ? "" : ", layer_by_layer: false")
     << "}\n";
  if (budgetChoice)
    os << budgetToYaml(*budgetChoice);
  if (!rules.empty())
    os << "rules:\n";
  for (const RecipeRule &rule : rules)
    os << "  - " << ruleToYaml(rule) << "\n";
  return text;
}

llvm::Error Recipe::checkRulesMatched(llvm::ArrayRef<std::string> nodes,
                                      llvm::ArrayRef<std::string> ops) const {
  int64_t count = nodes.size();
  for (auto [i, rule] : llvm::enumerate(rules)) {
    bool isUsed = false;
    for (int64_t layer = 0; layer < count && !isUsed; ++layer)
      isUsed = matches(rule, nodes[layer], ops[layer], layer, count);
    // A preset's rules are about any model, even one without products.
    if (isUsed || count == 0)
      continue;
    llvm::SmallVector<StringRef> known(nodes.begin(), nodes.end());
    std::string hint = rule.name.empty() ? "" : didYouMean(rule.name, known);
    return makeError(
        ErrorKind::Usage,
        "rule {0} of recipe '{1}' matches none of the {2} layers: {3}{4}",
        i + 1, label, count, ruleToYaml(rule), hint);
  }
  return llvm::Error::success();
}
