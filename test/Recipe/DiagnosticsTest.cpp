//===- DiagnosticsTest.cpp - what recipes must not say -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every message of the reader, with its position, as a user sees it.

#include "Support/TempFolder.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Support/Errors.h"

using namespace quantc;
using llvm::StringRef;

/// Exit code and message of a recipe that is refused.
static std::string refusal(llvm::Expected<Recipe> recipe) {
  if (recipe)
    return "accepted";
  Failure failure = takeFailure(recipe.takeError());
  return std::to_string(failure.exitCode) + " " + failure.message;
}
static std::string refusal(StringRef yaml) {
  return refusal(Recipe::parse(yaml, "r.yaml"));
}

TEST(RecipeDiagnostics, UnknownKeys) {
  EXPECT_EQ(refusal("weigths: {bits: 4}\n"),
            "1 r.yaml:1:1: unknown key 'weigths'; did you mean 'weights'?");
  EXPECT_EQ(
      refusal("weights:\n  bits: 4\n  groupsize: 64\n"),
      "1 r.yaml:3:3: unknown key 'groupsize'; did you mean 'group_size'?");
  EXPECT_EQ(refusal("activations: {matmull: dynamic}\n"),
            "1 r.yaml:1:15: unknown key 'matmull'; did you mean 'matmul'?");
  EXPECT_EQ(refusal("rules:\n  - {nmae: head}\n"),
            "1 r.yaml:2:6: unknown key 'nmae'; did you mean 'name'?");
  EXPECT_EQ(refusal("calibration: {quux: 1}\n"),
            "1 r.yaml:1:15: unknown key 'quux'");
  EXPECT_EQ(refusal("transforms: {rotate_steam: true}\n"),
            "1 r.yaml:1:14: unknown key 'rotate_steam'; did you mean "
            "'rotate_stream', 'rotate_heads' or 'rotate_keys'?");
  // Keys of rules are none of the recipe.
  EXPECT_EQ(refusal("skip: true\n"), "1 r.yaml:1:1: unknown key 'skip'");
}

TEST(RecipeDiagnostics, KeysTwice) {
  EXPECT_EQ(refusal("method: rtn\nmethod: mse\n"),
            "1 r.yaml:2:1: key 'method' occurs twice");
  EXPECT_EQ(refusal("weights: {bits: 4, bits: 8}\n"),
            "1 r.yaml:1:20: key 'bits' occurs twice");
}

TEST(RecipeDiagnostics, LowRank) {
  EXPECT_EQ(refusal("low_rank: {method: eora}\n"),
            "1 r.yaml:1:12: 'low_rank' says no 'rank', 'bits_per_weight' or "
            "'bytes'");
  EXPECT_EQ(refusal("low_rank: {bytes: 7, bits_per_weight: 4}\n"),
            "1 r.yaml:1:12: 'low_rank' says either 'bits_per_weight' or "
            "'bytes'");
  EXPECT_EQ(
      refusal("low_rank: {rank: -1}\n"),
      "1 r.yaml:1:18: 'rank' is '-1', expected an integer from 0 to 1024");
  EXPECT_EQ(refusal("low_rank: {rank: 4, method: svd}\n"),
            "1 r.yaml:1:29: 'method' is 'svd', expected eora, lorc or "
            "r_sparse");
  EXPECT_EQ(refusal("low_rank: {bits_per_weight: 0}\n"),
            "1 r.yaml:1:29: 'bits_per_weight' is '0', expected a number above "
            "0, at most 32");
  EXPECT_EQ(refusal("rules: [{low_rank: {method: eora}}]\n"),
            "1 r.yaml:1:21: 'low_rank' of a rule says no 'rank'");
  // What all branches may take is no business of a rule.
  EXPECT_EQ(refusal("rules: [{low_rank: {bytes: 4}}]\n"),
            "1 r.yaml:1:21: unknown key 'bytes'");
  // A branch in the place of inputs, all of which are read.
  for (const char *yaml :
       {"low_rank: {rank: 4, method: r_sparse}\n",
        "low_rank: {rank: 4, method: r_sparse}\nsparsity: {target: 0}\n",
        "rules: [{low_rank: {rank: 4, method: r_sparse}}]\n"})
    EXPECT_EQ(refusal(yaml),
              "1 r.yaml:1:1: 'low_rank' says 'method: r_sparse', a branch for "
              "inputs that are left out; no 'sparsity' leaves out any");
}

