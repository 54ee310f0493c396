//===- ResolveTest.cpp - what recipes say of layers -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Presets and rules, asked layer by layer.

#include "Support/TempFolder.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Errors.h"

using namespace quantc;
using llvm::StringRef;

static Recipe parse(StringRef yaml) {
  auto recipe = Recipe::parse(yaml, "r.yaml");
  if (recipe)
    return *recipe;
  ADD_FAILURE() << llvm::toString(recipe.takeError());
  return *Recipe::load("float");
}

static Recipe preset(StringRef name) {
  auto recipe = Recipe::load(name);
  if (recipe)
    return *recipe;
  ADD_FAILURE() << llvm::toString(recipe.takeError());
  return *Recipe::load("float");
}

/// "4 bits g64 zero-point, dynamic, rtn" or "float because ..."
static std::string show(const ResolvedLayer &layer) {
  const char *kinds[] = {"float", "static", "dynamic"};
  if (!layer.weights.quantized)
    return std::string("float, ") + kinds[layer.activations.kind] + ": " +
           layer.reason;
  const WeightChoice &w = layer.weights;
  return (w.code == "uint" ? "" : w.code + " ") + std::to_string(w.bits) +
         " bits" +
         (w.groupSize ? " g" + std::to_string(w.groupSize) : " per channel") +
         (w.symmetric   ? ""
          : w.realZeros ? " real-zero"
                        : " zero-point") +
         (w.scale == "f32" ? "" : " " + w.scale) + ", " +
         kinds[layer.activations.kind] +
         (layer.activations.symmetric ? " symmetric" : "") + ", " +
         layer.method + layer.reason;
}

TEST(RecipeResolve, SymmetricActivations) {
  auto recipe = Recipe::parse("preset: w8a8\n"
                              "activations: {matmul: dynamic_symmetric}\n",
                              "r.yaml");
  ASSERT_TRUE(bool(recipe));
  EXPECT_EQ(show(recipe->resolve("n", "MatMul", 0, 2)),
            "8 bits per channel, dynamic symmetric, rtn");
}

TEST(RecipeResolve, RealZeroPoints) {
  auto shown = [](llvm::StringRef yaml) {
    auto recipe = Recipe::parse(yaml, "r.yaml");
    EXPECT_TRUE(bool(recipe));
    return show(recipe->resolve("n", "MatMul", 0, 2));
  };
  EXPECT_EQ(shown("weights: {bits: 4, group_size: 64, zero_point: f16}\n"
                  "method: hqq\n"),
            "4 bits g64 real-zero, float, hqq");
  EXPECT_EQ(shown("preset: w4a16\nweights: {zero_point: f16}\n"),
            "4 bits g64 real-zero, float, rtn");
  EXPECT_EQ(shown("weights: {bits: 4, zero_point: f16}\n"
                  "rules: [{first: true, weights: {bits: 3}}]\n"),
            "3 bits per channel, float, rtn");
  EXPECT_EQ(shown("weights: {bits: 4, symmetric: false, zero_point: int}\n"),
            "4 bits per channel zero-point, float, rtn");
}

TEST(RecipeResolve, WeightFormats) {
  auto shown = [](llvm::StringRef yaml) {
    auto recipe = Recipe::parse(yaml, "r.yaml");
    EXPECT_TRUE(bool(recipe));
    return recipe ? show(recipe->resolve("n", "MatMul", 0, 2)) : "";
  };
  EXPECT_EQ(shown("weights: {format: mxfp4}"),
            "e2m1 4 bits g32 e8m0, float, rtn");
  EXPECT_EQ(shown("weights: {format: nvfp4}"),
            "e2m1 4 bits g16 e4m3, float, rtn");
  EXPECT_EQ(shown("preset: w2-e4m3"), "odd 2 bits g32 e4m3, float, mse");
  EXPECT_EQ(shown("preset: ternary"), "ternary 2 bits g64 e4m3, float, twn");
  EXPECT_EQ(shown("weights: {format: e2m1, group_size: 8, scale: f16}"),
            "e2m1 4 bits g8 f16, float, rtn");
  // Changes of a preset: another scale, another format, integers again.
  EXPECT_EQ(shown("preset: mxfp4\nweights: {group_size: 64}"),
            "e2m1 4 bits g64 e8m0, float, rtn");
  EXPECT_EQ(shown("preset: w4a16\nweights: {format: odd}"),
            "odd 2 bits g64, float, rtn");
  EXPECT_EQ(shown("preset: nvfp4\nweights: {bits: 3, scale: f16}"),
            "3 bits g16 f16, float, rtn");
}

TEST(RecipeResolve, FourBitActivations) {
  auto recipe =
      Recipe::parse("preset: w4a8\n"
                    "activations: {bits: 4, matmul: dynamic}\n"
                    "rules: [{name: wide, activations: {matmul: dynamic}}]",
                    "r.yaml");
  ASSERT_TRUE(bool(recipe));
  EXPECT_EQ(recipe->resolve("n", "MatMul", 0, 2).activations.bits, 4u);
  EXPECT_EQ(recipe->resolve("wide", "MatMul", 0, 2).activations.bits, 8u);
  EXPECT_EQ(recipe->resolve("n", "Conv", 0, 2).activations.bits, 8u);
}

