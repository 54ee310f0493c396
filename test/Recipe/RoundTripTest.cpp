//===- RoundTripTest.cpp - recipes to YAML and back -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Recipes made at random, from a fixed seed: what toYaml prints says the same
// of every layer, and prints the same again.

#include "quantc/Recipe/Recipe.h"
#include "gtest/gtest.h"
#include <random>

using namespace quantc;
using llvm::StringRef;

namespace {
class RandomRecipe {
public:
  explicit RandomRecipe(unsigned seed) : random(seed) {}

  std::string make() {
    std::string yaml = one({"", "preset: w4a8\n", "preset: w8a8\n"});
    yaml += one(
        {"", "name: \"a \\\"b\\\" \\\\ c\\n\"\n", "name: 'it''s: {mine}'\n"});
    yaml += choices("", "\n");
    yaml += one({"",
                 "calibration: {samples: 7, observer: percentile, "
                 "percentile: 99.999}\n",
                 "calibration: {layer_by_layer: false}\n"});
    yaml += one({"", "transforms: {rotate_stream: true, seed: 9}\n",
                 "transforms: {rotate_heads: true}\n",
                 "transforms: {rotate_inputs: true}\n",
                 "transforms: {rotate_keys: true}\n",
                 "transforms: {scale_inputs: awq}\n",
                 "transforms: {split_channels: true, permute_inputs: true}\n",
                 "transforms: {permute_inputs: true}\n",
                 "transforms: {split_channels: {ratio: 0.123}}\n",
                 "transforms: {split_channels: false}\n",
                 "transforms: {scale_inputs: smoothquant, smooth_alpha: 0.8}\n",
                 "transforms: {fold_norms: false, rotate_stream: true}\n"});
    yaml += one({"", "sparsity: {target: 0.4}\n",
                 "sparsity: {target: 0, prefill: sparse}\n",
                 "sparsity: {allocation: greedy, target: 0.123456789}\n"});
    yaml += one({"", "budget: {bits_per_weight: 3.3, measure: weights}\n",
                 "budget: {bytes: 123456789012, candidates: [8, 2, 8, 4]}\n",
                 "budget: {bytes_per_token: 9, sparsities: [0.5, 0, 0.25]}\n",
                 "budget: {bytes: 0, sensitivity: \"a \\\"b\\\".json\"}\n"});
    bool isSparse = yaml.find("target: 0.") != std::string::npos;
    yaml += isSparse && below(2)
                ? "low_rank: {rank: 8, method: r_sparse}\n"
                : one({"", "low_rank: {rank: 16}\n", "low_rank: {rank: 0}\n",
                       "low_rank: {bits_per_weight: 0.3, method: lorc}\n",
                       "low_rank: {bytes: 123456789012, rank: 32}\n"});
    if (below(2))
      return yaml;
    yaml += "rules:\n";
    for (int i = below(4); i >= 0; --i)
      yaml += "  - {" + one({"", "name: \"a+[0-9]\\\\.b\", ", "name: head, "}) +
              one({"", "op: MatMul, ", "op: Conv, "}) +
              one({"", "first: true, "}) + one({"", "last: true, "}) +
              (below(3) ? one({"", "sparsity: 0.25, ", "sparsity: 0, "}) +
                              choices("", ", ") + "method: mse}\n"
                        : "skip: true}\n");
    return yaml;
  }

private:
  int below(int count) { return static_cast<int>(random() % count); }
  std::string one(std::vector<std::string> list) {
    return list[below(list.size())];
  }
  std::string choices(StringRef before, StringRef after) {
    std::string bits = std::to_string(below(2) ? 0 : 2 + below(7));
    std::string weights =
        "weights: {" +
        (below(3) ? "bits: " + bits +
                        one({"", ", symmetric: false", ", zero_point: f16"})
                  : "format: " + one({"e2m1", "ternary", "odd"})) +
        one({"", ", group_size: 48"}) +
        one({"", ", scale: f16", ", scale: e4m3"}) + "}";
    weights = one({weights, weights, weights, "weights: {format: nvfp4}"});
    std::string activations =
        "activations: {" +
        one({"matmul: static", "conv: dynamic", "matmul: dynamic_symmetric",
             "matmul: dynamic, bits: 4", "bits: 4, matmul: dynamic_symmetric",
             "matmul: float, conv: static"}) +
        "}";
    std::string text;
    std::string branch =
        before.empty() && after == ", "
            ? one({"low_rank: {rank: 8}", "low_rank: {rank: 0, method: lorc}"})
            : "";
    for (const std::string &key : {weights, activations, branch})
      if (!key.empty() && below(2))
        text += before.str() + key + after.str();
    return text;
  }

