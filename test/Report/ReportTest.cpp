//===- ReportTest.cpp - the three forms of a report -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a report must contain, and that names from a model can break none of its
// forms.

#include "quantc/Report/Report.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace quantc;
using llvm::StringRef;

static CompileReport example() {
  CompileReport report;
  report.model = "model.onnx";
  report.recipe = "w4a16";
  report.target = "native";
  report.levels = {"v3"};
  report.recipeYaml = "weights: {bits: 4}\n";
  LayerReport first;
  first.name = "layers.0.mlp";
  first.op = "MatMul";
  first.weights = "uint4 g64 asymmetric";
  first.activations = "float";
  first.method = "rtn";
  first.kernel = "matmul.a16";
  first.parameters = 1000;
  first.bytes = 580;
  first.bitsNominal = 4;
  first.bitsStored = 4.64;
  first.rank = 16;
  first.sqnrDb = 21.5;
  first.cosine = 0.9975;
  first.saturated = 0.03125;
  first.inputSaturated = 0.0625;
  LayerReport last;
  last.name = "lm_head";
  last.op = "MatMul";
  last.weights = last.activations = "float";
  last.reason = "rule 1 skips it";
  last.parameters = 500;
  last.bytes = 2000;
  report.layers = {first, last};
  report.phases = {{"import", 0.25}, {"lower", 1.5}};
  report.warnings = {"a warning"};
  report.files = {"out.so"};
  report.weightBytes = 2600000;
  report.weightsFileBytes = 2610000;
  report.libraryBytes = 130000;
  report.memory = {{"main", "", 2000000}, {"decode", "N = 1", 30000}};
  return report;
}

/// Names that are code in one of the forms.
static const std::string hostile[] = {"<script>alert(1)</script>",
                                      "\"><img src=x onerror=alert(1)>",
                                      "' onload='x",
                                      "a&lt;b",
                                      "</title></svg></pre>",
                                      "</script><img src=x onerror=alert(1)>",
                                      "tab\tline\nbell\a",
                                      "caf\xc3\xa9",
                                      "not utf8 \xff\xfe",
                                      "back\\slash"};

static CompileReport hostileReport(const std::string &name) {
  CompileReport report = example();
  report.model = report.recipe = report.recipeYaml = name;
  report.layers[0].name = report.layers[1].reason = name;
  report.warnings = report.files = {name};
  report.memory = {{name, name, 1}};
  return report;
}

static size_t countOf(StringRef text, StringRef part) {
  return text.count(part);
}

TEST(Report, Precisions) {
  CompileReport report = example();
  EXPECT_FALSE(StringRef(reportToHtml(report)).contains("read at"));
  report.layers[0].precisions = {{8, 1234, 41.5}, {2, 321, std::nullopt}};
  auto value = llvm::json::parse(reportToJson(report));
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  const llvm::json::Array &layers = *value->getAsObject()->getArray("layers");
  const llvm::json::Array *precisions =
      layers[0].getAsObject()->getArray("precisions");
  ASSERT_TRUE(precisions && precisions->size() == 2);
  const llvm::json::Object &first = *(*precisions)[0].getAsObject();
  EXPECT_EQ(first.getInteger("bits"), 8);
  EXPECT_EQ(first.getInteger("bytes_read"), 1234);
  EXPECT_EQ(first.getNumber("sqnr_db"), 41.5);
  EXPECT_FALSE((*precisions)[1].getAsObject()->get("sqnr_db"));
  EXPECT_FALSE(layers[1].getAsObject()->get("precisions"));
  EXPECT_TRUE(StringRef(reportToHtml(report))
                  .contains("8 bits: 41.5 dB, 1234 bytes; 2 bits: 321 bytes"))
      << reportToHtml(report);
}