TEST(RecipeDiagnostics, Planes) {
  auto weights = [](StringRef keys) {
    return refusal(("weights: {format: planes, " + keys + "}\n").str());
  };
  EXPECT_EQ(refusal("weights: {format: planes}\n"),
            "1 r.yaml:1:11: 'weights' says no 'bits', expected 0 or 2 to 8");
  EXPECT_EQ(weights("bits: 6"),
            "1 r.yaml:1:11: 'format: planes' has 6 bits, expected 4 or 8");
  EXPECT_EQ(weights("bits: 8, symmetric: false"),
            "1 r.yaml:1:11: planes weights have no zero points");
  EXPECT_EQ(weights("bits: 8, scale: e4m3"),
            "1 r.yaml:1:11: scales of planes are f32 or f16, not e4m3");
  EXPECT_EQ(weights("bits: 8, widths: 4"),
            "1 r.yaml:1:44: 'widths' is no sequence, expected numbers of bits "
            "such as [8, 4, 2]");
  EXPECT_EQ(weights("bits: 8, widths: [8, 1]"),
            "1 r.yaml:1:48: 'widths' is '1', expected an integer from 2 to 8");
  for (StringRef widths : {"8", "8, 3", "4, 2", "8, 2, 4", "8, 4, 4"})
    EXPECT_EQ(weights(("bits: 8, widths: [" + widths + "]").str()),
              ("1 r.yaml:1:11: 'widths' is [" + widths +
               "], expected two or more of 8, 4 and 2, descending from 8")
                  .str());
  EXPECT_EQ(refusal("weights: {bits: 8, widths: [8, 4]}\n"),
            "1 r.yaml:1:11: 'widths' are for 'format: planes' only");
  EXPECT_EQ(refusal("weights: {format: binary, widths: [8, 4]}\n"),
            "1 r.yaml:1:11: 'widths' are for 'format: planes' only");
  EXPECT_EQ(
      refusal("weights: {format: planes, bits: 8}\nrules: [{name: a, weights: "
              "{format: planes, bits: 8, widths: [8, 2]}}]\n"),
      "1 r.yaml:1:1: layers of planes have different 'widths'; the one "
      "precision of a run is for all of them");
  std::string planes = "weights: {format: planes, bits: 8}\n";
  EXPECT_EQ(refusal(planes + "low_rank: {rank: 4}\n"),
            "1 r.yaml:1:1: 'low_rank' does not go together with planes: a "
            "branch makes up for the errors of one width");
  EXPECT_EQ(refusal(planes + "budget: {bits_per_weight: 4}\n"),
            "1 r.yaml:1:1: a 'budget' chooses the bits of integers; those of "
            "planes are chosen when the model runs");
  EXPECT_EQ(refusal(planes + "tied_embeddings: true\n"),
            "1 r.yaml:1:1: 'tied_embeddings' does not go together with planes, "
            "which embeddings do not read");
}

