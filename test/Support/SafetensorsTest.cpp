//===- SafetensorsTest.cpp - tests of safetensors and checksum --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Byte-for-byte examples, round trips, and damaged files.

#include "quantc/Support/Safetensors.h"
#include "TempFolder.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/Endian.h"

using namespace quantc;
using quantc::test::TempFolder;

static llvm::ArrayRef<uint8_t> bytesOf(llvm::StringRef text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

static uint64_t checksumOf(llvm::StringRef text) {
  WordChecksum sum;
  sum.update(bytesOf(text));
  return sum.value();
}

TEST(WordChecksum, Examples) {
  EXPECT_EQ(checksumOf(""), 0xcbf29ce484222325u);
  // One word: (offset basis xor word) * prime modulo 2^64.
  EXPECT_EQ(checksumOf(llvm::StringRef("\1\0\0\0\0\0\0\0", 8)),
            (0xcbf29ce484222325u ^ 1u) * 0x100000001b3u);
  EXPECT_EQ(checksumOf("abcdefgh"),
            (0xcbf29ce484222325u ^ 0x6867666564636261u) * 0x100000001b3u);
}

TEST(WordChecksum, PartialWordIsFilledWithZeros) {
  EXPECT_EQ(checksumOf("abc"), checksumOf(llvm::StringRef("abc\0\0\0\0\0", 8)));
  EXPECT_NE(checksumOf("abc"), checksumOf("abd"));
}

TEST(WordChecksum, PiecesDoNotMatter) {
  std::string text = "The quick brown fox jumps over the lazy dog";
  uint64_t whole = checksumOf(text);
  for (size_t a = 0; a <= text.size(); ++a)
    for (size_t b = a; b <= text.size(); ++b) {
      WordChecksum sum;
      sum.update(bytesOf(text).slice(0, a));
      sum.update(bytesOf(text).slice(a, b - a));
      sum.update(bytesOf(text).drop_front(b));
      ASSERT_EQ(sum.value(), whole) << a << ' ' << b;
    }
}

/// A layout with a 3-byte tensor "a" and a [2] F32 tensor "b".
static SafetensorsLayout smallLayout() {
  SafetensorsLayout layout;
  EXPECT_EQ(*layout.add("a", "U8", {3}), 0u);
  EXPECT_EQ(*layout.add("b", "F32", {2}), 64u);
  return layout;
}

TEST(SafetensorsLayout, HeaderByteForByte) {
  SafetensorsLayout layout = smallLayout();
  layout.addMetadata("k", "v");
  EXPECT_EQ(layout.dataBytes(), 128u);
  std::string expected =
      R"({"__metadata__":{"k":"v"},)"
      R"("a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
      R"("__padding.0":{"dtype":"U8","shape":[61],"data_offsets":[3,64]},)"
      R"("b":{"dtype":"F32","shape":[2],"data_offsets":[64,72]},)"
      R"("__padding.1":{"dtype":"U8","shape":[56],"data_offsets":[72,128]}})";
  std::string header = layout.header();
  EXPECT_EQ(header.size() % 64, 0u);
  EXPECT_EQ(llvm::support::endian::read64le(header.data()), header.size() - 8);
  EXPECT_EQ(llvm::StringRef(header).drop_front(8).rtrim(' '), expected);
}

TEST(SafetensorsLayout, WrongTensorsAreErrors) {
  SafetensorsLayout layout = smallLayout();
  EXPECT_EQ(exitCodeOf(layout.add("a", "U8", {3}).takeError()), 5);
  EXPECT_EQ(exitCodeOf(layout.add("c", "X9", {3}).takeError()), 5);
  EXPECT_EQ(exitCodeOf(layout.add("c", "F4", {3}).takeError()), 5);
  EXPECT_EQ(exitCodeOf(layout.add("c", "U8", {-1}).takeError()), 5);
  EXPECT_EQ(
      exitCodeOf(layout.add("c", "F32", {INT64_MAX, INT64_MAX}).takeError()),
      5);
  EXPECT_EQ(exitCodeOf(layout.add("__padding.7", "U8", {1}).takeError()), 5);
  EXPECT_EQ(exitCodeOf(layout.add("__metadata__", "U8", {1}).takeError()), 5);
  EXPECT_EQ(layout.entries().size(), 2u);
  EXPECT_EQ(*layout.add("c", "F4", {2, 3}), 128u);
}

TEST(SafetensorsWriter, RoundTripInPieces) {
  TempFolder folder;
  std::string path = folder.path("w");
  SafetensorsLayout layout = smallLayout();
  layout.addMetadata("format", "test");
  auto writer = SafetensorsWriter::create(path, layout);
  ASSERT_TRUE(bool(writer));
  EXPECT_EQ(exitCodeOf(writer->append("a", bytesOf("x"))), 0);
  EXPECT_EQ(exitCodeOf(writer->append("a", bytesOf("yz"))), 0);
  EXPECT_EQ(exitCodeOf(writer->append("b", bytesOf("01234567"))), 0);
  EXPECT_EQ(exitCodeOf(writer->commit()), 0);

  auto file = SafetensorsFile::open(path);
  ASSERT_TRUE(bool(file)) << takeFailure(file.takeError()).message;
  ASSERT_NE(file->find("b"), nullptr);
  EXPECT_EQ(file->bytes(*file->find("b")), bytesOf("01234567"));
  EXPECT_EQ(file->bytes(*file->find("a")), bytesOf("xyz"));
  EXPECT_EQ(file->find("c"), nullptr);
  EXPECT_EQ(file->entries().size(), 4u);
  EXPECT_TRUE(isSafetensorsPadding(file->entries()[1]));
  EXPECT_EQ(file->data().size(), 128u);
  EXPECT_EQ((TempFolder::read(path).size() - 128) % 64, 0u);
  ASSERT_EQ(file->metadata().size(), 1u);
  EXPECT_EQ(file->metadata()[0].second, "test");
  WordChecksum sum;
  sum.update(file->data());
  EXPECT_EQ(writer->checksum(), sum.value());
}

TEST(SafetensorsWriter, EmptyTensorsNeedNoBytes) {
  TempFolder folder;
  SafetensorsLayout layout;
  ASSERT_TRUE(bool(layout.add("e0", "F32", {0})));
  ASSERT_TRUE(bool(layout.add("a", "U8", {1})));
  ASSERT_TRUE(bool(layout.add("e1", "F32", {4, 0})));
  auto writer = SafetensorsWriter::create(folder.path("w"), layout);
  ASSERT_TRUE(bool(writer));
  EXPECT_EQ(exitCodeOf(writer->append("a", bytesOf("x"))), 0);
  EXPECT_EQ(exitCodeOf(writer->commit()), 0);
  auto file = SafetensorsFile::open(folder.path("w"));
  ASSERT_TRUE(bool(file)) << takeFailure(file.takeError()).message;
  EXPECT_EQ(file->find("e1")->byteSize(), 0u);
}

TEST(SafetensorsWriter, MisuseIsAnErrorAndLeavesNoFile) {
  TempFolder folder;
  {
    auto writer = SafetensorsWriter::create(folder.path("w"), smallLayout());
    ASSERT_TRUE(bool(writer));
    EXPECT_EQ(exitCodeOf(writer->append("b", bytesOf("0"))), 5);
    EXPECT_EQ(exitCodeOf(writer->append("a", bytesOf("0123"))), 5);
    EXPECT_EQ(exitCodeOf(writer->append("a", bytesOf("012"))), 0);
    EXPECT_EQ(exitCodeOf(writer->commit()), 5);
  }
  EXPECT_EQ(folder.fileCount(), 0);
}

/// Opens a file with that header and that many bytes of data; returns the
/// failure.
static Failure failureOf(llvm::StringRef json, size_t dataBytes) {
  TempFolder folder;
  char length[8];
  llvm::support::endian::write64le(length, json.size());
  std::string content =
      std::string(length, 8) + json.str() + std::string(dataBytes, '\0');
  auto file = SafetensorsFile::open(folder.write("damaged", content));
  return file ? Failure() : takeFailure(file.takeError());
}

TEST(SafetensorsFile, ReadsAMinimalFile) {
  EXPECT_EQ(
      failureOf(R"({"t":{"dtype":"I8","shape":[],"data_offsets":[0,1]}})", 1)
          .message,
      "");
  EXPECT_EQ(failureOf("{}", 0).message, "");
}

TEST(SafetensorsFile, DamagedHeadersAreErrorsThatSayWhy) {
  struct Case {
    const char *json;
    size_t dataBytes;
    const char *part;
  } cases[] = {
      {"", 0, "not JSON"},
      {"[]", 0, "not a JSON object"},
      {"{\"a\":[[[[1]]]]}", 0, "deeper"},
      {"{\"a\":1}", 0, "not described by an object"},
      {"{\"__metadata__\":1}", 0, "not an object"},
      {"{\"__metadata__\":{\"k\":1}}", 0, "not a string"},
      {R"({"a":{"dtype":"U8","shape":[1]}})", 1, "exactly"},
      {R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1,
       "whole number"},
      {R"({"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}})", 1,
       "whole number"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1,
       "two whole numbers"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1,
       "two whole numbers"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}})", 1,
       "two whole numbers"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 1,
       "which has 1 bytes"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 2,
       "which has 2 bytes"},
      {R"({"a":{"dtype":"Q8","shape":[1],"data_offsets":[0,1]}})", 1,
       "unknown dtype 'Q8'"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,3]}})", 3,
       "need 4"},
      {R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", 1,
       "whole bytes"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],)"
       R"("data_offsets":[0,0]}})",
       0, "overflows"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2,
       "begins at byte 1"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
       R"("b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
       2, "begins at byte 1"},
  };
  for (const Case &c : cases) {
    Failure failure = failureOf(c.json, c.dataBytes);
    EXPECT_EQ(failure.exitCode, 3) << c.json;
    EXPECT_NE(failure.message.find(c.part), std::string::npos)
        << c.json << "\n"
        << failure.message;
    EXPECT_NE(
        failure.message.find("damaged' is not a correct safetensors file: "),
        std::string::npos);
  }
}

