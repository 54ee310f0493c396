//===- Lockstep.cpp - samples side by side ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A thread an input, which waits in its observer. Few of them run at a time.

#include "quantc/Calibrate/Lockstep.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/Support/FileUtilities.h"
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace llvm;
using namespace quantc;

namespace {
class Lockstep {
public:
  using AtPlace = function_ref<Error(int64_t, ArrayRef<ObservedRows>)>;

  Lockstep(size_t count, AtPlace atPlace)
      : atPlace(atPlace), limit(threadCount()), rows(count) {}

  /// A thread may run from here on; waits for its turn.
  void start() {
    std::unique_lock<std::mutex> lock(mutex);
    takeTurn(lock);
  }

  /// Input number `sample` is at place `id`; returns when it may go on.
  void reach(size_t sample, int64_t id, ObservedRows seen) {
    std::unique_lock<std::mutex> lock(mutex);
    if (failure)
      return;
    rows[sample] = seen;
    --running;
    if (++arrived == rows.size()) {
      if (Error error = atPlace(id, rows))
        keep(std::move(error));
      arrived = 0;
      ++round;
    } else {
      size_t here = round;
      changed.notify_all(); // another one may run
      changed.wait(lock, [&] { return round != here || failure; });
    }
    changed.notify_all();
    takeTurn(lock);
  }

  /// A thread is done, with or without an error.
  void finish(Error error) {
    std::unique_lock<std::mutex> lock(mutex);
    --running;
    if (error)
      keep(std::move(error));
    changed.notify_all();
  }

  Error takeError() { return failure ? std::move(*failure) : Error::success(); }

private:
  void takeTurn(std::unique_lock<std::mutex> &lock) {
    changed.wait(lock, [&] { return running < limit || failure; });
    ++running;
  }

  void keep(Error error) {
    if (failure)
      consumeError(std::move(error));
    else
      failure.emplace(std::move(error));
  }

  AtPlace atPlace;
  size_t limit, running = 0, arrived = 0, round = 0;
  std::vector<ObservedRows> rows;
  std::optional<Error> failure;
  std::mutex mutex;
  std::condition_variable changed;
};
} // namespace

/// The model in a library of its own: of one library, one run at a time is
/// observed. The file is gone once it is loaded.
static Expected<Artifact> loadCopy(const std::string &prefix, size_t number,
                                   const Artifact::Options &options) {
  std::string copy = prefix + "." + std::to_string(number) + ".so";
  FileRemover removeCopy(copy);
  if (std::error_code error = sys::fs::copy_file(prefix + ".so", copy))
    return makeError(ErrorKind::IO, "cannot write '{0}': {1}", copy,
                     error.message());
  return Artifact::load(copy, options);
}

Error quantc::runInLockstep(StringRef path, StringRef entry,
                            ArrayRef<LockstepRun> runs,
                            Lockstep::AtPlace atPlace) {
  Lockstep lockstep(runs.size(), atPlace);
  Artifact::Options options;
  options.numThreads = 1;
  options.skipChecksum = true;
  std::vector<Artifact> models;
  for (size_t i = 0; i < runs.size(); ++i) {
    options.weights = runs[i].weights;
    auto model = loadCopy(path.str(), i, options);
    if (!model)
      return model.takeError();
    model->setObserver([&lockstep, i](int64_t id, const float *data,
                                      int64_t rows, int64_t cols) {
      lockstep.reach(i, id, {data, rows, cols});
    });
    models.push_back(std::move(*model));
  }
  std::vector<std::thread> threads;
  for (size_t i = 0; i < runs.size(); ++i)
    threads.emplace_back([&, i] {
      lockstep.start();
      auto outputs = models[i].run(entry, *runs[i].inputs);
      lockstep.finish(outputs ? Error::success() : outputs.takeError());
    });
  for (std::thread &thread : threads)
    thread.join();
  return lockstep.takeError();
}
