//===- ErrorsTest.cpp - tests of errors and suggestions ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Exit codes, joined messages and "did you mean".

#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "gtest/gtest.h"

using namespace quantc;

TEST(Errors, ExitCodesAreTheDocumentedOnes) {
  EXPECT_EQ(exitCodeOf(llvm::Error::success()), 0);
  EXPECT_EQ(exitCodeOf(makeError(ErrorKind::Usage, "x")), 1);
  EXPECT_EQ(exitCodeOf(makeError(ErrorKind::Unsupported, "x")), 2);
  EXPECT_EQ(exitCodeOf(makeError(ErrorKind::BadModel, "x")), 3);
  EXPECT_EQ(exitCodeOf(makeError(ErrorKind::IO, "x")), 4);
  EXPECT_EQ(exitCodeOf(makeError(ErrorKind::Internal, "x")), 5);
}

TEST(Errors, MessageIsFormatted) {
  Failure failure = takeFailure(
      makeError(ErrorKind::Usage, "node '{0}' has {1} inputs", "n1", 3));
  EXPECT_EQ(failure.message, "node 'n1' has 3 inputs");
}

TEST(Errors, MessageWithoutArgumentsKeepsBraces) {
  EXPECT_EQ(takeFailure(makeError(ErrorKind::Usage, "a {0} b")).message,
            "a {0} b");
}

TEST(Errors, JoinedErrorsKeepAllMessagesAndTheFirstCode) {
  Failure failure =
      takeFailure(llvm::joinErrors(makeError(ErrorKind::IO, "first"),
                                   makeError(ErrorKind::Usage, "second")));
  EXPECT_EQ(failure.exitCode, 4);
  EXPECT_EQ(failure.message, "first\nsecond");
}

TEST(Errors, ForeignErrorsAreInternal) {
  Failure failure = takeFailure(
      llvm::createStringError(llvm::inconvertibleErrorCode(), "foreign"));
  EXPECT_EQ(failure.exitCode, 5);
  EXPECT_EQ(failure.message, "foreign");
}

TEST(NearestNames, NearestComesFirst) {
  auto names = nearestNames("w4a15", {"w8a8", "w4a8", "w4a16", "ternary"});
  ASSERT_FALSE(names.empty());
  EXPECT_EQ(names.front(), "w4a16");
}

TEST(NearestNames, EqualDistanceKeepsTheGivenOrder) {
  auto names = nearestNames("int5", {"int8", "int4", "fp32"});
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0], "int8");
  EXPECT_EQ(names[1], "int4");
}

TEST(NearestNames, SwappedLettersCountButNotHalfOfAName) {
  EXPECT_EQ(nearestNames("itn4", {"int4"}).size(), 1u);
  EXPECT_TRUE(nearestNames("abc", {"xyc"}).empty());
  EXPECT_TRUE(nearestNames("a", {"b"}).empty());
}

TEST(NearestNames, CaseDoesNotCountAndRepeatsAreDropped) {
  auto names = nearestNames("MATMUL", {"matmul", "matmul"});
  ASSERT_EQ(names.size(), 1u);
  EXPECT_EQ(names[0], "matmul");
}

TEST(NearestNames, PartsOfNamesAreFound) {
  auto names = nearestNames("proj", {"/layers.0/self_attn/q_proj/MatMul"});
  EXPECT_EQ(names.size(), 1u);
  EXPECT_TRUE(nearestNames("q", {"/layers.0/q_proj"}).empty());
}

TEST(NearestNames, AtMostTheAskedNumber) {
  EXPECT_EQ(nearestNames("ab1", {"ab2", "ab3", "ab4"}, 2).size(), 2u);
}

TEST(NearestNames, SentenceEnding) {
  EXPECT_EQ(didYouMean("rtm", {"rtn"}), "; did you mean 'rtn'?");
  EXPECT_EQ(didYouMean("ab0", {"ab1", "ab2", "ab3"}),
            "; did you mean 'ab1', 'ab2' or 'ab3'?");
  EXPECT_EQ(didYouMean("completely", {"other"}), "");
  EXPECT_EQ(didYouMean("x", {}), "");
}