TEST(RecipeDiagnostics, Signs) {
  EXPECT_EQ(
      refusal("weights: {format: binery}\n"),
      "1 r.yaml:1:19: 'format' is 'binery', expected int, ternary, odd, "
      "e2m1, mxfp4, nvfp4, planes, binary, codebook; did you mean 'binary'?");
  EXPECT_EQ(refusal("weights: {format: binary, bits: 1}\n"),
            "1 r.yaml:1:33: 'bits' is '1', expected 0 or 2 to 8");
  EXPECT_EQ(refusal("weights: {format: binary, bits: 2}\n"),
            "1 r.yaml:1:11: 'bits' is for 'format: int' only; binary weights "
            "have one, a codebook as many as it has patterns for");
  EXPECT_EQ(refusal("weights: {format: binary, scale: e4m3}\n"),
            "1 r.yaml:1:11: scales of binary and codebook weights are f32 or "
            "f16, not e4m3");
  EXPECT_EQ(refusal("weights: {format: binary, codebook_dim: 8}\n"),
            "1 r.yaml:1:11: 'codebook_dim' and 'codebook_size' are for "
            "'format: codebook' only");
  EXPECT_EQ(refusal("weights: {format: codebook, codebook_dim: 8}\n"),
            "1 r.yaml:1:11: 'format: codebook' needs 'codebook_dim' and "
            "'codebook_size'");
  EXPECT_EQ(refusal("weights: {format: codebook, codebook_dim: 17}\n"),
            "1 r.yaml:1:43: 'codebook_dim' is '17', expected an integer from 2 "
            "to 16");
  for (StringRef size : {"17", "18"})
    EXPECT_EQ(refusal(("weights: {format: codebook, codebook_dim: 4, "
                       "codebook_size: " +
                       size + "}\n")
                          .str()),
              ("1 r.yaml:1:11: 'codebook_size' is " + size +
               ", expected an even number up to 16 for patterns of 4 signs")
                  .str());
  EXPECT_EQ(refusal("weights: {format: codebook, codebook_dim: 10, "
                    "codebook_size: 512, group_size: 64}\n"),
            "1 r.yaml:1:11: groups of 64 weights do not hold whole patterns of "
            "10 signs");
  EXPECT_EQ(refusal("preset: binary\nbudget: {bits_per_weight: 2}\n"),
            "1 r.yaml:1:1: a 'budget' chooses among integers and what "
            "'candidates' names; say integers in 'weights' and binary or "
            "codebook weights there");
  EXPECT_EQ(refusal("weights: {bits: 4}\nlow_rank: {rank: 4}\n"
                    "budget: {bytes: 9, candidates: [4, binary]}\n"),
            "1 r.yaml:1:1: 'low_rank' and 'sparsity' do not go together with "
            "binary or codebook weights");
  EXPECT_EQ(refusal("weights: {format: binary}\nlow_rank: {rank: 4}\n"),
            "1 r.yaml:1:1: 'low_rank' and 'sparsity' do not go together with "
            "binary or codebook weights");
  EXPECT_EQ(refusal("weights: {format: binary}\n"
                    "transforms: {scale_inputs: awq}\n"),
            "1 r.yaml:1:1: 'scale_inputs: awq' searches scales for integers, "
            "not for binary or codebook weights");
}

TEST(RecipeDiagnostics, Budgets) {
  StringRef either =
      "1 r.yaml:1:10: 'budget' says either 'bits_per_weight', 'bytes' or "
      "'bytes_per_token'";
  EXPECT_EQ(refusal("budget: {measure: kl}\n"), either);
  EXPECT_EQ(refusal("budget: {bytes: 7, bits_per_weight: 4}\n"), either);
  EXPECT_EQ(refusal("budget: {bytes: 7, bytes_per_token: 4}\n"), either);
  EXPECT_EQ(refusal("budget: {bytes_per_token: 7, sparsities: [0.5, 2]}\n"),
            "1 r.yaml:1:48: 'sparsities' is '2', expected a number from 0 to "
            "0.95");
  EXPECT_EQ(refusal("budget: {bytes_per_token: 7, sparsities: []}\n"),
            "1 r.yaml:1:43: expected a sequence of shares");
  EXPECT_EQ(refusal("budget: {bytes_per_token: 7, sparsities: 0.5}\n"),
            "1 r.yaml:1:42: expected a sequence of shares");
  EXPECT_EQ(refusal("budget: {bytes: 7, sparsities: [0.5]}\n"),
            "1 r.yaml:1:10: 'budget' says 'sparsities', which needs "
            "'bytes_per_token'");
  EXPECT_EQ(refusal("budget: {bits_per_weight: 0}\n"),
            "1 r.yaml:1:27: 'bits_per_weight' is '0', expected a number above "
            "0, at most 32");
  EXPECT_EQ(refusal("budget: {measure: mae}\n"),
            "1 r.yaml:1:19: 'measure' is 'mae', expected kl, loss, outputs or "
            "weights");
  EXPECT_EQ(refusal("budget: {candidates: [4, 1]}\n"),
            "1 r.yaml:1:26: 'candidates' is '1', expected an integer from 2 to "
            "8");
  EXPECT_EQ(refusal("budget: {candidates: []}\n"),
            "1 r.yaml:1:23: expected a sequence of numbers of bits and "
            "formats");
  EXPECT_EQ(refusal("budget: {candidates: 4}\n"),
            "1 r.yaml:1:22: expected a sequence of numbers of bits and "
            "formats");
  EXPECT_EQ(refusal("budget: {sensitivity: ''}\n"),
            "1 r.yaml:1:23: 'sensitivity' is '', expected the path of a file");
  EXPECT_EQ(refusal("budget: {bits: 4}\n"),
            "1 r.yaml:1:10: unknown key 'bits'; did you mean 'bytes' or "
            "'bits_per_weight'?");
}