TEST(Report, Sparsity) {
  CompileReport report = example();
  EXPECT_FALSE(StringRef(reportToHtml(report)).contains("% left out"));
  report.layers[0].sparsity = {0.4, 0.125, 0.4375, ""};
  report.layers[1].sparsity = {0, 0, std::nullopt, "its inputs are codes"};
  auto value = llvm::json::parse(reportToJson(report));
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  const llvm::json::Array &layers = *value->getAsObject()->getArray("layers");
  const llvm::json::Object &first =
      *layers[0].getAsObject()->getObject("sparsity");
  EXPECT_EQ(first.getNumber("target"), 0.4);
  EXPECT_EQ(first.getNumber("threshold"), 0.125);
  EXPECT_EQ(first.getNumber("realised"), 0.4375);
  EXPECT_EQ(layers[1].getAsObject()->getObject("sparsity")->getString("reason"),
            "its inputs are codes");
  std::string html = reportToHtml(report), table = reportToTable(report);
  EXPECT_TRUE(StringRef(html).contains("% left out"));
  EXPECT_TRUE(StringRef(html).contains(">43.75<"));
  EXPECT_TRUE(StringRef(html).contains("dense: its inputs are codes"));
  EXPECT_TRUE(StringRef(table).contains("dense: lm_head: its inputs are codes"))
      << table;
  EXPECT_TRUE(StringRef(table).contains(
      "1 layers are to leave out 40.0% of their weights in decoding, the "
      "samples left out 43.8%"))
      << table;
}

TEST(Report, JsonHasEveryField) {
  auto value = llvm::json::parse(reportToJson(example()));
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  const llvm::json::Object &root = *value->getAsObject();
  EXPECT_EQ(root.getInteger("format"), 1);
  EXPECT_EQ(root.getString("model"), "model.onnx");
  EXPECT_EQ(root.getString("recipe"), "w4a16");
  EXPECT_EQ(root.getString("recipe_yaml"), "weights: {bits: 4}\n");
  EXPECT_EQ(root.getString("target"), "native");
  EXPECT_EQ(root.getInteger("weight_bytes"), 2600000);
  EXPECT_EQ(root.getInteger("weights_file_bytes"), 2610000);
  EXPECT_EQ(root.getInteger("library_bytes"), 130000);
  EXPECT_EQ(root.getBoolean("embedded_weights"), false);
  const llvm::json::Object &memory =
      *(*root.getArray("memory"))[1].getAsObject();
  EXPECT_EQ(memory.getString("entry"), "decode");
  EXPECT_EQ(memory.getString("sizes"), "N = 1");
  EXPECT_EQ(memory.getInteger("arena_bytes"), 30000);
  EXPECT_EQ(root.getArray("levels")->front().getAsString(), "v3");
  EXPECT_EQ(root.getArray("warnings")->front().getAsString(), "a warning");
  EXPECT_EQ(root.getArray("files")->front().getAsString(), "out.so");
  const llvm::json::Object &phase =
      *(*root.getArray("phases"))[1].getAsObject();
  EXPECT_EQ(phase.getString("name"), "lower");
  EXPECT_EQ(phase.getNumber("seconds"), 1.5);
  const llvm::json::Array &layers = *root.getArray("layers");
  ASSERT_EQ(layers.size(), 2u);
  const llvm::json::Object &first = *layers[0].getAsObject(),
                           &last = *layers[1].getAsObject();
  EXPECT_EQ(first.getString("name"), "layers.0.mlp");
  EXPECT_EQ(first.getString("method"), "rtn");
  EXPECT_EQ(first.getString("kernel"), "matmul.a16");
  EXPECT_EQ(first.getInteger("parameters"), 1000);
  EXPECT_EQ(first.getInteger("bytes"), 580);
  EXPECT_EQ(first.getNumber("bits_stored"), 4.64);
  EXPECT_EQ(first.getInteger("rank"), 16);
  EXPECT_EQ(last.get("rank"), nullptr);
  EXPECT_EQ(first.getNumber("sqnr_db"), 21.5);
  EXPECT_EQ(first.getNumber("cosine"), 0.9975);
  EXPECT_EQ(first.getNumber("saturated"), 0.03125);
  EXPECT_EQ(first.getNumber("input_saturated"), 0.0625);
  EXPECT_NEAR(*first.getNumber("share_of_bytes"), 580.0 / 2580, 1e-12);
  EXPECT_EQ(first.get("histograms"), nullptr);
  EXPECT_EQ(first.get("reason"), nullptr);
  EXPECT_EQ(last.getString("reason"), "rule 1 skips it");
  EXPECT_EQ(last.get("sqnr_db"), nullptr);
  EXPECT_EQ(last.get("method"), nullptr);
  EXPECT_EQ(last.get("kernel"), nullptr);
  EXPECT_EQ(last.get("cosine"), nullptr);
  const llvm::json::Object &totals = *root.getObject("totals");
  EXPECT_EQ(totals.getInteger("parameters"), 1500);
  EXPECT_EQ(totals.getInteger("bytes"), 2580);
  EXPECT_NEAR(*totals.getNumber("bits_stored"), 13.76, 1e-12);
  EXPECT_NEAR(*totals.getNumber("bits_nominal"), (4000. + 16000) / 1500, 1e-9);
  EXPECT_EQ(root.getArray("worst_layers")->front().getAsString(),
            "layers.0.mlp");
  EXPECT_EQ(root.getString("exclusion_yaml"),
            "rules:\n  - {name: '^layers\\.0\\.mlp$', skip: true}  # SQNR "
            "21.5 dB\n");
}

