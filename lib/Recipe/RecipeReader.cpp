//===- RecipeReader.cpp - recipes from YAML -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every error names file, line and column, what was found and what is expected.

#include "RecipeReader.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

using namespace quantc;
using namespace llvm;

/// Rank of branches that a budget chooses, at most.
static constexpr int64_t kMostRanks = 128;

static constexpr RecipeKey schema[] = {
#define QUANTC_RECIPE_KEY(path, type, standard, summary)                       \
  {path, type, standard, summary},
#include "quantc/Recipe/Schema.def"
};

ArrayRef<RecipeKey> quantc::recipeSchema() { return schema; }

/// Keys directly below `prefix`.
static std::vector<std::string> keysBelow(StringRef prefix) {
  std::vector<std::string> keys;
  for (const RecipeKey &key : schema) {
    StringRef path = key.path;
    bool isInside = prefix.empty() ||
                    (path.consume_front(prefix) && path.consume_front("."));
    if (isInside && !path.contains('.'))
      keys.push_back(path.str());
  }
  return keys;
}

RecipeReader::RecipeReader(StringRef yaml, StringRef fileName)
    : fileName(fileName), stream(yaml, sources, /*ShowColors=*/false) {
  sources.setDiagHandler(
      [](const SMDiagnostic &diagnostic, void *context) {
        auto *self = static_cast<RecipeReader *>(context);
        if (self->error.empty())
          self->error =
              formatv("{0}:{1}:{2}: {3}", self->fileName,
                      diagnostic.getLineNo(), diagnostic.getColumnNo() + 1,
                      diagnostic.getMessage())
                  .str();
      },
      this);
}

bool RecipeReader::fail(Node *node, const Twine &message) {
  if (error.empty())
    stream.printError(node, message);
  return false;
}

bool RecipeReader::failValue(Node *node, StringRef key, StringRef expected) {
  return fail(node, "'" + key + "' is '" + text(node).value_or("no scalar") +
                        "', expected " + expected);
}

std::optional<std::string> RecipeReader::text(Node *node) {
  auto *scalar = dyn_cast_or_null<yaml::ScalarNode>(node);
  if (!scalar)
    return std::nullopt;
  SmallString<64> storage;
  return scalar->getValue(storage).str();
}

bool RecipeReader::readMapping(Node *node, StringRef prefix, ReadKey readKey) {
  auto *mapping = dyn_cast_or_null<yaml::MappingNode>(node);
  if (!mapping)
    return fail(node, "expected a mapping of keys to values");
  std::vector<std::string> known = keysBelow(prefix);
  StringSet<> seen;
  for (yaml::KeyValueNode &entry : *mapping) {
    std::optional<std::string> key = text(entry.getKey());
    if (!key)
      return fail(entry.getKey(), "expected a key");
    if (!is_contained(known, *key))
      return fail(entry.getKey(),
                  "unknown key '" + *key + "'" +
                      didYouMean(*key, SmallVector<StringRef>(known.begin(),
                                                              known.end())));
    if (!seen.insert(*key).second)
      return fail(entry.getKey(), "key '" + *key + "' occurs twice");
    if (!readKey(*key, entry.getValue()))
      return false;
  }
  return !stream.failed();
}

bool RecipeReader::readBool(Node *node, StringRef key, bool &value) {
  std::optional<std::string> word = text(node);
  if (word != "true" && word != "false")
    return failValue(node, key, "true or false");
  value = word == "true";
  return true;
}

bool RecipeReader::readInteger(Node *node, StringRef key, int64_t low,
                               int64_t high, int64_t &value) {
  std::optional<std::string> word = text(node);
  if (!word || StringRef(*word).getAsInteger(10, value) || value < low ||
      value > high)
    return failValue(node, key,
                     formatv("an integer from {0} to {1}", low, high).str());
  return true;
}

bool RecipeReader::readShare(Node *node, StringRef key, double &value) {
  std::string word = text(node).value_or("");
  if (StringRef(word).getAsDouble(value) || !(value >= 0 && value <= 1))
    return failValue(node, key, "a number from 0 to 1");
  return true;
}