TEST(RecipeDiagnostics, FormatsOfBudgets) {
  auto list = [](StringRef candidates) {
    return refusal(("weights: {bits: 4, group_size: 64}\n"
                    "budget: {bytes: 9, candidates: [" +
                    candidates + "]}\n")
                       .str());
  };
  EXPECT_EQ(list("4, mxfp"),
            "1 r.yaml:2:36: 'candidates' is 'mxfp', expected an integer from 2 "
            "to 8, a mapping as 'weights', or w8a8, w4a16, w4a8, w8a16, w3a16, "
            "w2a16, w2a8, mxfp4, nvfp4, w2-e4m3, ternary, binary, odd, e2m1; "
            "did you mean 'mxfp4'?");
  EXPECT_EQ(list("{bits: 3, groups: 32}"),
            "1 r.yaml:2:43: unknown key 'groups'");
  EXPECT_EQ(list("{format: mxfp4, group_size: 64}"),
            "1 r.yaml:2:34: 'format' is 'mxfp4', which has groups of 32");
  EXPECT_EQ(list("{bits: 0}"),
            "1 r.yaml:2:34: a candidate of 0 bits is no choice of a budget");
  EXPECT_EQ(list("{format: planes, bits: 8}"),
            "1 r.yaml:2:34: planes are no candidate of a budget: their bits "
            "are chosen when the model runs");
  EXPECT_EQ(list("nvfp4, {format: nvfp4}"),
            "1 r.yaml:2:41: the candidate 'e2m1 g16, e4m3 scales' is the same "
            "as 'nvfp4'");
  EXPECT_EQ(refusal("budget: {bytes: 9, candidates: [mxfp4]}\n"
                    "weights: {bits: 4}\n"),
            "1 r.yaml:2:11: 'weights' must come before 'budget', whose "
            "candidates inherit it");
  EXPECT_EQ(list("2, 3, 4, mxfp4, nvfp4, ternary, w2-e4m3, binary, "
                 "{bits: 3, group_size: 32}, {format: codebook, codebook_dim: "
                 "8, codebook_size: 16, method: btc_x}"),
            "accepted");
}

TEST(RecipeDiagnostics, Sparsity) {
  EXPECT_EQ(refusal("sparsity: {target: 1}\n"),
            "1 r.yaml:1:20: 'target' is '1', expected a number from 0 to 0.95");
  EXPECT_EQ(refusal("rules: [{name: a, sparsity: half}]\n"),
            "1 r.yaml:1:29: 'sparsity' is 'half', expected a number from 0 to "
            "0.95");
  EXPECT_EQ(
      refusal("sparsity: {target: 0.4, allocation: best}\n"),
      "1 r.yaml:1:37: 'allocation' is 'best', expected uniform or greedy");
  EXPECT_EQ(refusal("sparsity: {target: 0.4, prefill: late}\n"),
            "1 r.yaml:1:34: 'prefill' is 'late', expected dense or sparse");
  EXPECT_EQ(refusal("sparsity: {prefill: dense}\n"),
            "1 r.yaml:1:12: 'sparsity' says no 'target', expected a number "
            "from 0 to 0.95");
  EXPECT_EQ(refusal("sparsity: {taget: 0.4}\n"),
            "1 r.yaml:1:12: unknown key 'taget'; did you mean 'target'?");
}