TEST(SafetensorsFile, HeadersThatWouldBeTooLargeAreNotRead) {
  TempFolder folder;
  auto file = SafetensorsFile::open(folder.write("large", std::string(8, 'x')));
  ASSERT_FALSE(bool(file));
  Failure failure = takeFailure(file.takeError());
  EXPECT_EQ(failure.exitCode, 3);
  EXPECT_NE(failure.message.find("its header would have 8680820740569200760"),
            std::string::npos)
      << failure.message;
}

TEST(SafetensorsFile, DeepNestingDoesNotOverflowTheStack) {
  EXPECT_EQ(failureOf(std::string(2'000'000, '['), 0).exitCode, 3);
}

TEST(SafetensorsFile, BracketsInsideStringsAreNoNesting) {
  EXPECT_EQ(failureOf(R"({"__metadata__":{"k":"[[[[{{{{\"[[["}})", 0).message,
            "");
}

TEST(SafetensorsFile, TruncatedAndGiantHeaders) {
  TempFolder folder;
  auto codeOf = [&](llvm::StringRef content) {
    return exitCodeOf(
        SafetensorsFile::open(folder.write("f", content)).takeError());
  };
  EXPECT_EQ(codeOf("1234567"), 3);
  EXPECT_EQ(codeOf(llvm::StringRef("\x10\0\0\0\0\0\0\0{}", 10)), 3);
  EXPECT_EQ(codeOf(llvm::StringRef("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10)),
            3);
  EXPECT_EQ(exitCodeOf(SafetensorsFile::open(folder.path("none")).takeError()),
            4);
}

// Any byte of a correct file may be changed: reading ends in a file or in an
// error, and what is reported to be there is inside the file.
TEST(SafetensorsFile, EveryChangedByteIsHandled) {
  TempFolder folder;
  std::string path = folder.path("w");
  auto writer = SafetensorsWriter::create(path, smallLayout());
  ASSERT_TRUE(bool(writer));
  ASSERT_EQ(exitCodeOf(writer->append("a", bytesOf("xyz"))), 0);
  ASSERT_EQ(exitCodeOf(writer->append("b", bytesOf("01234567"))), 0);
  ASSERT_EQ(exitCodeOf(writer->commit()), 0);
  const std::string correct = TempFolder::read(path);
  for (size_t i = 0; i < correct.size() - 128; ++i)
    for (char change : {'\x01', '\x10', '\x80', '\xff'}) {
      std::string damaged = correct;
      damaged[i] = char(damaged[i] ^ change);
      auto file = SafetensorsFile::open(folder.write("d", damaged));
      if (!file) {
        EXPECT_EQ(exitCodeOf(file.takeError()), 3);
        continue;
      }
      for (const SafetensorsEntry &entry : file->entries())
        EXPECT_EQ(file->bytes(entry).size(), entry.byteSize());
    }
}