TEST(Report, JsonAndHtmlOfHistograms) {
  CompileReport report = example();
  float numbers[] = {1, -1, 1, 9};
  report.layers[0].histograms = {Histogram::of(numbers), std::nullopt};
  StringRef note = "Weights before and after transforms";
  std::string html = reportToHtml(report);
  EXPECT_NE(html.find(note), std::string::npos);
  EXPECT_EQ(countOf(html, "<path"), 1u);
  EXPECT_NE(html.find("peak 2.0</figcaption>"), std::string::npos);
  EXPECT_EQ(countOf(reportToHtml(example()), note), 0u);
  report.layers[0].histograms->after = Histogram::of({1.0f, -1.0f});
  html = reportToHtml(report);
  EXPECT_EQ(countOf(html, "<path"), 2u);
  EXPECT_NE(html.find("peak 2.0 to 1.0</figcaption>"), std::string::npos);
  auto value = llvm::json::parse(reportToJson(report));
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  const llvm::json::Object &both =
      *(*value->getAsObject()->getArray("layers"))[0].getAsObject()->getObject(
          "histograms");
  EXPECT_EQ(both.getObject("before")->getInteger("count"), 4);
  EXPECT_EQ(both.getObject("before")->getNumber("largest"), 9);
  EXPECT_EQ(both.getObject("after")->getArray("counts")->size(), 48u);
}

TEST(Report, TimesOfKernels) {
  CompileReport report = example();
  EXPECT_EQ(reportToHtml(report).find("of time</th>"), std::string::npos);
  report.times = RunTimes{
      "decode", "N = 1", "v3", 20, {{"matmul.a16", 7, 15}, {"copy", 2, 5}}};
  report.layers[0].microseconds = 2.5;
  auto value = llvm::json::parse(reportToJson(report));
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  const llvm::json::Object &root = *value->getAsObject();
  const llvm::json::Array &layers = *root.getArray("layers");
  EXPECT_EQ(layers[0].getAsObject()->getNumber("microseconds"), 2.5);
  EXPECT_EQ(layers[0].getAsObject()->getNumber("share_of_time"), 0.125);
  EXPECT_EQ(layers[1].getAsObject()->get("share_of_time"), nullptr);
  const llvm::json::Object &times = *root.getObject("times");
  EXPECT_EQ(times.getNumber("microseconds"), 20);
  const llvm::json::Object &kernel =
      *times.getArray("kernels")->front().getAsObject();
  EXPECT_EQ(kernel.getString("kernel"), "matmul.a16");
  EXPECT_EQ(kernel.getInteger("calls"), 7);
  std::string html = reportToHtml(report);
  EXPECT_NE(html.find("A run of decode at N = 1 on level v3: 20.0 us"),
            std::string::npos);
  EXPECT_NE(html.find("<title>layers.0.mlp: 2.50</title>"), std::string::npos);
  EXPECT_NE(html.find(">12.50</td>"), std::string::npos); // of the layer
  EXPECT_NE(html.find(">75.00</td>"), std::string::npos); // of the kernel
}

static CompileReport withBudget(const std::string &name) {
  CompileReport report = example();
  BudgetReport budget;
  budget.measure = "kl";
  budget.allowedBytes = 900;
  budget.layers = {{name, 1000, 4, {{2, 300, 0.5}, {4, 580, 0.125}}},
                   {"other", 200, 8, {{4, 100, 0.75}, {8, 200, 0.25}}}};
  report.budget = budget;
  return report;
}