TEST(RecipeDiagnostics, WrongValues) {
  EXPECT_EQ(refusal("weights: {bits: 9}\n"),
            "1 r.yaml:1:17: 'bits' is '9', expected an integer from 0 to 8");
  EXPECT_EQ(refusal("weights: {bits: 1}\n"),
            "1 r.yaml:1:17: 'bits' is '1', expected 0 or 2 to 8");
  EXPECT_EQ(refusal("weights: {bits: four}\n"),
            "1 r.yaml:1:17: 'bits' is 'four', expected an integer from 0 to 8");
  EXPECT_EQ(refusal("weights: {symmetric: yes}\n"),
            "1 r.yaml:1:22: 'symmetric' is 'yes', expected true or false");
  EXPECT_EQ(refusal("transforms: {rotate_heads: 1}\n"),
            "1 r.yaml:1:28: 'rotate_heads' is '1', expected true or false");
  EXPECT_EQ(refusal("transforms: {scale_inputs: true}\n"),
            "1 r.yaml:1:28: 'scale_inputs' is 'true', expected none, "
            "smoothquant or awq");
  for (const char *wrong : {"1.5", "-.1", "much"})
    EXPECT_EQ(
        refusal("transforms: {smooth_alpha: " + std::string(wrong) + "}\n"),
        "1 r.yaml:1:28: 'smooth_alpha' is '" + std::string(wrong) +
            "', expected a number from 0 to 1");
  EXPECT_EQ(refusal("transforms: {split_channels: yes}\n"),
            "1 r.yaml:1:30: 'split_channels' is 'yes', expected true or false");
  EXPECT_EQ(refusal("transforms: {split_channels: {ration: 0.1}}\n"),
            "1 r.yaml:1:31: unknown key 'ration'; did you mean 'ratio'?");
  for (const char *wrong : {"0.6", "-.1", "true"})
    EXPECT_EQ(refusal("transforms: {split_channels: {ratio: " +
                      std::string(wrong) + "}}\n"),
              "1 r.yaml:1:38: 'ratio' is '" + std::string(wrong) +
                  "', expected a number from 0 to 0.5");
  EXPECT_EQ(refusal("transforms: {seed: -1}\n"),
            "1 r.yaml:1:20: 'seed' is '-1', expected an integer from 0 to "
            "9223372036854775807");
  EXPECT_EQ(refusal("weights: {group_size: -1}\n"),
            "1 r.yaml:1:23: 'group_size' is '-1', expected an integer from 0 "
            "to 1048576");
  EXPECT_EQ(refusal("weights: {scale: f64}\n"),
            "1 r.yaml:1:18: 'scale' is 'f64', expected f32, f16, e8m0 or e4m3");
  EXPECT_EQ(refusal("activations: {conv: sometimes}\n"),
            "1 r.yaml:1:21: 'conv' is 'sometimes', expected float, "
            "dynamic, dynamic_symmetric or static");
  EXPECT_EQ(refusal("activations: {matmul: dynamic, bits: 5}\n"),
            "1 r.yaml:1:38: 'bits' is '5', expected 4 or 8");
  EXPECT_EQ(refusal("activations: {matmul: static, bits: 4}\n"),
            "1 r.yaml:1:15: 'activations' says 'bits: 4', which needs 'matmul: "
            "dynamic' or 'matmul: dynamic_symmetric'");
  EXPECT_EQ(
      refusal("method: [rtn]\n"),
      "1 r.yaml:1:10: 'method' is 'no scalar', expected the name of a method");
  EXPECT_EQ(refusal("name: \"\"\n"),
            "1 r.yaml:1:7: 'name' is '', expected a name");
}

TEST(RecipeDiagnostics, ZeroPoints) {
  EXPECT_EQ(refusal("weights: {bits: 4, zero_point: f32}\n"),
            "1 r.yaml:1:32: 'zero_point' is 'f32', expected int or f16");
  EXPECT_EQ(refusal("weights: {bits: 4, symmetric: true, zero_point: f16}\n"),
            "1 r.yaml:1:11: 'zero_point' is f16, but 'symmetric' says that "
            "there are none");
  EXPECT_EQ(refusal("weights: {format: mxfp4, zero_point: f16}\n"),
            "1 r.yaml:1:11: 'zero_point: f16' is for integers, not for e2m1 "
            "weights");
  EXPECT_EQ(refusal("preset: binary\nweights: {zero_point: f16}\n"),
            "1 r.yaml:2:11: 'zero_point: f16' is for integers, not for binary "
            "weights");
}

