//===- StatisticsFolderTest.cpp - tests of kept statistics ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Records of one fingerprint, what becomes of those of another, and folders
// that cannot be used.

#include "quantc/Calibrate/StatisticsFolder.h"
#include "Support/TempFolder.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

using namespace quantc;
using llvm::StringRef;
using quantc::test::TempFolder;

namespace {
class StatisticsFolderTest : public testing::Test {
protected:
  std::unique_ptr<StatisticsFolder> open(StringRef name = "statistics") {
    auto opened = StatisticsFolder::open(folder.path(name), progress);
    return opened ? std::move(*opened) : nullptr;
  }
  static Fingerprint fingerprint(StringRef model, StringRef samples) {
    Fingerprint result;
    result.add("model", model);
    result.add("samples", samples);
    return result;
  }
  /// The set of the kind "ranges".
  static StatisticsSet begin(StatisticsFolder &statistics,
                             const Fingerprint &fingerprint) {
    return llvm::cantFail(statistics.begin("ranges", fingerprint));
  }
  static void store(const StatisticsSet &set, StringRef name) {
    std::vector<float> numbers = {1, 2.5f};
    llvm::cantFail(set.store(name, {{"x", "F32", {2}, bytesOf(numbers)}}));
  }

  TempFolder folder;
  std::string said;
  llvm::raw_string_ostream os{said};
  ProgressReporter progress{os, /*isTerminal=*/false, Verbosity::Normal};
};
} // namespace

TEST_F(StatisticsFolderTest, KeepsRecords) {
  {
    auto statistics = open();
    ASSERT_TRUE(statistics);
    StatisticsSet set = begin(*statistics, fingerprint("m", "s"));
    EXPECT_FALSE(set.find("layer-0000"));
    store(set, "layer-0000");
  }
  auto statistics = open();
  ASSERT_TRUE(statistics);
  StatisticsSet set = begin(*statistics, fingerprint("m", "s"));
  auto record = set.find("layer-0000");
  ASSERT_TRUE(record);
  EXPECT_EQ(readTensor<float>(*record, "x", "F32", 1),
            (std::vector<float>{1, 2.5f}));
  EXPECT_FALSE(readTensor<float>(*record, "x", "F32", 2));
  EXPECT_FALSE(readTensor<float>(*record, "y", "F32", 1));
  EXPECT_EQ(said, "");
  set.noteFound(0, 2, "layers");
  EXPECT_EQ(said, "");
  set.noteFound(1, 2, "layers");
  EXPECT_NE(said.find("1 of 2 layers are taken from '"), std::string::npos);
}

TEST_F(StatisticsFolderTest, SaysWhatDiffers) {
  auto statistics = open();
  ASSERT_TRUE(statistics);
  StatisticsSet first = begin(*statistics, fingerprint("m", "s"));
  store(first, "a");
  StatisticsSet second = begin(*statistics, fingerprint("m", "t"));
  EXPECT_NE(said.find("differ in samples: they are gathered anew"),
            std::string::npos)
      << said;
  EXPECT_FALSE(second.find("a"));
  EXPECT_FALSE(llvm::sys::fs::exists(first.pathOf("a")));
}

TEST_F(StatisticsFolderTest, KindsAreApart) {
  auto statistics = open();
  ASSERT_TRUE(statistics);
  store(begin(*statistics, fingerprint("m", "s")), "a");
  auto codes = statistics->begin("codes", fingerprint("n", "s"));
  ASSERT_TRUE(bool(codes));
  EXPECT_FALSE(codes->find("a"));
  EXPECT_TRUE(begin(*statistics, fingerprint("m", "s")).find("a"));
  EXPECT_EQ(said, "");
}

/// A process that was killed between two writes can leave any mixture.
TEST_F(StatisticsFolderTest, RecordsOfOthersDoNotCount) {
  auto statistics = open();
  ASSERT_TRUE(statistics);
  StatisticsSet first = begin(*statistics, fingerprint("m", "s"));
  store(first, "a");
  ASSERT_FALSE(llvm::sys::fs::copy_file(first.pathOf("a"), folder.path("b")));
  StatisticsSet second = begin(*statistics, fingerprint("m", "t"));
  ASSERT_FALSE(llvm::sys::fs::copy_file(folder.path("b"), second.pathOf("a")));
  EXPECT_FALSE(second.find("a"));
}

TEST_F(StatisticsFolderTest, LeftoversAreRemoved) {
  ASSERT_TRUE(open());
  llvm::sys::fs::create_directories(folder.path("statistics/ranges"));
  std::string unfinished = folder.write("statistics/ranges/a.123.tmp", "half");
  auto statistics = open();
  ASSERT_TRUE(statistics);
  begin(*statistics, fingerprint("m", "s"));
  EXPECT_FALSE(llvm::sys::fs::exists(unfinished));
}

TEST_F(StatisticsFolderTest, FoldersThatCannotBe) {
  std::string file = folder.write("file", "no folder");
  auto opened = StatisticsFolder::open(file, progress);
  ASSERT_FALSE(opened);
  Failure failure = takeFailure(opened.takeError());
  EXPECT_EQ(failure.exitCode, int(ErrorKind::IO));
  EXPECT_NE(failure.message.find("cannot keep statistics in '"),
            std::string::npos);
}

TEST(Fingerprint, PartsAddUp) {
  Fingerprint a, b;
  a.add("weights", "12");
  a.add("weights", "3");
  b.add("weights", "1");
  b.add("weights", "23");
  EXPECT_NE(a.digest(), b.digest());
  EXPECT_EQ(a.differences(b.toJson()), std::vector<std::string>{"weights"});
  EXPECT_TRUE(a.differences(a.toJson()).empty());
  EXPECT_EQ(a.differences("nothing of the kind").size(), 1u);
  EXPECT_EQ(a.differences("{}").size(), 1u);
}