TEST(Report, ChoicesOfABudget) {
  CompileReport report = withBudget("</td>");
  auto value = llvm::json::parse(reportToJson(report));
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  const llvm::json::Object &budget = *value->getAsObject()->getObject("budget");
  EXPECT_EQ(budget.getInteger("allowed_bytes"), 900);
  EXPECT_EQ(budget.getInteger("chosen_bytes"), 780);
  EXPECT_EQ(budget.getNumber("chosen_error"), 0.375);
  const llvm::json::Object &layer =
      *(*budget.getArray("layers"))[1].getAsObject();
  EXPECT_EQ(layer.getInteger("chosen_bits"), 8);
  EXPECT_EQ(
      (*layer.getArray("candidates"))[0].getAsObject()->getNumber("error"),
      0.75);
  std::string html = reportToHtml(report);
  EXPECT_EQ(countOf(html, "class=\"n b\""), 2u); // one choice a layer
  EXPECT_EQ(countOf(html, "&lt;/td&gt;"), 1u);
  EXPECT_NE(reportToTable(withBudget("first"))
                .find("budget kl: 780 of 900 bytes, error 3.750E-01\n"
                      "layer  weights  2 bits    4 bits     8 bits\n"
                      "first  1000     5.00E-01  1.25E-01*  -\n"
                      "other  200      -         7.50E-01   2.50E-01*\n"),
            std::string::npos)
      << reportToTable(withBudget("first"));
}

TEST(Report, FormatsOfABudget) {
  CompileReport report = withBudget("first");
  BudgetReport &budget = *report.budget;
  budget.layers[0].candidates.push_back({4, 540, 0.25, 0, "mx<fp4"});
  budget.layers[0].chosenFormat = "mx<fp4";
  budget.layers[1].leftOut = {{"mx<fp4", "no kernel"}, {"2 bits", "groups"}};
  EXPECT_EQ(budget.chosenBytes(), 740);
  EXPECT_EQ(budget.chosenError(), 0.5);
  EXPECT_NE(reportToTable(report).find(
                "budget kl: 740 of 900 bytes, error 5.000E-01\n"
                "layer  weights  2 bits    4 bits    8 bits     mx<fp4\n"
                "first  1000     5.00E-01  1.25E-01  -          2.50E-01*\n"
                "other  200      -         7.50E-01  2.50E-01*  -\n"
                "without 2 bits: other: groups\n"
                "without mx<fp4: other: no kernel\n"),
            std::string::npos)
      << reportToTable(report);
  auto value = llvm::json::parse(reportToJson(report));
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  const llvm::json::Array &layers =
      *value->getAsObject()->getObject("budget")->getArray("layers");
  const llvm::json::Object &first = *layers[0].getAsObject();
  EXPECT_EQ(first.getString("chosen_format"), "mx<fp4");
  EXPECT_EQ(
      (*first.getArray("candidates"))[2].getAsObject()->getString("format"),
      "mx<fp4");
  const llvm::json::Object &other = *layers[1].getAsObject();
  EXPECT_FALSE(other.getString("chosen_format"));
  EXPECT_EQ((*other.getArray("left_out"))[0].getAsObject()->getString("reason"),
            "no kernel");
  std::string html = reportToHtml(report);
  EXPECT_EQ(countOf(html, "class=\"n b\""), 2u);
  EXPECT_NE(html.find("without mx&lt;fp4: other: no kernel"),
            std::string::npos);
  budget.layers[0].leftOut = budget.layers[1].leftOut;
  EXPECT_EQ(budget.leftOutLines(),
            (std::vector<std::string>{
                "without 2 bits: first and 1 more: groups",
                "without mx<fp4: first and 1 more: no kernel"}));
}

TEST(Report, LayersAreReadAgain) {
  llvm::SmallString<64> path;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("report", "json", path));
  llvm::FileRemover remove(path);
  CompileReport report = example();
  report.layers[0].microseconds = 3;
  std::error_code error;
  llvm::raw_fd_ostream(path, error) << reportToJson(report);
  auto layers = readLayerReports(path.str().str());
  ASSERT_TRUE(bool(layers)) << llvm::toString(layers.takeError());
  ASSERT_EQ(layers->size(), 2u);
  const LayerReport &first = layers->front(), &last = layers->back();
  EXPECT_EQ(first.name, "layers.0.mlp");
  EXPECT_EQ(first.weights, "uint4 g64 asymmetric");
  EXPECT_EQ(first.activations, "float");
  EXPECT_EQ(first.kernel, "matmul.a16");
  EXPECT_EQ(first.bytes, 580u);
  EXPECT_EQ(first.bitsNominal, 4);
  EXPECT_EQ(first.bitsStored, 4.64);
  EXPECT_EQ(first.microseconds, 3);
  EXPECT_EQ(last.microseconds, std::nullopt);
  for (const char *damaged : {"", "[", "[]", "{}", "{\"layers\": 3}"}) {
    llvm::raw_fd_ostream(path, error) << damaged;
    auto none = readLayerReports(path.str().str());
    ASSERT_FALSE(bool(none)) << damaged;
    EXPECT_NE(llvm::toString(none.takeError()).find("is no report"),
              std::string::npos);
  }
}