TEST(RecipeDiagnostics, WeightFormats) {
  EXPECT_EQ(
      refusal("weights: {format: mxfp}\n"),
      "1 r.yaml:1:19: 'format' is 'mxfp', expected int, ternary, odd, "
      "e2m1, mxfp4, nvfp4, planes, binary, codebook; did you mean 'mxfp4'?");
  EXPECT_EQ(refusal("weights: {format: [e2m1]}\n").substr(0, 36),
            "1 r.yaml:1:20: 'format' is 'no scala");
  EXPECT_EQ(refusal("weights: {format: int}\n"),
            "1 r.yaml:1:11: 'weights' says no 'bits', expected 0 or 2 to 8");
  EXPECT_EQ(refusal("weights: {bits: 3, format: e2m1}\n"),
            "1 r.yaml:1:11: 'format' is 'e2m1', which has 4 bits");
  EXPECT_EQ(refusal("weights: {format: ternary, symmetric: false}\n"),
            "1 r.yaml:1:11: 'format' is 'ternary', which has no zero points");
  EXPECT_EQ(refusal("weights: {format: mxfp4, group_size: 64}\n"),
            "1 r.yaml:1:11: 'format' is 'mxfp4', which has groups of 32");
  EXPECT_EQ(refusal("weights: {scale: f32, format: nvfp4}\n"),
            "1 r.yaml:1:11: 'format' is 'nvfp4', which has e4m3 scales");
  EXPECT_EQ(refusal("preset: mxfp4\nweights: {symmetric: false}\n"),
            "1 r.yaml:2:11: e2m1 weights have no zero points");
  for (const char *good :
       {"weights: {format: mxfp4, group_size: 32, scale: e8m0, bits: 4}\n",
        "weights: {format: int, bits: 2, scale: e4m3}\n",
        "preset: mxfp4\nweights: {group_size: 64}\n"})
    EXPECT_EQ(refusal(good), "accepted");
}

// They would silently stay in floating point.
TEST(RecipeDiagnostics, WeightsWithoutBits) {
  EXPECT_EQ(refusal("weights: {group_size: 64}\n"),
            "1 r.yaml:1:11: 'weights' says no 'bits', expected 0 or 2 to 8");
  EXPECT_EQ(refusal("preset: w8a16\n"
                    "rules: [{name: a, weights: {group_size: 32}}]\n"),
            "1 r.yaml:2:29: 'weights' says no 'bits', expected 0 or 2 to 8");
  EXPECT_EQ(refusal("preset: w4a16\nweights: {group_size: 32}\n"), "accepted");
}

TEST(RecipeDiagnostics, OneDocument) {
  EXPECT_EQ(refusal("method: rtn\n---\nmethod: mse\n"),
            "1 r.yaml:3:1: expected the end of the file, found another "
            "document");
  EXPECT_EQ(refusal("---\nmethod: rtn\n...\n"), "accepted");
}

TEST(RecipeDiagnostics, WrongShapes) {
  EXPECT_EQ(refusal("weights: 4\n"),
            "1 r.yaml:1:10: expected a mapping of keys to values");
  EXPECT_EQ(refusal("- weights\n"),
            "1 r.yaml:1:1: expected a mapping of keys to values");
  EXPECT_EQ(refusal("rules: {name: head}\n"),
            "1 r.yaml:1:9: expected a sequence of rules");
  EXPECT_EQ(refusal("? [a]\n: 1\n").substr(0, 10), "1 r.yaml:1");
}