/// Brings what a format says into `weights`; an empty text or what the other
/// keys say against it. `given` are the keys of the recipe.
static std::string applyFormat(const WeightFormat &format,
                               const StringSet<> &given,
                               WeightChoice &weights) {
  std::string says = "'format' is '" + format.name.str() + "', which has ";
  if (format.bits && given.contains("bits") && weights.bits != format.bits)
    return says + std::to_string(format.bits) + " bits";
  if (format.bits && !weights.symmetric)
    return says + "no zero points";
  if (format.groupSize >= 0 && given.contains("group_size") &&
      weights.groupSize != format.groupSize)
    return says + "groups of " + std::to_string(format.groupSize);
  if (!format.scale.empty() && given.contains("scale") &&
      weights.scale != format.scale)
    return says + format.scale.str() + " scales";
  weights.code = format.code.str();
  if (format.bits)
    weights.bits = format.bits;
  if (format.groupSize >= 0)
    weights.groupSize = format.groupSize;
  if (!format.scale.empty())
    weights.scale = format.scale.str();
  return "";
}

/// Brings what zero points are into `weights`; an empty text or what
/// contradicts it. `given` are the keys of the recipe.
static std::string applyZeroPoint(const StringSet<> &given,
                                  const WeightFormat *format,
                                  WeightChoice &weights) {
  if (!weights.realZeros)
    return "";
  // What was inherited, another choice ends.
  if (!given.contains("zero_point")) {
    weights.realZeros =
        !format && !(given.contains("symmetric") && weights.symmetric);
    return "";
  }
  if (given.contains("symmetric") && weights.symmetric)
    return "'zero_point' is f16, but 'symmetric' says that there are none";
  StringRef code = format ? StringRef(format->code) : StringRef(weights.code);
  if (code != "uint")
    return "'zero_point: f16' is for integers, not for " + code.str() +
           " weights";
  weights.symmetric = false;
  return "";
}

bool RecipeReader::readFormat(Node *node, const WeightFormat *&format) {
  std::string name = text(node).value_or("");
  SmallVector<StringRef> known;
  for (const WeightFormat &one : allWeightFormats()) {
    known.push_back(one.name);
    if (one.name == name)
      format = &one;
  }
  return format ||
         failValue(node, "format", join(known, ", ") + didYouMean(name, known));
}

bool RecipeReader::readWeightKey(StringRef key, Node *value,
                                 WeightChoice &weights) {
  if (key == "bits") {
    int64_t bits = 0;
    bool isRead = readInteger(value, key, 0, 8, bits) &&
                  (bits != 1 || failValue(value, key, "0 or 2 to 8"));
    weights.bits = static_cast<unsigned>(bits);
    return isRead;
  }
  if (key == "symmetric")
    return readBool(value, key, weights.symmetric);
  if (key == "zero_point") {
    std::string word = text(value).value_or("");
    weights.realZeros = word == "f16";
    return weights.realZeros || word == "int" ||
           failValue(value, key, "int or f16");
  }
  if (key == "group_size")
    return readInteger(value, key, 0, 1 << 20, weights.groupSize);
  if (key == "widths")
    return readWidths(value, weights.widths);
  if (key == "codebook_dim")
    return readInteger(value, key, 2, 16, weights.codebookDim);
  if (key == "codebook_size")
    return readInteger(value, key, 2, 65536, weights.codebookSize);
  weights.scale = text(value).value_or("");
  return is_contained({"f32", "f16", "e8m0", "e4m3"}, weights.scale) ||
         failValue(value, key, "f32, f16, e8m0 or e4m3");
}

bool RecipeReader::readWeights(Node *node, StringRef prefix,
                               RecipeChoices &choices) {
  WeightChoice weights = choices.weights.value_or(WeightChoice());
  const WeightFormat *format = nullptr;
  StringSet<> given;
  if (!readMapping(node, prefix, [&](StringRef key, Node *value) {
        if (key == "method")
          return readMethod(value, choices);
        given.insert(key);
        return key == "format" ? readFormat(value, format)
                               : readWeightKey(key, value, weights);
      }))
    return false;
  choices.weights = weights;
  return finishWeights(node, format, given, *choices.weights);
}