TEST(RecipeResolve, Presets) {
  EXPECT_EQ(show(preset("float").resolve("n", "MatMul", 0, 2)),
            "float, float: the recipe keeps weights in floating point");
  EXPECT_EQ(show(preset("w8a8").resolve("n", "MatMul", 1, 2)),
            "8 bits per channel, dynamic, rtn");
  EXPECT_EQ(show(preset("w8a8").resolve("n", "Conv", 0, 2)),
            "8 bits per channel, static, rtn");
  EXPECT_EQ(show(preset("w8a16").resolve("n", "MatMul", 1, 2)),
            "8 bits per channel, float, rtn");
  EXPECT_EQ(show(preset("w4a16").resolve("n", "MatMul", 0, 2)),
            "4 bits g64 zero-point, float, rtn");
  EXPECT_EQ(show(preset("w4a16").resolve("n", "MatMul", 1, 2)),
            "float, float: rule 1 skips it");
  EXPECT_EQ(show(preset("w4a8").resolve("n", "MatMul", 0, 2)),
            "4 bits g64 zero-point, dynamic, rtn");
  EXPECT_EQ(show(preset("w4a8").resolve("n", "MatMul", 1, 2)),
            "float, float: rule 1 skips it");
  EXPECT_EQ(show(preset("w3a16").resolve("n", "MatMul", 0, 2)),
            "3 bits g64 zero-point f16, float, rtn");
  EXPECT_EQ(show(preset("w2a16").resolve("n", "MatMul", 0, 2)),
            "2 bits g32 zero-point f16, float, mse");
  EXPECT_EQ(show(preset("w2a8").resolve("n", "MatMul", 0, 2)),
            "2 bits g32 zero-point f16, dynamic, mse");
}

TEST(RecipeResolve, EveryPresetLoadsUnderItsName) {
  EXPECT_EQ(allPresets().size(), 13u);
  for (const Preset &one : allPresets()) {
    EXPECT_EQ(preset(one.name).name(), one.name);
    EXPECT_FALSE(one.summary.empty());
  }
}

TEST(RecipeResolve, NeedsCalibration) {
  for (StringRef name : {"w8a8", "w4a8", "w2a8"})
    EXPECT_TRUE(preset(name).needsCalibration()) << name.str();
  for (StringRef name : {"float", "w4a16", "w8a16", "w3a16", "w2a16"})
    EXPECT_FALSE(preset(name).needsCalibration()) << name.str();
  EXPECT_TRUE(parse("rules: [{op: MatMul, activations: {matmul: static}}]")
                  .needsCalibration());
}

TEST(RecipeResolve, WidthsOfPlanes) {
  Recipe recipe = parse("weights: {format: planes, bits: 8, group_size: 64}\n"
                        "rules: [{name: b, weights: {bits: 4}}]\n");
  ResolvedLayer layer = recipe.resolve("a", "MatMul", 0, 2);
  EXPECT_EQ(layer.weights.widths, (std::vector<int64_t>{8, 4, 2}));
  EXPECT_EQ(layer.method, "rtn");
  EXPECT_EQ(show(layer), "planes 8 bits g64, float, rtn");
  layer = recipe.resolve("b", "MatMul", 1, 2);
  EXPECT_TRUE(layer.weights.widths.empty());
  EXPECT_EQ(show(layer), "4 bits per channel, float, rtn");
  recipe = parse("weights: {format: planes, bits: 4, scale: f16}\n");
  EXPECT_EQ(recipe.resolve("a", "MatMul", 0, 1).weights.widths,
            (std::vector<int64_t>{4, 2}));
  recipe = parse("weights: {format: planes, bits: 8, widths: [8, 2]}\n");
  Recipe again = parse(recipe.toYaml());
  EXPECT_EQ(again.toYaml(), recipe.toYaml());
  EXPECT_EQ(again.resolve("a", "MatMul", 0, 1).weights.widths,
            (std::vector<int64_t>{8, 2}));
}

TEST(RecipeResolve, SignsHaveTheirOwnMethods) {
  Recipe recipe =
      parse("weights: {format: binary, scale: f16}\n"
            "rules:\n"
            "  - {name: b, weights: {format: codebook, codebook_dim: 10, "
            "codebook_size: 512, symmetric: false}}\n"
            "  - {name: c, weights: {bits: 4, group_size: 64}}\n"
            "  - {name: d, weights: {format: codebook, codebook_dim: 16, "
            "codebook_size: 4096}, method: btc_x}\n");
  EXPECT_EQ(show(recipe.resolve("a", "MatMul", 0, 4)),
            "binary 1 bits per channel f16, float, arb");
  EXPECT_EQ(show(recipe.resolve("b", "MatMul", 1, 4)),
            "codebook 9 bits per channel zero-point, float, btc");
  EXPECT_EQ(show(recipe.resolve("c", "MatMul", 2, 4)),
            "4 bits g64, float, rtn");
  EXPECT_EQ(show(recipe.resolve("d", "MatMul", 3, 4)),
            "codebook 12 bits per channel, float, btc_x");
  // Saying it again changes nothing.
  Recipe again = parse(recipe.toYaml());
  EXPECT_EQ(again.toYaml(), recipe.toYaml());
  ResolvedLayer layer = again.resolve("b", "MatMul", 1, 4);
  EXPECT_EQ(layer.weights.codebookDim, 10);
  EXPECT_EQ(layer.weights.codebookSize, 512);
  EXPECT_EQ(show(preset("binary").resolve("a", "MatMul", 0, 4)),
            "binary 1 bits per channel f16, float, arb_rc");
}