  std::mt19937 random;
};
} // namespace

static void expectSame(const ResolvedLayer &a, const ResolvedLayer &b,
                       const std::string &yaml) {
  EXPECT_EQ(a.weights.quantized, b.weights.quantized) << yaml;
  EXPECT_EQ(a.activations.kind, b.activations.kind) << yaml;
  EXPECT_EQ(a.activations.bits, b.activations.bits) << yaml;
  EXPECT_EQ(a.method, b.method) << yaml;
  EXPECT_EQ(a.reason, b.reason) << yaml;
  EXPECT_EQ(a.ruleIndex, b.ruleIndex) << yaml;
  EXPECT_EQ(a.sparsity, b.sparsity) << yaml;
  if (!a.weights.quantized)
    return;
  EXPECT_EQ(a.weights.bits, b.weights.bits) << yaml;
  EXPECT_EQ(a.weights.symmetric, b.weights.symmetric) << yaml;
  EXPECT_EQ(a.weights.realZeros, b.weights.realZeros) << yaml;
  EXPECT_EQ(a.weights.groupSize, b.weights.groupSize) << yaml;
  EXPECT_EQ(a.weights.scale, b.weights.scale) << yaml;
  EXPECT_EQ(a.weights.code, b.weights.code) << yaml;
  EXPECT_EQ(a.lowRank.rank, b.lowRank.rank) << yaml;
  EXPECT_EQ(a.lowRank.method, b.lowRank.method) << yaml;
}

TEST(RecipeRoundTrip, FormatsOfBudgets) {
  StringRef yaml =
      "weights: {bits: 4, symmetric: false, group_size: 64, scale: f16}\n"
      "budget: {bits_per_weight: 4, candidates: [8, 2, mxfp4, ternary, e2m1, "
      "{bits: 3, group_size: 32}, {bits: 4, zero_point: f16, method: hqq}]}\n";
  auto recipe = Recipe::parse(yaml, "r.yaml");
  ASSERT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError());
  const BudgetChoice &budget = *recipe->budget();
  EXPECT_EQ(budget.bits, (std::vector<unsigned>{2, 8}));
  std::vector<std::string> names;
  for (const BudgetFormat &format : budget.formats)
    names.push_back(format.name + "/" + format.method);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "mxfp4/", "ternary/twn", "e2m1 g64, f16 scales/",
                       "int3 g32 zero points, f16 scales/",
                       "int4 g64 f16 zero points, f16 scales/hqq"}));
  EXPECT_EQ(budget.formats[1].weights.groupSize, 64);
  EXPECT_EQ(budget.formats[1].weights.scale, "e4m3");
  EXPECT_FALSE(budget.formats[3].weights.symmetric);
  EXPECT_FALSE(budget.formats[1].isMethodGiven);
  EXPECT_TRUE(budget.formats[4].isMethodGiven);
  EXPECT_EQ(recipe->methods(), (std::vector<std::string>{"twn", "hqq"}));
  std::string printed = recipe->toYaml();
  auto again = Recipe::parse(printed, "printed.yaml");
  ASSERT_TRUE(bool(again)) << printed << llvm::toString(again.takeError());
  EXPECT_EQ(again->toYaml(), printed);
  ASSERT_EQ(again->budget()->formats.size(), budget.formats.size());
  for (size_t i = 0; i < budget.formats.size(); ++i)
    EXPECT_EQ(again->budget()->formats[i].name, budget.formats[i].name);
}

