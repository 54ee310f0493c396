//===- Bench.cpp - quantc bench -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Times a compiled model on inputs of given sizes.

#include "Command.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

using namespace quantc;
using llvm::StringRef;

static constexpr Option benchOptions[] = {
    {"--shape", "", "NAME=AxB",
     "sizes of an input, or NAME=A of a dynamic dimension", true},
    {"--entry", "", "NAME", "entry without caches; default main"},
    {"--threads", "", "N",
     "number of threads; default: one for each processor"},
    {"--runs", "", "N",
     "timed runs; default: as many as fit into two seconds, at least 5"},
    {"--json", "", "", "print JSON"},
};

namespace {
/// What `--shape` says: sizes by the name of an input or of a dimension.
using Shapes = llvm::StringMap<std::vector<int64_t>>;
} // namespace

static llvm::Expected<Shapes> readShapes(const Arguments &arguments) {
  Shapes shapes;
  for (StringRef text : arguments.all("--shape")) {
    auto [name, sizes] = text.split('=');
    llvm::SmallVector<StringRef> parts;
    sizes.split(parts, 'x');
    for (StringRef part : parts) {
      int64_t size;
      if (name.empty() || part.getAsInteger(10, size) || size < 0)
        return makeError(ErrorKind::Usage,
                         "--shape is '{0}', expected NAME=AxB", text);
      shapes[name].push_back(size);
    }
  }
  return shapes;
}

/// Sizes of one input: as given, or 1 where nothing says otherwise.
static llvm::Expected<llvm::SmallVector<int64_t>>
sizesOf(const ArtifactTensor &tensor, const Shapes &shapes) {
  if (auto found = shapes.find(tensor.name); found != shapes.end()) {
    if (found->second.size() == tensor.dims.size())
      return llvm::SmallVector<int64_t>(found->second.begin(),
                                        found->second.end());
    return makeError(ErrorKind::Usage,
                     "--shape gives '{0}' {1} sizes, it has {2}", tensor.name,
                     found->second.size(), tensor.dims.size());
  }
  llvm::SmallVector<int64_t> sizes;
  for (auto [size, name] : llvm::zip(tensor.dims, tensor.dimNames)) {
    auto found = shapes.find(name);
    sizes.push_back(size >= 0               ? size
                    : found == shapes.end() ? 1
                                            : found->second.front());
  }
  return sizes;
}

/// Numbers of a normal distribution, or small ids; the same in each run.
static Array makeInput(const ArtifactTensor &tensor,
                       llvm::ArrayRef<int64_t> sizes) {
  Array array = Array::zeros(tensor.type, sizes);
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  if (tensor.type == ElementType{ElementType::Float, 32})
    for (float &value : array.as<float>())
      value = normal(random);
  return array;
}

static llvm::Error print(const Arguments &arguments, std::vector<double> micros,
                         int64_t threads, StringRef level) {
  std::sort(micros.begin(), micros.end());
  double median = micros[micros.size() / 2];
  if (arguments.has("--json")) {
    llvm::json::Object object{{"min_us", micros.front()},
                              {"median_us", median},
                              {"runs", static_cast<int64_t>(micros.size())},
                              {"threads", threads},
                              {"level", level}};
    llvm::outs() << llvm::json::Value(std::move(object)) << "\n";
  } else {
    llvm::outs() << llvm::formatv(
        "min {0:F1} us, median {1:F1} us, {2} runs, {3} threads, level {4}\n",
        micros.front(), median, micros.size(), threads, level);
  }
  return llvm::Error::success();
}

static llvm::Error runBench(const Arguments &arguments) {
  auto threads = arguments.getInteger(
      "--threads", std::max(1u, std::thread::hardware_concurrency()), 1, 4096);
  if (!threads)
    return threads.takeError();
  auto runs = arguments.getInteger("--runs", 0, 1, 1 << 30);
  if (!runs)
    return runs.takeError();
  auto shapes = readShapes(arguments);
  if (!shapes)
    return shapes.takeError();
  Artifact::Options options;
  options.numThreads = static_cast<int32_t>(*threads);
  auto artifact = Artifact::load(arguments.positional.front(), options);
  if (!artifact)
    return artifact.takeError();
  std::string name = arguments.get("--entry", "main");
  auto entry = artifact->entry(name);
  if (!entry)
    return entry.takeError();
  NamedArrays inputs;
  for (const ArtifactTensor *tensor : (*entry)->plainInputs()) {
    auto sizes = sizesOf(*tensor, *shapes);
    if (!sizes)
      return sizes.takeError();
    inputs.emplace_back(tensor->name, makeInput(*tensor, *sizes));
  }
  std::vector<double> micros;
  llvm::Error error =
      artifact->measure(name, inputs, [&](llvm::function_ref<bool()> once) {
        using Clock = std::chrono::steady_clock;
        bool works = once() && once(); // first touch of memory, threads
        Clock::time_point begin = Clock::now();
        auto isDone = [&] {
          if (*runs)
            return static_cast<int64_t>(micros.size()) >= *runs;
          return micros.size() >= 5 &&
                 Clock::now() - begin > std::chrono::seconds(2);
        };
        while (works && !isDone()) {
          Clock::time_point start = Clock::now();
          works = once();
          micros.push_back(
              std::chrono::duration<double, std::micro>(Clock::now() - start)
                  .count());
        }
      });
  if (error)
    return error;
  return print(arguments, micros, *threads, artifact->levelName());
}

const Command quantc::benchCommand = {
    "time a compiled model",
    "ARTIFACT",
    1,
    benchOptions,
    "Dynamic sizes are 1 unless --shape says otherwise. Floats are random, "
    "integers 0.\n\n"
    "examples:\n"
    "  quantc bench build/resnet.so --threads 2\n"
    "  quantc bench build/decoder.so --shape sequence_length=128 --shape "
    "past_sequence_length=0 --json\n",
    runBench};