bool RecipeReader::finishWeights(Node *node, const WeightFormat *format,
                                 const StringSet<> &given,
                                 WeightChoice &weights) {
  // A format is a new choice; a number of bits is one of integers.
  if (format && !given.contains("symmetric"))
    weights.symmetric = true;
  if (format && !given.contains("bits"))
    weights.bits = 0;
  else if (!format && given.contains("bits"))
    weights.code = "uint";
  std::string problem = applyZeroPoint(given, format, weights);
  if (problem.empty() && format)
    problem = applyFormat(*format, given, weights);
  if (problem.empty() && weights.code != "uint" && !weights.hasSigns() &&
      !weights.symmetric)
    problem = weights.code + " weights have no zero points";
  if (!problem.empty())
    return fail(node, problem);
  if (!given.contains("widths"))
    weights.widths.clear();
  if (!weights.hasSigns() && !given.contains("codebook_dim") &&
      !given.contains("codebook_size"))
    weights.codebookDim = weights.codebookSize = 0;
  if (weights.hasSigns() || weights.codebookDim || weights.codebookSize)
    return finishSigns(node, given.contains("bits"), weights);
  // Without bits the other keys would keep the weights in floating point.
  if (!given.contains("bits") && weights.bits == 0)
    return fail(node, "'weights' says no 'bits', expected 0 or 2 to 8");
  weights.quantized = weights.bits != 0;
  return finishPlanes(node, weights);
}

bool RecipeReader::readActivations(Node *node, StringRef prefix,
                                   RecipeChoices &choices) {
  int64_t bits = 8;
  bool read = readMapping(node, prefix, [&](StringRef key, Node *value) {
    std::optional<std::string> word = text(value);
    if (key == "bits")
      return word == "4" || word == "8" ? readInteger(value, key, 4, 8, bits)
                                        : failValue(value, key, "4 or 8");
    ActivationChoice choice;
    if (word == "static")
      choice.kind = ActivationChoice::StaticTensor;
    else if (word == "dynamic" || word == "dynamic_symmetric")
      choice.kind = ActivationChoice::DynamicToken;
    else if (word != "float")
      return failValue(value, key,
                       "float, dynamic, dynamic_symmetric or static");
    choice.symmetric = word == "dynamic_symmetric";
    (key == "conv" ? choices.convActivations : choices.matmulActivations) =
        choice;
    return true;
  });
  if (!read || bits == 8)
    return read;
  if (!choices.matmulActivations ||
      choices.matmulActivations->kind != ActivationChoice::DynamicToken)
    return fail(node, "'activations' says 'bits: 4', which needs 'matmul: "
                      "dynamic' or 'matmul: dynamic_symmetric'");
  choices.matmulActivations->bits = 4;
  return true;
}

bool RecipeReader::readMethod(Node *node, RecipeChoices &choices) {
  choices.method = text(node);
  return choices.method.has_value() ||
         failValue(node, "method", "the name of a method");
}

bool RecipeReader::readLowRank(Node *node, StringRef prefix,
                               RecipeChoices &choices) {
  LowRankChoice choice;
  LowRankBudget &budget = recipe.branchBudget;
  bool hasRank = false;
  bool read = readMapping(node, prefix, [&](StringRef key, Node *value) {
    std::string word = text(value).value_or("");
    hasRank |= key == "rank";
    if (key == "rank")
      return readInteger(value, key, 0, 1024, choice.rank);
    if (key == "bytes")
      return readInteger(value, key, 0, INT64_MAX, budget.bytes.emplace());
    if (key == "method") {
      choice.method = word;
      return is_contained({"eora", "lorc", "r_sparse"}, word) ||
             failValue(value, key, "eora, lorc or r_sparse");
    }
    double bits = 0;
    if (StringRef(word).getAsDouble(bits) || !(bits > 0 && bits <= 32))
      return failValue(value, key, "a number above 0, at most 32");
    budget.bitsPerWeight = bits;
    return true;
  });
  if (read && budget.bytes && budget.bitsPerWeight)
    return fail(node, "'low_rank' says either 'bits_per_weight' or 'bytes'");
  if (read && !hasRank && !(prefix == "low_rank" && budget.isAny()))
    return fail(node, prefix == "low_rank"
                          ? "'low_rank' says no 'rank', 'bits_per_weight' or "
                            "'bytes'"
                          : "'low_rank' of a rule says no 'rank'");
  if (!hasRank)
    choice.rank = kMostRanks;
  choices.lowRank = choice;
  return read;
}

