//===- ArtifactSignatureTest.cpp - tests of signatures -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// JSON that quantc writes is understood, everything else is refused.

#include "../../lib/Calibrate/ArtifactSignature.h"
#include "quantc/Support/Errors.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace quantc;

/// A signature with one entry of one input, which is `input`.
static std::string withInput(const std::string &input) {
  return R"({"format":1,"entries":[{"name":"m","outputs":[],"inputs":[)" +
         input + "]}]}";
}

TEST(ArtifactSignature, Tensor) {
  auto entries = parseSignature(
      withInput(
          R"({"name":"x","type":"bf16","dims":["N","",3],"state_axis":1})"),
      "m.so");
  ASSERT_TRUE(bool(entries)) << toString(entries.takeError());
  const ArtifactEntry &entry = entries->front();
  EXPECT_EQ(entry.name, "m");
  EXPECT_FALSE(entry.isStateful);
  EXPECT_EQ(entry.inputs[0].describe(), "bf16[N,?,3]");
  EXPECT_TRUE(entry.inputs[0].isState);
  EXPECT_TRUE(entry.plainInputs().empty());
}

TEST(ArtifactSignature, Precisions) {
  EXPECT_EQ(parsePrecisions(R"({"precisions":[8,4,2]})"),
            (std::vector<int64_t>{8, 4, 2}));
  EXPECT_TRUE(parsePrecisions(withInput("{}")).empty());
  EXPECT_TRUE(parsePrecisions("no JSON").empty());
}

TEST(ArtifactSignature, Damaged) {
  for (const std::string &json :
       {std::string(), std::string("[]"), std::string("{}"),
        std::string(R"({"format":1})"),
        std::string(R"({"format":2,"entries":[]})"),
        std::string(R"({"format":1,"entries":[{}]})"),
        std::string(R"({"format":1,"entries":[{"name":"m","inputs":[]}]})"),
        withInput("{}"), withInput(R"({"name":"x","type":"f33","dims":[]})"),
        withInput(R"({"name":"x","type":"f32","dims":[null]})"),
        withInput(R"({"name":"x","type":"f32","dims":[-1]})")}) {
    auto entries = parseSignature(json, "m.so");
    ASSERT_FALSE(bool(entries)) << json;
    Failure failure = takeFailure(entries.takeError());
    EXPECT_EQ(failure.exitCode, int(ErrorKind::BadModel));
    EXPECT_NE(failure.message.find("inside 'm.so'"), std::string::npos);
  }
}
