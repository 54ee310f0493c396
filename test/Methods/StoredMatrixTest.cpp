//===- StoredMatrixTest.cpp - tests of kept matrices ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A matrix comes back as it was, and only where it is asked for.

#include "quantc/Methods/StoredMatrix.h"
#include "Support/TempFolder.h"
#include "quantc/Methods/Method.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace quantc;
using quantc::test::TempFolder;

TEST(StoredMatrix, RoundTripsAndKnowsOthers) {
  TempFolder folder;
  std::vector<float> weights(5 * 40);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = std::sin(float(i));
  for (bool symmetric : {false, true})
    for (int64_t group : {0, 16}) {
      GroupScheme scheme;
      scheme.symmetric = symmetric;
      scheme.groupSize = group;
      auto matrix = llvm::cantFail(
          lookupMethod("mse")->quantize({weights, 5, 40}, scheme));
      matrix.groupsKeptAtRtn = 3;
      llvm::cantFail(
          writeRecord(folder.path("m"), StoredMatrix(matrix).tensors()));
      auto record = llvm::cantFail(openRecord(folder.path("m")));
      auto again = readStoredMatrix(record, 5, 40, scheme);
      ASSERT_TRUE(again);
      EXPECT_EQ(again->codes, matrix.codes);
      EXPECT_EQ(again->scales, matrix.scales);
      EXPECT_EQ(again->zeroPoints, matrix.zeroPoints);
      EXPECT_EQ(again->groupsKeptAtRtn, 3);
      EXPECT_EQ(again->reconstruct(), matrix.reconstruct());
      EXPECT_FALSE(readStoredMatrix(record, 40, 5, scheme));
      GroupScheme other = scheme;
      other.bits = 3;
      EXPECT_FALSE(readStoredMatrix(record, 5, 40, other));
      other = scheme;
      other.symmetric = !symmetric;
      EXPECT_FALSE(readStoredMatrix(record, 5, 40, other));
      other = scheme;
      other.groupSize = 8;
      EXPECT_FALSE(readStoredMatrix(record, 5, 40, other));
    }
}

TEST(StoredMatrix, RealZeroPoints) {
  TempFolder folder;
  std::vector<float> weights(5 * 40);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = std::sin(float(i));
  GroupScheme scheme{.symmetric = false, .groupSize = 16, .realZeros = true};
  auto matrix =
      llvm::cantFail(lookupMethod("hqq")->quantize({weights, 5, 40}, scheme));
  ASSERT_EQ(matrix.realZeros.size(), 15u);
  llvm::cantFail(writeRecord(folder.path("m"), StoredMatrix(matrix).tensors()));
  auto record = llvm::cantFail(openRecord(folder.path("m")));
  auto again = readStoredMatrix(record, 5, 40, scheme);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->realZeros, matrix.realZeros);
  EXPECT_EQ(again->reconstruct(), matrix.reconstruct());
  GroupScheme other = scheme;
  other.realZeros = false;
  EXPECT_FALSE(readStoredMatrix(record, 5, 40, other));
}

TEST(StoredMatrix, OtherCodesAndScales) {
  TempFolder folder;
  std::vector<float> weights(5 * 40);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = std::sin(float(i));
  GroupScheme scheme;
  scheme.steps = lookupCodeSteps("e2m1");
  scheme.groupSize = 16;
  scheme.scaleType = ScaleType::E4M3;
  auto matrix =
      llvm::cantFail(lookupMethod("rtn")->quantize({weights, 5, 40}, scheme));
  llvm::cantFail(writeRecord(folder.path("m"), StoredMatrix(matrix).tensors()));
  auto record = llvm::cantFail(openRecord(folder.path("m")));
  auto again = readStoredMatrix(record, 5, 40, scheme);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->reconstruct(), matrix.reconstruct());
  EXPECT_EQ(again->scaleUnit, matrix.scaleUnit);
  EXPECT_EQ(again->storedCodes(), matrix.storedCodes());
  EXPECT_EQ(again->storedScales(), matrix.storedScales());
  GroupScheme other = scheme;
  other.scaleType = ScaleType::E8M0;
  EXPECT_FALSE(readStoredMatrix(record, 5, 40, other));
  other = scheme;
  other.steps = nullptr;
  EXPECT_FALSE(readStoredMatrix(record, 5, 40, other));
}

TEST(StoredMatrix, BranchesToo) {
  TempFolder folder;
  std::vector<float> weights(3 * 5), zeros(3 * 5);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = std::sin(float(i));
  LowRankBranch branch = llvm::cantFail(fitLowRank({weights, 3, 5}, zeros, 2));
  llvm::cantFail(writeRecord(folder.path("b"), StoredBranch(branch).tensors()));
  auto record = llvm::cantFail(openRecord(folder.path("b")));
  auto again = readStoredBranch(record, 2, 3, 5);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->down, branch.down);
  EXPECT_EQ(again->up, branch.up);
  EXPECT_EQ(again->gains, branch.gains);
  EXPECT_EQ(again->rows, 3);
  EXPECT_FALSE(readStoredBranch(record, 1, 3, 5));
  EXPECT_FALSE(readStoredBranch(record, 2, 5, 3));
  GroupScheme scheme;
  EXPECT_FALSE(readStoredMatrix(record, 3, 5, scheme));
}

TEST(StoredMatrix, RoundTripsSigns) {
  TempFolder folder;
  std::vector<float> weights(5 * 42);
  for (size_t i = 0; i < weights.size(); ++i)
    weights[i] = std::sin(float(i)) + 0.1f;
  const std::pair<const char *, BinaryScheme> cases[] = {
      {"arb", {.groupSize = 32, .hasZeroPoints = true}},
      {"arb_rc", {}},
      {"btc", {.codebookDim = 7, .codebookSize = 16}}};
  for (const auto &[method, scheme] : cases) {
    auto matrix = llvm::cantFail(
        lookupMethod(method)->binarize({weights, 5, 42}, scheme));
    matrix.groupsKeptAtRtn = 3;
    llvm::cantFail(
        writeRecord(folder.path("m"), StoredMatrix(matrix).tensors()));
    auto record = llvm::cantFail(openRecord(folder.path("m")));
    auto again = readStoredMatrix(record, 5, 42, scheme);
    ASSERT_TRUE(again) << method;
    EXPECT_EQ(again->signs, matrix.signs);
    EXPECT_EQ(again->indices, matrix.indices);
    EXPECT_EQ(again->codebook, matrix.codebook);
    EXPECT_EQ(again->columnScales, matrix.columnScales);
    EXPECT_EQ(again->groupsKeptAtRtn, 3);
    EXPECT_EQ(again->reconstruct(), matrix.reconstruct());
    EXPECT_FALSE(readStoredMatrix(record, 42, 5, scheme));
    BinaryScheme other = scheme;
    other.hasZeroPoints = !scheme.hasZeroPoints;
    EXPECT_FALSE(readStoredMatrix(record, 5, 42, other));
    other = scheme;
    other.groupSize = 14;
    EXPECT_FALSE(readStoredMatrix(record, 5, 42, other));
    EXPECT_FALSE(readStoredMatrix(record, 5, 42, GroupScheme()));
  }
}
