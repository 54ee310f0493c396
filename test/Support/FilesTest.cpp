//===- FilesTest.cpp - tests of mapped and atomic files ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Mapping, slicing, and files that appear whole or not at all.

#include "TempFolder.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/MappedFile.h"
#include "quantc/Support/OutputFile.h"
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace quantc;
using quantc::test::TempFolder;

/// The exit code of `error`, after checking that its message holds `part`.
static int codeWith(llvm::Error error, llvm::StringRef part) {
  Failure failure = takeFailure(std::move(error));
  EXPECT_NE(failure.message.find(part.str()), std::string::npos)
      << failure.message;
  return failure.exitCode;
}

TEST(MappedFile, ShowsAllBytes) {
  TempFolder folder;
  auto file = MappedFile::open(folder.write("a", "hello"));
  ASSERT_TRUE(bool(file));
  EXPECT_EQ((*file)->size(), 5u);
  EXPECT_EQ((*file)->bytes()[4], 'o');
  EXPECT_EQ((*file)->path(), folder.path("a"));
}

TEST(MappedFile, EmptyFileIsAnEmptyView) {
  TempFolder folder;
  auto file = MappedFile::open(folder.write("a", ""));
  ASSERT_TRUE(bool(file));
  EXPECT_TRUE((*file)->bytes().empty());
  auto nothing = (*file)->slice(0, 0);
  ASSERT_TRUE(bool(nothing));
  EXPECT_TRUE(nothing->empty());
}

TEST(MappedFile, SliceInside) {
  TempFolder folder;
  auto file = MappedFile::open(folder.write("a", "hello"));
  ASSERT_TRUE(bool(file));
  auto part = (*file)->slice(1, 4);
  ASSERT_TRUE(bool(part));
  EXPECT_EQ(part->size(), 4u);
  EXPECT_EQ(part->front(), 'e');
  auto atEnd = (*file)->slice(5, 0);
  EXPECT_TRUE(bool(atEnd));
}

TEST(MappedFile, SliceOutsideIsAnErrorThatNamesTheFile) {
  TempFolder folder;
  std::string path = folder.write("short.bin", "hello");
  auto file = MappedFile::open(path);
  ASSERT_TRUE(bool(file));
  EXPECT_EQ(codeWith((*file)->slice(1, 5).takeError(), path), 3);
  EXPECT_EQ(codeWith((*file)->slice(6, 0).takeError(),
                     "were expected, but the file has 5 bytes"),
            3);
  // offset + length overflows to 3.
  EXPECT_EQ(codeWith((*file)->slice(4, UINT64_MAX).takeError(), path), 3);
  EXPECT_EQ(codeWith((*file)->slice(UINT64_MAX, 4).takeError(), path), 3);
}

TEST(MappedFile, WhatIsNotAFileIsAnError) {
  TempFolder folder;
  EXPECT_EQ(codeWith(MappedFile::open(folder.path("none")).takeError(),
                     folder.path("none")),
            4);
  EXPECT_EQ(codeWith(MappedFile::open(folder.path("")).takeError(),
                     "it is a folder, not a file"),
            4);
  std::string pipe = folder.path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(codeWith(MappedFile::open(pipe).takeError(), "regular"), 4);
}

TEST(OutputFile, CommitGivesTheWholeFile) {
  TempFolder folder;
  auto file = OutputFile::create(folder.path("out"));
  ASSERT_TRUE(bool(file));
  file->write("abc");
  file->alignTo(8, 'x');
  EXPECT_EQ(file->position(), 8u);
  file->alignTo(8, 'y');
  file->pad(2, 'z');
  EXPECT_EQ(exitCodeOf(file->commit()), 0);
  EXPECT_EQ(TempFolder::read(folder.path("out")), "abcxxxxxzz");
  EXPECT_EQ(folder.fileCount(), 1);
}

TEST(OutputFile, WithoutCommitNothingRemains) {
  TempFolder folder;
  folder.write("out", "old");
  {
    auto file = OutputFile::create(folder.path("out"));
    ASSERT_TRUE(bool(file));
    file->write("new");
    EXPECT_EQ(folder.fileCount(), 2);
  }
  EXPECT_EQ(TempFolder::read(folder.path("out")), "old");
  EXPECT_EQ(folder.fileCount(), 1);
}

TEST(OutputFile, CommitReplaces) {
  TempFolder folder;
  folder.write("out", "old");
  EXPECT_EQ(exitCodeOf(writeFileAtomically(folder.path("out"), "new")), 0);
  EXPECT_EQ(TempFolder::read(folder.path("out")), "new");
}

TEST(OutputFile, PercentSignsInPathsAreKept) {
  TempFolder folder;
  EXPECT_EQ(exitCodeOf(writeFileAtomically(folder.path("50%%%"), "x")), 0);
  EXPECT_EQ(TempFolder::read(folder.path("50%%%")), "x");
}

TEST(OutputFile, UnwritablePlacesAreErrorsThatNameThePath) {
  TempFolder folder;
  std::string missing = folder.path("none/out");
  EXPECT_EQ(codeWith(writeFileAtomically(missing, "x"), missing), 4);
  EXPECT_EQ(codeWith(writeFileAtomically(folder.path(""), "x"), "folder"), 4);
}

TEST(OutputFile, FailedWriteIsReportedAndNothingRemains) {
  TempFolder folder;
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);

  std::string large(1 << 20, 'x');
  int code = codeWith(writeFileAtomically(folder.path("out"), large),
                      folder.path("out"));
  {
    // Given up while bytes that cannot be written are still buffered.
    auto file = OutputFile::create(folder.path("out"));
    ASSERT_TRUE(bool(file));
    file->write(large);
  }

  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, oldHandler);
  EXPECT_EQ(code, 4);
  EXPECT_EQ(folder.fileCount(), 0);
}
