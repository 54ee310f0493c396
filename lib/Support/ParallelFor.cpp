//===- ParallelFor.cpp - deterministic parallel loops -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Threads take fixed chunks from a counter. Threads are started for every loop:
// the loops of a compiler are few and long.

#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <atomic>
#include <cassert>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

using namespace llvm;
using namespace quantc;

static std::atomic<unsigned> requestedThreads{0};

/// True in a thread that runs a loop body: an inner loop must not start more
/// threads than the machine has processors.
static thread_local bool insideLoop = false;

void quantc::setThreadCount(unsigned count) { requestedThreads = count; }

unsigned quantc::threadCount() {
  if (unsigned count = requestedThreads)
    return count;
  return std::max(1u, std::thread::hardware_concurrency());
}

void quantc::parallelFor(int64_t count, int64_t grain,
                         function_ref<void(int64_t, int64_t)> body) {
  assert(grain > 0 && "a chunk must hold something");
  if (count <= 0)
    return;
  // Not (count + grain - 1) / grain, which overflows for a very large grain.
  int64_t chunks = count / grain + (count % grain != 0);
  std::atomic<int64_t> next{0};
  auto work = [&] {
    bool outer = insideLoop;
    insideLoop = true;
    for (int64_t c = next++; c < chunks; c = next++)
      body(c * grain, c == chunks - 1 ? count : (c + 1) * grain);
    insideLoop = outer;
  };

  int64_t helpers =
      insideLoop ? 0 : std::min<int64_t>(threadCount(), chunks) - 1;
  std::vector<std::thread> threads;
  threads.reserve(size_t(helpers));
  for (int64_t t = 0; t < helpers; ++t)
    threads.emplace_back(work);
  work();
  for (std::thread &thread : threads)
    thread.join();
}

Error quantc::parallelForFallible(int64_t count, int64_t grain,
                                  function_ref<Error(int64_t, int64_t)> body) {
  std::mutex mutex;
  std::optional<Error> first;
  int64_t firstBegin = 0;
  parallelFor(count, grain, [&](int64_t begin, int64_t end) {
    Error error = body(begin, end);
    if (!error)
      return;
    std::lock_guard<std::mutex> lock(mutex);
    if (first && firstBegin < begin)
      return consumeError(std::move(error));
    if (first)
      consumeError(std::move(*first));
    first.emplace(std::move(error));
    firstBegin = begin;
  });
  return first ? std::move(*first) : Error::success();
}
