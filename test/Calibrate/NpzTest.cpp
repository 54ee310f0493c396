//===- NpzTest.cpp - tests of NumPy archives -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Round trips, with NumPy too where it is installed, and damaged archives.

#include "quantc/Calibrate/Npz.h"
#include "Support/TempFolder.h"
#include "quantc/Support/Errors.h"
#include <cstdlib>

using namespace llvm;
using namespace quantc;
using quantc::test::TempFolder;

static NamedArrays twoArrays() {
  NamedArrays arrays;
  arrays.emplace_back("ids", Array::zeros({ElementType::Int, 64}, {2, 3}));
  arrays.emplace_back("x", Array::zeros({ElementType::Float, 32}, {4}));
  for (int i = 0; i < 6; ++i)
    arrays[0].second.as<int64_t>()[i] = i * 1000;
  for (int i = 0; i < 4; ++i)
    arrays[1].second.as<float>()[i] = 0.5f * static_cast<float>(i);
  return arrays;
}

static void expectTwoArrays(const NamedArrays &arrays) {
  ASSERT_EQ(arrays.size(), 2u);
  NamedArrays expected = twoArrays();
  for (int i : {0, 1}) {
    EXPECT_EQ(arrays[i].first, expected[i].first);
    EXPECT_EQ(arrays[i].second.type, expected[i].second.type);
    EXPECT_EQ(arrays[i].second.shape, expected[i].second.shape);
    EXPECT_EQ(arrays[i].second.bytes, expected[i].second.bytes);
  }
}

/// Exit code and message of a file that must be refused.
static std::string refusal(const std::string &path) {
  auto arrays = readArrays(path);
  if (arrays)
    return "(accepted)";
  Failure failure = takeFailure(arrays.takeError());
  return std::to_string(failure.exitCode) + " " + failure.message;
}

/// Runs Python code; false when Python or NumPy is missing.
static bool runNumPy(const std::string &code) {
  std::string command = std::string("'") + QUANTC_PYTHON +
                        "' -c \"import numpy as np\n" + code + "\" 2>/dev/null";
  return *QUANTC_PYTHON && std::system(command.c_str()) == 0;
}
static bool hasNumPy() { return runNumPy(""); }

TEST(Npz, RoundTrip) {
  TempFolder folder;
  std::string path = folder.path("a.npz");
  ASSERT_FALSE(bool(writeNpz(path, twoArrays())));
  auto arrays = readArrays(path);
  ASSERT_TRUE(bool(arrays)) << toString(arrays.takeError());
  expectTwoArrays(*arrays);

  auto file = NpzFile::open(path);
  ASSERT_TRUE(bool(file)) << toString(file.takeError());
  EXPECT_EQ(file->names(), (std::vector<std::string>{"ids", "x"}));
  EXPECT_TRUE(file->contains("x"));
  auto missing = file->read("idx");
  ASSERT_FALSE(bool(missing));
  EXPECT_EQ(toString(missing.takeError()),
            "'" + path + "' holds no array 'idx'; did you mean 'ids'?");
}

TEST(Npz, NoArrays) {
  TempFolder folder;
  ASSERT_FALSE(bool(writeNpz(folder.path("a.npz"), {})));
  auto arrays = readArrays(folder.path("a.npz"));
  ASSERT_TRUE(bool(arrays)) << toString(arrays.takeError());
  EXPECT_TRUE(arrays->empty());
}

TEST(Npz, SameNameIsNotWritten) {
  TempFolder folder;
  NamedArrays arrays = twoArrays();
  arrays[1].first = "ids";
  Failure failure = takeFailure(writeNpz(folder.path("a.npz"), arrays));
  EXPECT_EQ(failure.exitCode, int(ErrorKind::Usage));
  EXPECT_EQ(failure.message, "cannot write '" + folder.path("a.npz") +
                                 "': the name 'ids' is there twice or too "
                                 "long");
  EXPECT_EQ(folder.fileCount(), 0);
}

TEST(Npz, NumPyReadsWhatWasWritten) {
  if (!hasNumPy())
    GTEST_SKIP() << "no Python with NumPy";
  TempFolder folder;
  ASSERT_FALSE(bool(writeNpz(folder.path("a.npz"), twoArrays())));
  EXPECT_TRUE(
      runNumPy("a = np.load('" + folder.path("a.npz") +
               "')\n"
               "assert list(a) == ['ids', 'x']\n"
               "assert (a['ids'] == np.arange(6).reshape(2, 3) * 1000).all()\n"
               "assert (a['x'] == [0, .5, 1, 1.5]).all()\n"
               "assert a['x'].dtype == np.float32"));
}

TEST(Npz, WhatNumPyWrites) {
  if (!hasNumPy())
    GTEST_SKIP() << "no Python with NumPy";
  TempFolder folder;
  for (std::string function : {"savez", "savez_compressed"}) {
    std::string path = folder.path(function + ".npz");
    ASSERT_TRUE(runNumPy("np." + function + "('" + path +
                         "', ids=np.arange(6).reshape(2, 3) * 1000,"
                         "x=np.arange(4, dtype=np.float32) / 2)"));
    auto arrays = readArrays(path);
    ASSERT_TRUE(bool(arrays)) << toString(arrays.takeError());
    expectTwoArrays(*arrays);
  }
  std::string path = folder.path("f.npy");
  ASSERT_TRUE(runNumPy("np.save('" + path +
                       "', np.asfortranarray(np.arange(6, dtype=np.int16)"
                       ".reshape(2, 3)))"));
  auto single = readArrays(path);
  ASSERT_TRUE(bool(single)) << toString(single.takeError());
  EXPECT_EQ((*single)[0].first, "arr_0");
  EXPECT_EQ((*single)[0].second.as<int16_t>(),
            ArrayRef<int16_t>({0, 1, 2, 3, 4, 5}));
}

