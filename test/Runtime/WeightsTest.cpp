//===- WeightsTest.cpp - tests of the weights file -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Missing, cut, changed and foreign weights files are refused with a text that
// names the file.

#include "FakeModel.h"
#include "gtest/gtest.h"

using namespace quantc::test;

namespace {
struct Weights : testing::Test {
  /// Expects that a file of these bytes is refused, with `text` in the error.
  void refused(const std::string &bytes, const std::string &text,
               qc_options options = {}) {
    std::string path = folder.write("bad.weights", bytes);
    qc_model *model = nullptr;
    EXPECT_EQ(qc_model_create(path.c_str(), &options, &model), QC_BAD_WEIGHTS);
    EXPECT_EQ(model, nullptr);
    std::string error = qc_create_error();
    EXPECT_NE(error.find(path), std::string::npos) << error;
    EXPECT_NE(error.find(text), std::string::npos) << error;
  }

  Folder folder;
  std::string good = fakeWeights();
};
} // namespace

TEST_F(Weights, BesideTheProgram) {
  std::string program = std::filesystem::read_symlink("/proc/self/exe");
  std::string beside =
      std::filesystem::path(program).parent_path() / "fake.weights";
  std::filesystem::remove(beside);
  qc_model *model = nullptr;
  EXPECT_EQ(qc_model_create(nullptr, nullptr, &model), QC_BAD_WEIGHTS);
  EXPECT_NE(std::string(qc_create_error()).find("No such file"),
            std::string::npos);
  std::ofstream(beside, std::ios::binary) << good;
  EXPECT_EQ(qc_model_create(nullptr, nullptr, &model), QC_OK)
      << qc_create_error();
  EXPECT_STREQ(qc_create_error(), "");
  qc_model_destroy(model);
  std::filesystem::remove(beside);
}

TEST_F(Weights, InMemory) {
  alignas(64) char bytes[4096];
  ASSERT_LE(good.size(), sizeof bytes);
  memcpy(bytes, good.data(), good.size());
  qc_model *model = nullptr;
  EXPECT_EQ(qc_model_create_in_memory(bytes, good.size(), nullptr, &model),
            QC_OK)
      << qc_create_error();
  qc_model_destroy(model); // leaves the caller's memory alone
  bytes[good.size() - 1] ^= 1;
  EXPECT_EQ(qc_model_create_in_memory(bytes, good.size(), nullptr, &model),
            QC_BAD_WEIGHTS);
  EXPECT_NE(std::string(qc_create_error())
                .find("the checksum of weights file "
                      "'(in memory)' is wrong"),
            std::string::npos)
      << qc_create_error();
  EXPECT_EQ(model, nullptr);
  qc_options unchecked = {.num_threads = 0, .skip_checksum = 1};
  EXPECT_EQ(qc_model_create_in_memory(bytes, good.size(), &unchecked, &model),
            QC_OK);
  qc_model_destroy(model);
  for (size_t count : {size_t(0), size_t(7), good.size() - 1})
    EXPECT_EQ(qc_model_create_in_memory(bytes, count, &unchecked, &model),
              QC_BAD_WEIGHTS)
        << count;
  EXPECT_EQ(qc_model_create_in_memory(nullptr, 64, nullptr, &model),
            QC_BAD_WEIGHTS);
}

TEST_F(Weights, NoPlaceForTheModel) {
  EXPECT_EQ(qc_model_create(nullptr, nullptr, nullptr), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_create_error(), "the place for the model is NULL");
}

TEST_F(Weights, Folder) {
  qc_model *model = nullptr;
  EXPECT_EQ(qc_model_create(folder.path.c_str(), nullptr, &model),
            QC_BAD_WEIGHTS);
}

TEST_F(Weights, CutAnywhere) {
  for (size_t size = 0; size < good.size(); size += 5)
    refused(good.substr(0, size), size < 8    ? "8 bytes or more"
                                  : size < 64 ? "it is damaged"
                                              : "the model expects 64");
}

TEST_F(Weights, TooLong) {
  refused(good + "x", "holds 65 bytes, the model expects 64");
}

TEST_F(Weights, HugeHeader) {
  std::string bad = good;
  for (int i = 0; i < 8; ++i)
    bad[i] = '\xff';
  refused(bad, "it is damaged");
}

TEST_F(Weights, DataOffAlignment) {
  std::string bad = good;
  bad[0] = 55;
  refused(bad, "starts at byte 63, expected a multiple of 64");
}

TEST_F(Weights, EveryChangedByteIsFound) {
  for (size_t i = 64; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 0x10;
    refused(bad, "the checksum of weights file");
  }
}

TEST_F(Weights, ChecksumSkipped) {
  std::string changed = good;
  changed[70] ^= 1;
  std::string path = folder.write("changed.weights", changed);
  qc_options options = {0, 1};
  qc_model *model = nullptr;
  EXPECT_EQ(qc_model_create(path.c_str(), &options, &model), QC_OK);
  qc_model_destroy(model);
  refused(good.substr(0, 100), "the model expects 64", options);
}