TEST(RecipeResolve, LastRuleWins) {
  Recipe recipe =
      parse("weights: {bits: 4, group_size: 32}\n"
            "rules:\n"
            "  - {name: \"attn\", weights: {bits: 8}}\n"
            "  - {name: \"attn.*out\", method: mse}\n"
            "  - {last: true, skip: true}\n"
            "  - {name: \"head$\", weights: {bits: 6, scale: f16}}\n");
  EXPECT_EQ(show(recipe.resolve("mlp", "MatMul", 1, 9)),
            "4 bits g32, float, rtn");
  EXPECT_EQ(recipe.resolve("mlp", "MatMul", 1, 9).ruleIndex, -1);
  EXPECT_EQ(show(recipe.resolve("attn.q", "MatMul", 1, 9)),
            "8 bits per channel, float, rtn");
  EXPECT_EQ(show(recipe.resolve("x.attn.out", "MatMul", 1, 9)),
            "8 bits per channel, float, mse");
  EXPECT_EQ(recipe.resolve("x.attn.out", "MatMul", 1, 9).ruleIndex, 1);
  EXPECT_EQ(show(recipe.resolve("mlp", "MatMul", 8, 9)),
            "float, float: rule 3 skips it");
  EXPECT_EQ(show(recipe.resolve("lm_head", "MatMul", 8, 9)),
            "6 bits per channel f16, float, rtn");
}

TEST(RecipeResolve, RulesThatKeepFloatSaySo) {
  Recipe recipe = parse("weights: {bits: 8}\n"
                        "rules: [{first: true, weights: {bits: 0}}]\n");
  EXPECT_EQ(show(recipe.resolve("n", "MatMul", 0, 2)),
            "float, float: rule 1 keeps weights in floating point");
  EXPECT_EQ(show(recipe.resolve("n", "MatMul", 1, 2)),
            "8 bits per channel, float, rtn");
}

TEST(RecipeResolve, ConditionsMustAllHold) {
  Recipe recipe =
      parse("weights: {bits: 8}\n"
            "rules: [{name: c, op: Conv, first: true, skip: true}]\n");
  EXPECT_FALSE(recipe.resolve("c", "Conv", 0, 3).weights.quantized);
  EXPECT_TRUE(recipe.resolve("d", "Conv", 0, 3).weights.quantized);
  EXPECT_TRUE(recipe.resolve("c", "MatMul", 0, 3).weights.quantized);
  EXPECT_TRUE(recipe.resolve("c", "Conv", 1, 3).weights.quantized);
}

TEST(RecipeResolve, PresetWithOverrides) {
  Recipe recipe = parse("preset: w4a16\nweights: {group_size: 32}\n"
                        "rules: [{last: true, weights: {bits: 8}}]\n");
  EXPECT_EQ(recipe.name(), "recipe");
  EXPECT_EQ(show(recipe.resolve("n", "MatMul", 0, 2)),
            "4 bits g32 zero-point, float, rtn");
  EXPECT_EQ(show(recipe.resolve("n", "MatMul", 1, 2)),
            "8 bits per channel, float, rtn");
}

TEST(RecipeResolve, FilesGiveTheirName) {
  test::TempFolder folder;
  std::string path =
      folder.write("mine.yaml", "# nothing but a preset\npreset: w8a16\n");
  EXPECT_EQ(preset(path).name(), path);
  EXPECT_EQ(preset(folder.write("named.yaml", "name: mine\n")).name(), "mine");
  EXPECT_EQ(
      show(preset(folder.write("empty.yaml", "")).resolve("n", "Conv", 0, 1)),
      "float, float: the recipe keeps weights in floating point");
}

TEST(RecipeResolve, SchemaNamesEveryKeyOnce) {
  llvm::ArrayRef<RecipeKey> schema = recipeSchema();
  for (size_t i = 0; i < schema.size(); ++i) {
    EXPECT_FALSE(schema[i].summary.empty()) << schema[i].path.str();
    for (size_t j = 0; j < i; ++j)
      EXPECT_NE(schema[i].path, schema[j].path);
  }
}

TEST(RecipeResolve, MethodsAreNamedOnce) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(preset("w8a8").methods(), Names());
  EXPECT_EQ(parse("method: mse\n"
                  "rules: [{name: a, method: rtn}, {first: true, method: mse}, "
                  "{last: true, skip: true}]\n")
                .methods(),
            (Names{"mse", "rtn"}));
}
