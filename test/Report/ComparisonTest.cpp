//===- ComparisonTest.cpp - the forms of a comparison -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a comparison must contain, and that no measure looks well where numbers
// were lost.

#include "quantc/Report/Comparison.h"
#include "llvm/ADT/StringRef.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace quantc;
using llvm::StringRef;
using llvm::json::Object;

static Difference differenceOf(float wanted, float found) {
  Difference d;
  d.add(wanted, found);
  return d;
}

/// `name` is that of all that the model names.
static ComparisonReport example(const std::string &name) {
  ComparisonReport report;
  report.model = report.artifact = report.data = name;
  report.outputs = {{name, "f32", true, differenceOf(10, 9)},
                    {"lost", "f32", true, differenceOf(NAN, 1)},
                    {"count", "i32", false, {}}};
  LayerReport compiled;
  compiled.kernel = "matmul.a16";
  compiled.bytes = 580;
  compiled.bitsNominal = 4;
  compiled.bitsStored = 4.64;
  compiled.microseconds = 7.5;
  report.layers = {
      {name, "MatMul", true, differenceOf(10, 9), 0.25,
       Histogram::of({1.0f, -1.0f, 3.0f, 1.0f}), Histogram::of({2.0f, -2.0f}),
       compiled},
      {"better", "Conv", true, differenceOf(100, 99), {}, {}, {}, {}},
      {"float", "Conv", false, differenceOf(10, 1), {}, {}, {}, {}}};
  return report;
}

TEST(Comparison, Json) {
  auto value = llvm::json::parse(comparisonToJson(example("a.b")));
  ASSERT_TRUE(bool(value)) << llvm::toString(value.takeError());
  const Object &root = *value->getAsObject();
  EXPECT_EQ(root.getInteger("format"), 1);
  EXPECT_EQ(root.getString("model"), "a.b");
  // The worst of the quantized ones.
  ASSERT_EQ(root.getArray("worst_layers")->size(), 1u);
  EXPECT_EQ(root.getArray("worst_layers")->front().getAsString(), "a.b");
  EXPECT_EQ(root.getString("exclusion_yaml"),
            "rules:\n  - {name: '^a\\.b$', skip: true}  # SQNR 20.0 dB\n");
  const llvm::json::Array &rows = *root.getArray("rows");
  ASSERT_EQ(rows.size(), 6u);
  const Object &output = *rows[0].getAsObject(), &lost = *rows[1].getAsObject(),
               &layer = *rows[3].getAsObject(),
               &better = *rows[4].getAsObject();
  EXPECT_EQ(output.getString("output"), "a.b");
  EXPECT_NEAR(*output.getNumber("sqnr_db"), 20, 1e-9);
  EXPECT_EQ(lost.getInteger("not_finite"), 1);
  for (StringRef key : {"sqnr_db", "cosine", "max_error"})
    EXPECT_TRUE(lost.get(key)->getAsNull()) << key.str();
  EXPECT_EQ(rows[2].getAsObject()->getString("type"), "i32");
  EXPECT_EQ(layer.getString("layer"), "a.b");
  EXPECT_EQ(layer.getNumber("input_saturated"), 0.25);
  EXPECT_EQ(layer.getObject("input_before")->getNumber("largest"), 3);
  EXPECT_EQ(layer.getObject("input_after")->getNumber("largest"), 2);
  EXPECT_EQ(better.get("input_before"), nullptr);
  EXPECT_EQ(layer.getNumber("bits_nominal"), 4);
  EXPECT_EQ(layer.getNumber("bits_stored"), 4.64);
  EXPECT_EQ(layer.getInteger("bytes"), 580);
  EXPECT_EQ(layer.getString("kernel"), "matmul.a16");
  EXPECT_EQ(layer.getNumber("microseconds"), 7.5);
  EXPECT_EQ(better.get("kernel"), nullptr);
  EXPECT_EQ(rows[5].getAsObject()->getBoolean("quantized"), false);
}

TEST(Comparison, Html) {
  std::string text = comparisonToHtml(example("name"));
  StringRef html = text;
  EXPECT_EQ(html.count("<table>"), 2u);
  EXPECT_EQ(html.count("<tr>"), 2u + 3 + 3);
  EXPECT_EQ(html.count("<svg"), 3u); // bits, errors, one layer's inputs
  EXPECT_TRUE(html.contains("<td>matmul.a16</td>"));
  EXPECT_EQ(html.count("<path"), 2u);
  EXPECT_TRUE(html.contains("^name$"));
  EXPECT_TRUE(html.contains(">25.000</td>"));
  EXPECT_FALSE(html.contains("nan"));
  ComparisonReport outputsOnly = example("name");
  outputsOnly.layers.clear();
  std::string page = comparisonToHtml(outputsOnly);
  EXPECT_EQ(StringRef(page).count("<table>"), 1u);
  EXPECT_EQ(StringRef(page).count("<svg"), 0u);
}

TEST(Comparison, HtmlOfAnyName) {
  std::string plain = comparisonToHtml(example("name"));
  for (std::string name : {"</script><img src=x onerror=alert(1)>", "\"'&lt;",
                           "</td></table>", "not utf8 \xff"}) {
    std::string page = comparisonToHtml(example(name));
    for (StringRef mark : {"<", ">", "\"", "'"})
      EXPECT_EQ(StringRef(page).count(mark), StringRef(plain).count(mark))
          << name << mark.str();
    EXPECT_TRUE(llvm::json::isUTF8(page));
    EXPECT_TRUE(bool(llvm::json::parse(comparisonToJson(example(name)))));
  }
}