bool RecipeReader::readRule(Node *node) {
  RecipeRule rule;
  bool read = readMapping(node, "rules", [&](StringRef key, Node *value) {
    if (key == "name") {
      rule.name = text(value).value_or("");
      std::string reason;
      if (rule.name.empty() || !Regex(rule.name).isValid(reason))
        return failValue(value, key, "a regular expression (" + reason + ")");
      return true;
    }
    if (key == "op") {
      rule.op = text(value).value_or("");
      return rule.op == "MatMul" || rule.op == "Conv" ||
             failValue(value, key, "MatMul or Conv");
    }
    if (key == "weights")
      return readWeights(value, "rules.weights", rule.choices);
    if (key == "activations")
      return readActivations(value, "rules.activations", rule.choices);
    if (key == "method")
      return readMethod(value, rule.choices);
    if (key == "low_rank")
      return readLowRank(value, "rules.low_rank", rule.choices);
    if (key == "sparsity")
      return readTarget(value, key, rule.choices);
    return readBool(value, key,
                    key == "first"  ? rule.first
                    : key == "last" ? rule.last
                                    : rule.skip);
  });
  const RecipeChoices &says = rule.choices;
  bool hasChoices = says.weights || says.method || says.matmulActivations ||
                    says.convActivations || says.lowRank || says.sparsity;
  if (read && rule.skip && hasChoices)
    return fail(node, "the rule contradicts itself: it skips the layer and "
                      "says how it is quantized");
  if (read && !rule.skip && !hasChoices)
    return fail(node, "the rule changes nothing, expected 'skip: true', "
                      "'weights', 'activations', 'method', 'low_rank' or "
                      "'sparsity'");
  recipe.rules.push_back(rule);
  return read;
}

bool RecipeReader::readRules(Node *node) {
  auto *sequence = dyn_cast_or_null<yaml::SequenceNode>(node);
  if (!sequence)
    return fail(node, "expected a sequence of rules");
  for (Node &rule : *sequence)
    if (!readRule(&rule))
      return false;
  return true;
}

bool RecipeReader::readTarget(Node *node, StringRef key,
                              RecipeChoices &choices) {
  double target = 0;
  if (StringRef(text(node).value_or("")).getAsDouble(target) ||
      !(target >= 0 && target <= 0.95))
    return failValue(node, key, "a number from 0 to 0.95");
  choices.sparsity = target;
  return true;
}

bool RecipeReader::readSparsity(Node *node) {
  SparsityChoice &choice = recipe.sparsityChoice;
  bool read = readMapping(node, "sparsity", [&](StringRef key, Node *value) {
    if (key == "target")
      return readTarget(value, key, recipe.base);
    std::string word = text(value).value_or("");
    if (key == "allocation") {
      choice.allocation = word;
      return is_contained({"uniform", "greedy"}, word) ||
             failValue(value, key, "uniform or greedy");
    }
    choice.densePrefill = word == "dense";
    return is_contained({"dense", "sparse"}, word) ||
           failValue(value, key, "dense or sparse");
  });
  if (read && !recipe.base.sparsity)
    return fail(node, "'sparsity' says no 'target', expected a number from 0 "
                      "to 0.95");
  return read;
}