TEST(Report, JsonOfAnyName) {
  for (const std::string &name : hostile) {
    auto value = llvm::json::parse(reportToJson(hostileReport(name)));
    ASSERT_TRUE(bool(value)) << name << llvm::toString(value.takeError());
    const llvm::json::Object &layer =
        *value->getAsObject()->getArray("layers")->front().getAsObject();
    EXPECT_EQ(layer.getString("name"), StringRef(llvm::json::fixUTF8(name)));
  }
}

TEST(Report, ExactWeightsHaveNoNumber) {
  CompileReport report = example();
  report.layers[0].sqnrDb = INFINITY;
  auto value = llvm::json::parse(reportToJson(report));
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  const llvm::json::Object &layer =
      *value->getAsObject()->getArray("layers")->front().getAsObject();
  ASSERT_TRUE(layer.get("sqnr_db"));
  EXPECT_TRUE(layer.get("sqnr_db")->getAsNull());
  std::string html = reportToHtml(report);
  EXPECT_EQ(html.find("nan"), std::string::npos);
}

TEST(Report, HtmlShowsLayersAndPlots) {
  std::string html = reportToHtml(example());
  EXPECT_NE(html.find("<h1>model.onnx</h1>"), std::string::npos);
  EXPECT_NE(html.find("float: rule 1 skips it"), std::string::npos);
  EXPECT_NE(html.find("a warning"), std::string::npos);
  EXPECT_NE(html.find("<td>matmul.a16</td>"), std::string::npos);
  EXPECT_NE(html.find("working memory of decode at N = 1<b>0.03 MB</b>"),
            std::string::npos);
  EXPECT_EQ(countOf(html, "<svg"), 2u); // bits and SQNR
  // Two layers, one of them with nominal bits and with SQNR.
  EXPECT_EQ(countOf(html, "<rect"), 4u);
  EXPECT_NE(html.find(">0.997500</td>"), std::string::npos);
  // 10^(-21.5 / 20)
  EXPECT_NE(html.find("<title>layers.0.mlp: 8.41</title>"), std::string::npos);
  EXPECT_NE(html.find(">3.125</td>"), std::string::npos);
  EXPECT_NE(html.find(">6.250</td>"), std::string::npos);
  EXPECT_NE(html.find(">22.48</td>"), std::string::npos); // of the bytes
  EXPECT_NE(html.find("name: &#39;^layers\\.0\\.mlp$&#39;, skip: true}"),
            std::string::npos);
  EXPECT_EQ(countOf(html, "<tr>"), 3u);
  EXPECT_EQ(countOf(html, "</html>"), 1u);
}

TEST(Report, HtmlNeedsNoOtherFile) {
  std::string html = reportToHtml(example());
  for (StringRef part :
       {"http:", "https:", " src=", " href=", "url(", "@import", "<link"})
    EXPECT_EQ(countOf(html, part), 0u) << part.str();
}

TEST(Report, HtmlOfAnyName) {
  std::string plain = reportToHtml(hostileReport("name"));
  for (const std::string &name : hostile) {
    std::string html = reportToHtml(hostileReport(name));
    // No tag begins or ends because of a name.
    EXPECT_EQ(countOf(html, "<"), countOf(plain, "<")) << name;
    EXPECT_EQ(countOf(html, ">"), countOf(plain, ">")) << name;
    EXPECT_EQ(countOf(html, "\""), countOf(plain, "\"")) << name;
    EXPECT_EQ(countOf(html, "'"), countOf(plain, "'")) << name;
    EXPECT_EQ(countOf(html, "\a"), 0u);
  }
  EXPECT_NE(reportToHtml(hostileReport("a&lt;b")).find("a&amp;lt;b"),
            std::string::npos);
}

TEST(Report, TableAlignsColumns) {
  EXPECT_EQ(
      reportToTable(example()),
      "layer         op      weights               activations  bits   SQNR "
      "dB\n"
      "layers.0.mlp  MatMul  uint4 g64 asymmetric  float        4.64   21.5\n"
      "lm_head       MatMul  float                 float        32.00  -\n"
      "float: lm_head: rule 1 skips it\n"
      "2 layers, 1500 weights in 0.00 MB, 13.76 bits each\n"
      "weights file 2.61 MB, library 0.13 MB\n"
      "working memory of main 2.00 MB\n"
      "working memory of decode 0.03 MB at N = 1\n");
}

