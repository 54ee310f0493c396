//===- WorstLayersTest.cpp - which layers to look at first ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The ranking, and that rules match the names they were made of and no other.
// That recipes can hold the rules is tested with the whole compiler.

#include "quantc/Report/WorstLayers.h"
#include "quantc/Report/Histogram.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace quantc;

TEST(WorstLayers, ATenthAtMostTen) {
  std::vector<std::optional<double>> errors;
  EXPECT_TRUE(worstLayers(errors).empty());
  errors = {std::nullopt, 0.0, INFINITY, NAN};
  EXPECT_TRUE(worstLayers(errors).empty());
  errors = {0.1, std::nullopt, 0.3, 0.2};
  EXPECT_EQ(worstLayers(errors), std::vector<size_t>{2});
  errors.assign(30, 0.5);
  errors[7] = 0.75;
  EXPECT_EQ(worstLayers(errors), (std::vector<size_t>{7, 0, 1}));
  errors.assign(500, 1.0);
  EXPECT_EQ(worstLayers(errors).size(), 10u);
}

/// The names of the rules in `yaml`, as a reader of YAML finds them.
static std::vector<std::string> namesIn(llvm::StringRef yaml) {
  std::vector<std::string> names;
  llvm::SourceMgr sources;
  llvm::yaml::Stream stream(yaml, sources);
  auto *root = llvm::dyn_cast_or_null<llvm::yaml::MappingNode>(
      stream.begin()->getRoot());
  if (!root)
    return names;
  for (llvm::yaml::KeyValueNode &rules : *root) {
    auto *list = llvm::dyn_cast<llvm::yaml::SequenceNode>(rules.getValue());
    if (!list)
      return names;
    for (llvm::yaml::Node &rule : *list)
      for (auto &entry : llvm::cast<llvm::yaml::MappingNode>(rule)) {
        llvm::SmallString<32> storage;
        auto *value = llvm::dyn_cast<llvm::yaml::ScalarNode>(entry.getValue());
        if (value && value->getValue(storage) != "true")
          names.push_back(value->getValue(storage).str());
      }
  }
  return stream.failed() ? std::vector<std::string>() : names;
}

TEST(WorstLayers, RulesMatchTheirNames) {
  for (std::string name :
       {"/model/layers.0/mlp/MatMul", "a.b", "it's", "a: {b}, [c]",
        "x\\d+(y|z)", "</script><img src=x onerror=alert(1)>", "caf\xc3\xa9",
        "", "tab\tline\nbell\a", "not utf8 \xff\xfe", "# no comment", "^$*"}) {
    std::string yaml = exclusionRules({name}, {"note"});
    std::vector<std::string> found = namesIn(yaml);
    ASSERT_EQ(found.size(), 1u) << yaml;
    llvm::Regex expression(found.front());
    EXPECT_TRUE(expression.match(name)) << yaml;
    EXPECT_FALSE(expression.match(name + "x")) << yaml;
    EXPECT_FALSE(expression.match("x" + name)) << yaml;
  }
  EXPECT_EQ(namesIn(exclusionRules({"a.b"}, {""})).front(), "^a\\.b$");
  EXPECT_EQ(exclusionRules({}, {}), "");
  // A name that many nodes have needs one rule.
  EXPECT_EQ(namesIn(exclusionRules({"a", "b", "a"}, {"", "", ""})).size(), 2u);
}

TEST(Histogram, CountsInUnitsOfTheRootMeanSquare) {
  Histogram none = Histogram::of({});
  EXPECT_EQ(none.count, 0);
  EXPECT_EQ(none.peak(), 0);
  Histogram zeros = Histogram::of({0.0f, 0.0f});
  EXPECT_EQ(zeros.counts[Histogram::bins / 2], 2);
  EXPECT_EQ(zeros.peak(), 0);
  // One unit is three bins.
  Histogram both = Histogram::of({2.0f, -2.0f, NAN, INFINITY});
  EXPECT_EQ(both.count, 2);
  EXPECT_EQ(both.rms, 2);
  EXPECT_EQ(both.largest, 2);
  EXPECT_EQ(both.counts[Histogram::bins / 2 + 3], 1);
  EXPECT_EQ(both.counts[Histogram::bins / 2 - 3], 1);
  // What lies outside is in the last bin.
  std::vector<float> many(1000, 0.0f);
  many[3] = 50;
  Histogram outlier = Histogram::of(many);
  EXPECT_EQ(outlier.counts.back(), 1);
  EXPECT_NEAR(outlier.peak(), std::sqrt(1000.0), 1e-9);
}
