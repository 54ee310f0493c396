//===- ProgressTest.cpp - tests of progress output --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What appears on terminals and in logs at every level.

#include "quantc/Support/Progress.h"
#include "gtest/gtest.h"

using namespace quantc;

/// Everything that a step of ten units writes.
static std::string outputOf(bool terminal, Verbosity level) {
  std::string text;
  llvm::raw_string_ostream os(text);
  ProgressReporter progress(os, terminal, level);
  progress.begin("Packing", 10);
  for (int i = 0; i < 5; ++i)
    progress.step(2);
  progress.note("a note");
  progress.detail("a detail");
  progress.warning("careful");
  progress.end();
  return text;
}

static size_t count(llvm::StringRef text, llvm::StringRef part) {
  return text.count(part);
}

TEST(Progress, QuietShowsOnlyWarnings) {
  EXPECT_EQ(outputOf(false, Verbosity::Quiet), "warning: careful\n");
  EXPECT_EQ(outputOf(true, Verbosity::Quiet), "warning: careful\n");
}

TEST(Progress, LogHasPlainLines) {
  std::string text = outputOf(false, Verbosity::Normal);
  EXPECT_TRUE(llvm::StringRef(text).starts_with(
      "Packing ...\na note\nwarning: careful\nPacking: done in "))
      << text;
  EXPECT_EQ(count(text, "\n"), 4u) << text;
  EXPECT_EQ(count(text, "\r"), 0u) << text;
}

TEST(Progress, VerboseLogCountsAndShowsDetails) {
  std::string text = outputOf(false, Verbosity::Verbose);
  EXPECT_NE(text.find("Packing: 20 %\nPacking: 40 %\nPacking: 60 %\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("a detail\n"), std::string::npos);
}

TEST(Progress, TerminalDrawsABarAndRemovesIt) {
  std::string text = outputOf(true, Verbosity::Normal);
  EXPECT_NE(text.find("Packing [" + std::string(30, ' ') + "] 0/10"),
            std::string::npos)
      << text;
  // The bar is cleared before any line and drawn again after it.
  EXPECT_NE(text.find("\r\x1b[Ka note\nPacking ["), std::string::npos) << text;
  EXPECT_NE(text.find("\r\x1b[KPacking: done in "), std::string::npos) << text;
}

TEST(Progress, UnknownTotalAndTooManySteps) {
  std::string text;
  llvm::raw_string_ostream os(text);
  ProgressReporter progress(os, /*isTerminal=*/true, Verbosity::Normal);
  progress.begin("Reading", 0);
  progress.step();
  progress.note("n");
  EXPECT_NE(text.find("Reading ... 1"), std::string::npos) << text;
  progress.begin("Short", 1);
  progress.step(5);
  progress.note("n");
  EXPECT_NE(text.find("[" + std::string(30, '=') + "] 1/1"), std::string::npos)
      << text;
  // begin() ended the first step.
  EXPECT_EQ(count(text, "Reading: done in"), 1u);
}

TEST(Progress, DestructorEndsTheStep) {
  std::string text;
  llvm::raw_string_ostream os(text);
  {
    ProgressReporter progress(os, /*isTerminal=*/false, Verbosity::Normal);
    progress.begin("Step", 1);
  }
  EXPECT_EQ(count(text, "Step: done in"), 1u) << text;
}