TEST(Report, TableOfAPlanAndOfEmbeddedWeights) {
  CompileReport report = example();
  report.memory.clear();
  report.libraryBytes = 0; // a plan
  EXPECT_TRUE(StringRef(reportToTable(report))
                  .ends_with("bits each\nweights file 2.61 MB\n"));
  report.weightsFileBytes = 0;
  report.libraryBytes = 2800000;
  report.hasEmbeddedWeights = true;
  EXPECT_TRUE(StringRef(reportToTable(report))
                  .ends_with("bits each\n"
                             "library 2.80 MB, of these weights 2.60 MB\n"));
}

TEST(Report, TableOfLongAndHostileNames) {
  CompileReport report = example();
  report.layers[0].name = std::string(100, 'x') + ".end\x1b[2J";
  std::string table = reportToTable(report);
  EXPECT_NE(table.find("..." + std::string(37, 'x') + ".end?[2J  "),
            std::string::npos)
      << table;
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
}

TEST(Report, EmptyModel) {
  CompileReport report;
  EXPECT_EQ(reportToTable(report),
            "layer  op  weights  activations  bits  SQNR dB\n"
            "0 layers, 0 weights in 0.00 MB\n");
  EXPECT_EQ(countOf(reportToHtml(report), "<svg"), 0u);
  EXPECT_TRUE(bool(llvm::json::parse(reportToJson(report))));
}

TEST(Report, ChannelSplits) {
  CompileReport report = example();
  EXPECT_EQ(reportToJson(report).find("channel_splits"), std::string::npos);
  report.channelSplits = {{"/down", 1536, 128, true, ""},
                          {"/q", 576, 64, false, "'/norm' is a norm"},
                          {"/few", 0, 0, false, "has 8 inputs"}};
  StringRef wanted =
      "channels of /down: 128 of 1536 split, in weights\n"
      "channels of /q: 64 of 576 split, at run time: '/norm' is a norm\n"
      "channels of /few: none split, has 8 inputs\n";
  EXPECT_TRUE(StringRef(reportToTable(report)).ends_with(wanted))
      << reportToTable(report);
  auto json = llvm::json::parse(reportToJson(report));
  ASSERT_TRUE(bool(json));
  auto *splits = json->getAsObject()->getArray("channel_splits");
  ASSERT_TRUE(splits && splits->size() == 3);
  const auto &first = *(*splits)[0].getAsObject();
  EXPECT_EQ(first.getBoolean("in_weights"), true);
  EXPECT_EQ(first.getInteger("split"), 128);
  EXPECT_FALSE(first.get("reason"));
  EXPECT_EQ((*splits)[1].getAsObject()->getString("reason"),
            "'/norm' is a norm");
}

TEST(Report, FeatureAxes) {
  CompileReport report = example();
  EXPECT_EQ(reportToJson(report).find("feature_axes"), std::string::npos);
  FeatureAxis stream{576, 576, 1, 61, 151, 61, false, "/embed", ""};
  FeatureAxis values{576, 64, 30, 1, 1, 0, true, "/v_proj", ""};
  FeatureAxis gate{1536, 1536, 30, 1, 0, 0, false, "/act", "computes silu"};
  report.featureAxes = {stream, values, gate};
  StringRef wanted =
      "features: 1 x 576 can be rotated at /embed: 61 writers, 151 readers, 61 "
      "norms\n"
      "features: 30 x 576 in blocks of 64 can be rotated at /v_proj: 1 "
      "writers, "
      "1 readers, 0 norms, held by a cache\n"
      "features: 30 x 1536 stay at /act: computes silu\n";
  EXPECT_TRUE(StringRef(reportToTable(report)).ends_with(wanted))
      << reportToTable(report);
  auto json = llvm::json::parse(reportToJson(report));
  ASSERT_TRUE(bool(json));
  auto *axes = json->getAsObject()->getArray("feature_axes");
  ASSERT_TRUE(axes && axes->size() == 3);
  EXPECT_EQ((*axes)[1].getAsObject()->getBoolean("rotatable"), true);
  EXPECT_EQ((*axes)[1].getAsObject()->getInteger("block"), 64);
  EXPECT_EQ((*axes)[2].getAsObject()->getString("reason"), "computes silu");
}