bool RecipeReader::checkRemainders(Node *node) {
  auto has = [](const RecipeChoices &choices) {
    return choices.lowRank && choices.lowRank->isRemainder();
  };
  bool isAny =
      has(recipe.base) || any_of(recipe.rules, [&](const RecipeRule &rule) {
        return has(rule.choices);
      });
  return !isAny || recipe.isSparse() ||
         fail(node, "'low_rank' says 'method: r_sparse', a branch for inputs "
                    "that are left out; no 'sparsity' leaves out any");
}

bool RecipeReader::readCalibration(Node *node) {
  CalibrationChoice &choice = recipe.calibrationChoice;
  return readMapping(node, "calibration", [&](StringRef key, Node *value) {
    std::string word = text(value).value_or("");
    if (key == "samples")
      return readInteger(value, key, 0, INT64_MAX, choice.samples);
    if (key == "observer") {
      choice.observer = word;
      return is_contained({"minmax", "percentile", "mse"}, word) ||
             failValue(value, key, "minmax, percentile or mse");
    }
    if (key == "layer_by_layer")
      return readBool(value, key, choice.layerByLayer);
    if (StringRef(word).getAsDouble(choice.percentile) ||
        !(choice.percentile >= 50 && choice.percentile <= 100))
      return failValue(value, key, "a number from 50 to 100");
    return true;
  });
}

bool RecipeReader::readPreset(Node *node) {
  std::optional<std::string> name = text(node);
  for (const Preset &preset : allPresets())
    if (name == preset.name.str()) {
      Expected<Recipe> base = Recipe::load(preset.name);
      if (!base)
        return fail(node, toString(base.takeError()));
      // What is changed is no longer the preset: it has the name of its file.
      std::string label = recipe.label;
      recipe = std::move(*base);
      recipe.label = label;
      return true;
    }
  SmallVector<StringRef> known;
  for (const Preset &preset : allPresets())
    known.push_back(preset.name);
  return failValue(node, "preset",
                   "the name of a preset" +
                       didYouMean(name.value_or(""), known));
}

bool RecipeReader::readTop(Node *node) {
  bool isFirst = true;
  return readMapping(node, "", [&](StringRef key, Node *value) {
    bool wasFirst = std::exchange(isFirst, false);
    if (key == "preset")
      return wasFirst ? readPreset(value)
                      : fail(value, "'preset' must be the first key");
    if (key == "name") {
      recipe.label = text(value).value_or("");
      return !recipe.label.empty() || failValue(value, key, "a name");
    }
    if (key == "weights" && recipe.budgetChoice &&
        !recipe.budgetChoice->formats.empty())
      return fail(value, "'weights' must come before 'budget', whose "
                         "candidates inherit it");
    if (key == "weights")
      return readWeights(value, key, recipe.base);
    if (key == "activations")
      return readActivations(value, key, recipe.base);
    if (key == "method")
      return readMethod(value, recipe.base);
    if (key == "low_rank")
      return readLowRank(value, key, recipe.base);
    if (key == "tied_embeddings")
      return readBool(value, key, recipe.tiedEmbeddings);
    if (key == "transforms")
      return readTransforms(value);
    if (key == "sparsity")
      return readSparsity(value);
    if (key == "budget")
      return readBudget(value);
    return key == "rules" ? readRules(value) : readCalibration(value);
  });
}

Expected<Recipe> RecipeReader::read() {
  yaml::document_iterator document = stream.begin();
  Node *root = document == stream.end() ? nullptr : document->getRoot();
  bool isEmpty = !root || isa<yaml::NullNode>(root);
  bool read = isEmpty || (readTop(root) && checkSigns(root) &&
                          checkPlanes(root) && checkRemainders(root));
  if (read && document != stream.end() && ++document != stream.end())
    read = fail(document->getRoot(), "expected the end of the file, found "
                                     "another document");
  assert((read && !stream.failed()) || !error.empty());
  if (!error.empty())
    return makeError(ErrorKind::Usage, Twine(error));
  return recipe;
}

Expected<Recipe> Recipe::parse(StringRef yaml, StringRef fileName) {
  return RecipeReader(yaml, fileName).read();
}