TEST(RecipeDiagnostics, Rules) {
  std::string message = refusal("rules: [{name: \"(\"}]\n");
  EXPECT_EQ(message.substr(0, 52),
            "1 r.yaml:1:16: 'name' is '(', expected a regular exp")
      << message;
  EXPECT_EQ(refusal("rules: [{op: Gemm}]\n"),
            "1 r.yaml:1:14: 'op' is 'Gemm', expected MatMul or Conv");
  EXPECT_EQ(refusal("rules: [{first: 1}]\n"),
            "1 r.yaml:1:17: 'first' is '1', expected true or false");
  EXPECT_EQ(refusal("rules:\n  - {name: a, skip: true, method: mse}\n"),
            "1 r.yaml:2:6: the rule contradicts itself: it skips the layer and "
            "says how it is quantized");
  EXPECT_EQ(refusal("rules:\n  - {name: a, weights: {bits: 4}, skip: true}\n"),
            "1 r.yaml:2:6: the rule contradicts itself: it skips the layer and "
            "says how it is quantized");
  for (const char *rule : {"{name: head}", "{last: true, skip: false}"})
    EXPECT_EQ(refusal(("rules:\n  - " + std::string(rule) + "\n").c_str()),
              "1 r.yaml:2:6: the rule changes nothing, expected 'skip: true', "
              "'weights', 'activations', 'method', 'low_rank' or 'sparsity'");
}

TEST(RecipeDiagnostics, Calibration) {
  EXPECT_EQ(
      refusal("calibration: {observer: max}\n"),
      "1 r.yaml:1:25: 'observer' is 'max', expected minmax, percentile or mse");
  EXPECT_EQ(
      refusal("calibration: {percentile: 20}\n"),
      "1 r.yaml:1:27: 'percentile' is '20', expected a number from 50 to 100");
  EXPECT_EQ(
      refusal("calibration: {percentile: nan}\n"),
      "1 r.yaml:1:27: 'percentile' is 'nan', expected a number from 50 to 100");
  EXPECT_EQ(refusal("calibration: {samples: -3}\n").substr(0, 60),
            "1 r.yaml:1:24: 'samples' is '-3', expected an integer from 0");
}

TEST(RecipeDiagnostics, Presets) {
  EXPECT_EQ(refusal("method: rtn\npreset: w4a16\n"),
            "1 r.yaml:2:9: 'preset' must be the first key");
  EXPECT_EQ(refusal("preset: w5\n"),
            "1 r.yaml:1:9: 'preset' is 'w5', expected the name of a preset");
  EXPECT_EQ(refusal("preset: w4a61\n"),
            "1 r.yaml:1:9: 'preset' is 'w4a61', expected the name of a "
            "preset; did you mean 'w4a16' or 'w4a8'?");
  EXPECT_EQ(refusal(Recipe::load("w4a61")),
            "1 unknown preset 'w4a61', presets are float, w8a8, w4a16, w4a8, "
            "w8a16, w3a16, w2a16, w2a8, mxfp4, nvfp4, w2-e4m3, ternary, "
            "binary; did you mean 'w4a16' or 'w4a8'?");
}

TEST(RecipeDiagnostics, NoYaml) {
  EXPECT_EQ(refusal("weights: {bits: 4\n").substr(0, 9), "1 r.yaml:");
  EXPECT_EQ(refusal("\"unterminated\n").substr(0, 9), "1 r.yaml:");
}

TEST(RecipeDiagnostics, Files) {
  EXPECT_EQ(
      refusal(Recipe::load("/nonexistent/r.yaml")),
      "4 cannot read recipe '/nonexistent/r.yaml': No such file or directory");
  test::TempFolder folder;
  std::string path = folder.write("r.yaml", "\nbits: 4\n");
  EXPECT_EQ(refusal(Recipe::load(path)),
            "1 " + path + ":2:1: unknown key 'bits'");
}

TEST(RecipeDiagnostics, RulesThatMatchNothing) {
  auto recipe = Recipe::parse("rules:\n  - {op: MatMul, skip: true}\n"
                              "  - {name: \"lm_haed\", skip: true}\n",
                              "r.yaml");
  ASSERT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError());
  auto check = [&](std::vector<std::string> nodes) {
    Failure failure = takeFailure(recipe->checkRulesMatched(
        nodes, std::vector<std::string>(nodes.size(), "MatMul")));
    return std::to_string(failure.exitCode) + " " + failure.message;
  };
  EXPECT_EQ(check({"layer0", "lm_head"}),
            "1 rule 2 of recipe 'recipe' matches none of the 2 layers: "
            "{name: \"lm_haed\", skip: true}; did you mean 'lm_head'?");
  EXPECT_EQ(check({"layer0", "x.lm_haed.y"}), "0 ");
  // A preset serves models without products too.
  EXPECT_EQ(check({}), "0 ");
}