TEST(RecipeRoundTrip, RandomRecipes) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::string yaml = RandomRecipe(seed).make();
    auto recipe = Recipe::parse(yaml, "random.yaml");
    ASSERT_TRUE(bool(recipe)) << yaml << llvm::toString(recipe.takeError());
    std::string printed = recipe->toYaml();
    auto again = Recipe::parse(printed, "printed.yaml");
    ASSERT_TRUE(bool(again)) << printed << llvm::toString(again.takeError());
    EXPECT_EQ(again->toYaml(), printed) << yaml;
    EXPECT_EQ(again->name(), recipe->name());
    EXPECT_EQ(again->needsCalibration(), recipe->needsCalibration()) << yaml;
    EXPECT_EQ(again->calibration().samples, recipe->calibration().samples);
    EXPECT_EQ(again->isSparse(), recipe->isSparse()) << yaml;
    if (recipe->isSparse()) {
      EXPECT_EQ(again->sparsity().allocation, recipe->sparsity().allocation);
      EXPECT_EQ(again->sparsity().densePrefill,
                recipe->sparsity().densePrefill);
    }
    const TransformChoice &a = again->transforms(), &b = recipe->transforms();
    EXPECT_EQ(a.foldNorms, b.foldNorms) << yaml;
    EXPECT_EQ(a.rotateStream, b.rotateStream) << yaml;
    EXPECT_EQ(a.rotateHeads, b.rotateHeads) << yaml;
    EXPECT_EQ(a.rotateInputs, b.rotateInputs) << yaml;
    EXPECT_EQ(a.rotateKeys, b.rotateKeys) << yaml;
    EXPECT_EQ(again->lowRankBudget().bytes, recipe->lowRankBudget().bytes);
    EXPECT_EQ(again->lowRankBudget().bitsPerWeight,
              recipe->lowRankBudget().bitsPerWeight);
    EXPECT_EQ(a.seed, b.seed) << yaml;
    EXPECT_EQ(a.scaleInputs, b.scaleInputs) << yaml;
    EXPECT_EQ(a.smoothAlpha, b.smoothAlpha) << yaml;
    EXPECT_EQ(a.splitRatio, b.splitRatio) << yaml;
    EXPECT_EQ(a.permuteInputs, b.permuteInputs) << yaml;
    ASSERT_EQ(again->budget().has_value(), recipe->budget().has_value());
    if (const auto &budget = recipe->budget()) {
      EXPECT_EQ(again->budget()->bitsPerWeight, budget->bitsPerWeight) << yaml;
      EXPECT_EQ(again->budget()->bytes, budget->bytes) << yaml;
      EXPECT_EQ(again->budget()->bits, budget->bits) << yaml;
      EXPECT_EQ(again->budget()->measure, budget->measure) << yaml;
      EXPECT_EQ(again->budget()->sensitivity, budget->sensitivity) << yaml;
    }
    EXPECT_EQ(again->calibration().layerByLayer,
              recipe->calibration().layerByLayer);
    EXPECT_EQ(again->calibration().observer, recipe->calibration().observer);
    EXPECT_EQ(again->calibration().percentile,
              recipe->calibration().percentile);
    for (StringRef node : {"head", "aa7.b", "a7xb"})
      for (StringRef op : {"MatMul", "Conv"})
        for (int64_t index : {0, 1, 2})
          expectSame(recipe->resolve(node, op, index, 3),
                     again->resolve(node, op, index, 3), yaml);
  }
}

TEST(RecipeRoundTrip, RotationsFoldNorms) {
  auto folds = [](StringRef yaml) {
    auto recipe = Recipe::parse(yaml, "r.yaml");
    EXPECT_TRUE(bool(recipe));
    return recipe && recipe->transforms().foldNorms;
  };
  EXPECT_TRUE(folds("transforms: {rotate_stream: true}"));
  EXPECT_FALSE(folds("transforms: {rotate_stream: true, fold_norms: false}"));
  EXPECT_FALSE(folds("transforms: {rotate_heads: true}"));
  EXPECT_FALSE(folds("preset: w4a16"));
}

TEST(RecipeRoundTrip, SplitChannels) {
  auto ratio = [](StringRef yaml) {
    auto recipe = Recipe::parse(yaml, "r.yaml");
    EXPECT_TRUE(bool(recipe));
    return recipe ? recipe->transforms().splitRatio : -1;
  };
  EXPECT_EQ(ratio("transforms: {split_channels: true}"), 0.05);
  EXPECT_EQ(ratio("transforms: {split_channels: {}}"), 0.05);
  EXPECT_EQ(ratio("transforms: {split_channels: {ratio: 0.25}}"), 0.25);
  EXPECT_EQ(ratio("transforms: {split_channels: false}"), 0);
  EXPECT_EQ(ratio("transforms: {rotate_heads: true}"), 0);
}

TEST(RecipeRoundTrip, EveryPreset) {
  for (const Preset &preset : allPresets()) {
    auto recipe = Recipe::load(preset.name);
    ASSERT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError());
    auto again = Recipe::parse(recipe->toYaml(), "printed.yaml");
    ASSERT_TRUE(bool(again)) << llvm::toString(again.takeError());
    EXPECT_EQ(again->toYaml(), recipe->toYaml());
    EXPECT_EQ(again->name(), preset.name);
  }
}
