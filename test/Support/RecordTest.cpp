//===- RecordTest.cpp - tests of tensors with a checksum --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Round trips, and damage anywhere in a file.

#include "quantc/Support/Record.h"
#include "TempFolder.h"
#include "quantc/Support/Errors.h"
#include "gtest/gtest.h"

using namespace quantc;
using quantc::test::TempFolder;

TEST(Record, RoundTrip) {
  TempFolder folder;
  std::vector<float> numbers = {1, -2, 3};
  std::vector<int64_t> none;
  llvm::cantFail(writeRecord(folder.path("r"),
                             {{"void", "I64", {0}, bytesOf(none)},
                              {"none", "I64", {0}, bytesOf(none)},
                              {"numbers", "F32", {3, 1}, bytesOf(numbers)}},
                             {{"kind", "test"}}));
  auto record = openRecord(folder.path("r"));
  ASSERT_TRUE(bool(record));
  EXPECT_EQ(readTensor<float>(*record, "numbers", "F32", 2), numbers);
  EXPECT_EQ(readTensor<int64_t>(*record, "none", "I64", 1), none);
  EXPECT_FALSE(readTensor<int32_t>(*record, "numbers", "I32", 2));
  const SafetensorsEntry *entry = record->find("numbers");
  std::string file = TempFolder::read(folder.path("r"));
  float second = 0;
  std::memcpy(&second, &file[record->fileOffset(*entry) + 4], 4);
  EXPECT_EQ(second, -2);
}

TEST(Record, DamageIsSeen) {
  TempFolder folder;
  std::vector<uint8_t> bytes(100, 7);
  llvm::cantFail(
      writeRecord(folder.path("r"), {{"x", "U8", {100}, bytesOf(bytes)}}));
  std::string good = TempFolder::read(folder.path("r"));
  size_t content = good.find(std::string(100, 7));
  ASSERT_NE(content, std::string::npos);
  for (size_t place : {content, content + 50, content + 99}) {
    std::string bad = good;
    bad[place] ^= 1;
    auto record = openRecord(folder.write("bad", bad));
    ASSERT_FALSE(bool(record)) << place;
    Failure failure = takeFailure(record.takeError());
    EXPECT_EQ(failure.exitCode, int(ErrorKind::BadModel));
    EXPECT_NE(failure.message.find("is damaged: its numbers have another"),
              std::string::npos);
  }
}

TEST(Record, DigestsAreFixed) {
  // BLAKE3 of nothing, as its authors publish it, cut to 128 bits.
  EXPECT_EQ(digestOf({}), "af1349b9f5f9a1a6a0404dea36dcc949");
}
