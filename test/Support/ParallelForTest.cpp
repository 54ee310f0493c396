//===- ParallelForTest.cpp - tests of parallel loops ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Chunks are fixed, each runs once, errors are the lowest chunk's.

#include "quantc/Support/ParallelFor.h"
#include "quantc/Support/Errors.h"
#include "gtest/gtest.h"
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using namespace quantc;

namespace {
/// Gives back the default number of threads at the end of a test.
struct ParallelForTest : testing::Test {
  ~ParallelForTest() override { setThreadCount(0); }
};
} // namespace

using Chunks = std::set<std::pair<int64_t, int64_t>>;

static Chunks chunksOf(int64_t count, int64_t grain) {
  Chunks chunks;
  std::mutex mutex;
  parallelFor(count, grain, [&](int64_t begin, int64_t end) {
    std::lock_guard<std::mutex> lock(mutex);
    EXPECT_TRUE(chunks.insert({begin, end}).second) << "run twice";
  });
  return chunks;
}

TEST_F(ParallelForTest, ChunksDoNotDependOnThreads) {
  Chunks expected = {{0, 4}, {4, 8}, {8, 10}};
  for (unsigned threads : {1u, 2u, 3u, 16u}) {
    setThreadCount(threads);
    EXPECT_EQ(threadCount(), threads);
    EXPECT_EQ(chunksOf(10, 4), expected) << threads;
  }
}

TEST_F(ParallelForTest, Edges) {
  EXPECT_TRUE(chunksOf(0, 4).empty());
  EXPECT_EQ(chunksOf(8, 4), (Chunks{{0, 4}, {4, 8}}));
  EXPECT_EQ(chunksOf(3, INT64_MAX), (Chunks{{0, 3}}));
}

TEST_F(ParallelForTest, UsesSeveralThreads) {
  setThreadCount(2);
  // Each body waits for the other, so one thread alone would not finish.
  std::atomic<int> arrived{0};
  parallelFor(2, 1, [&](int64_t, int64_t) {
    ++arrived;
    while (arrived < 2)
      std::this_thread::yield();
  });
  EXPECT_EQ(arrived, 2);
}

TEST_F(ParallelForTest, InnerLoopsRunInTheThreadOfTheOuter) {
  setThreadCount(4);
  parallelFor(4, 1, [&](int64_t, int64_t) {
    std::thread::id self = std::this_thread::get_id();
    std::vector<std::thread::id> ids(8);
    parallelFor(8, 1, [&](int64_t begin, int64_t) {
      ids[size_t(begin)] = std::this_thread::get_id();
    });
    for (std::thread::id id : ids)
      EXPECT_EQ(id, self);
  });
}

TEST_F(ParallelForTest, DefaultIsAtLeastOneThread) {
  setThreadCount(0);
  EXPECT_GE(threadCount(), 1u);
}

TEST_F(ParallelForTest, LowestErrorIsReturnedAndAllChunksRun) {
  for (unsigned threads : {1u, 4u}) {
    setThreadCount(threads);
    std::atomic<int> ran{0};
    llvm::Error error =
        parallelForFallible(100, 1, [&](int64_t begin, int64_t) {
          ++ran;
          return begin % 10 == 7
                     ? makeError(ErrorKind::BadModel, "chunk {0}", begin)
                     : llvm::Error::success();
        });
    Failure failure = takeFailure(std::move(error));
    EXPECT_EQ(failure.message, "chunk 7");
    EXPECT_EQ(failure.exitCode, 3);
    EXPECT_EQ(ran, 100);
  }
}

TEST_F(ParallelForTest, NoErrorIsSuccess) {
  EXPECT_EQ(exitCodeOf(parallelForFallible(
                5, 2, [](int64_t, int64_t) { return llvm::Error::success(); })),
            0);
}