TEST(Npz, MissingFile) {
  EXPECT_EQ(refusal("/nonexistent/a.npz").substr(0, 2), "4 ");
  EXPECT_EQ(refusal("/nonexistent/a.npy").substr(0, 2), "4 ");
}

TEST(Npz, NotAnArchive) {
  TempFolder folder;
  std::string path = folder.write("a.npz", std::string(100, 'x'));
  EXPECT_EQ(
      refusal(path),
      "3 '" + path +
          "' is no correct .npz file: it does not end like a zip archive");
  EXPECT_NE(refusal(folder.write("b.npz", "")), "(accepted)");
}

/// A stored, and where NumPy is there, a deflated archive.
static std::vector<std::string> goodArchives(const TempFolder &folder) {
  EXPECT_FALSE(bool(writeNpz(folder.path("good.npz"), twoArrays())));
  std::vector<std::string> result = {TempFolder::read(folder.path("good.npz"))};
  std::string path = folder.path("deflated.npz");
  if (runNumPy("np.savez_compressed('" + path + "', a=np.arange(50))"))
    result.push_back(TempFolder::read(path));
  return result;
}

TEST(Npz, CutAnywhereIsRefused) {
  TempFolder folder;
  for (const std::string &good : goodArchives(folder))
    for (size_t size = 0; size < good.size(); size += 3)
      ASSERT_EQ(refusal(folder.write("a.npz", good.substr(0, size)))[0], '3')
          << size;
}

TEST(Npz, ChangedBytesNeverChangeNumbers) {
  TempFolder folder;
  for (const std::string &good : goodArchives(folder)) {
    auto expected = readArrays(folder.write("a.npz", good));
    ASSERT_TRUE(bool(expected)) << toString(expected.takeError());
    int refused = 0;
    for (size_t i = 0; i < good.size(); ++i) {
      std::string bad = good;
      bad[i] = char(bad[i] ^ (1 << i % 8));
      auto arrays = readArrays(folder.write("a.npz", bad));
      if (!arrays) {
        ++refused;
        ASSERT_EQ(exitCodeOf(arrays.takeError()), 3);
        continue;
      }
      // Dates, names and versions may change; numbers may not.
      for (size_t n = 0; n < arrays->size(); ++n)
        ASSERT_EQ((*arrays)[n].second.bytes, (*expected)[n].second.bytes) << i;
    }
    EXPECT_GT(refused, static_cast<int>(good.size() / 3));
  }
}

/// Offset of the first entry of the table of contents.
static size_t directoryOf(const std::string &archive) {
  return archive.find("PK\1\2");
}

TEST(Npz, Encrypted) {
  TempFolder folder;
  std::string bad = goodArchives(folder)[0];
  bad[directoryOf(bad) + 8] |= 1;
  EXPECT_NE(refusal(folder.write("a.npz", bad)).find("'ids' is encrypted"),
            std::string::npos);
}

TEST(Npz, UnknownMethod) {
  TempFolder folder;
  std::string bad = goodArchives(folder)[0];
  bad[directoryOf(bad) + 10] = 12;
  EXPECT_NE(refusal(folder.write("a.npz", bad))
                .find("'ids' is packed by method 12, expected 0 (stored) or 8"),
            std::string::npos);
}

TEST(Npz, ImpossibleSize) {
  TempFolder folder;
  std::string bad = goodArchives(folder)[0];
  size_t entry = directoryOf(bad);
  bad[entry + 10] = 8;
  // The size in the field for large files, behind the name "ids.npy".
  for (int i = 0; i < 7; ++i)
    bad[entry + 46 + 7 + 4 + i] = '\xff';
  std::string message = refusal(folder.write("a.npz", bad));
  EXPECT_NE(message.find("'ids' cannot have 72057594037927935 bytes"),
            std::string::npos)
      << message;
}

TEST(Npz, TwoOfOneName) {
  TempFolder folder;
  NamedArrays arrays = twoArrays();
  arrays[1].first = "idt";
  ASSERT_FALSE(bool(writeNpz(folder.path("a.npz"), arrays)));
  std::string bad = TempFolder::read(folder.path("a.npz"));
  bad[bad.rfind("idt.npy") + 2] = 's';
  EXPECT_NE(refusal(folder.write("a.npz", bad)).find("it holds 'ids' twice"),
            std::string::npos);
}

TEST(Array, ByteCount) {
  ElementType f32;
  EXPECT_EQ(byteCount(f32, {}), 4u);
  EXPECT_EQ(byteCount(f32, {2, 3}), 24u);
  EXPECT_EQ(byteCount(f32, {2, 0}), 0u);
  EXPECT_EQ(byteCount(f32, {2, -1}), std::nullopt);
  EXPECT_EQ(byteCount(f32, {INT64_MAX}), std::nullopt);
  EXPECT_EQ(byteCount(f32, {0, INT64_MAX, 2}), std::nullopt);
}
