//===- Bench.cpp - quantc bench -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Times a compiled model on inputs of given sizes.

#include "Precision.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <unistd.h>

using namespace quantc;
using llvm::StringRef;

static constexpr Option benchOptions[] = {
    {"--shape", "", "NAME=AxB",
     "sizes of an input, or NAME=A of a dynamic dimension", true},
    {"--entry", "", "NAME", "main (default), or an entry with caches"},
    {"--past", "", "N", "positions in the caches before each run, default 0"},
    {"--threads", "", "N",
     "number of threads; default: one for each processor"},
    precisionOption,
    {"--runs", "", "N",
     "timed runs; default: as many as fit into --seconds, at least 5"},
    {"--seconds", "", "N", "time to spend without --runs; default 2"},
    {"--warmup", "", "N", "runs that are not timed, at first; default 2"},
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

/// ErrorKind::Usage for a name of `--shape` that is neither an input nor a
/// dynamic dimension, or gives a dimension more than one size.
static llvm::Error checkNames(const ArtifactEntry &entry,
                              const Shapes &shapes) {
  llvm::StringSet<> tensors, dims;
  llvm::SmallVector<StringRef> known;
  for (const ArtifactTensor *tensor : entry.plainInputs()) {
    tensors.insert(tensor->name);
    known.push_back(tensor->name);
    for (auto [size, name] : llvm::zip(tensor->dims, tensor->dimNames))
      if (size < 0 && !name.empty() && dims.insert(name).second)
        known.push_back(name);
  }
  for (const auto &given : shapes) {
    StringRef name = given.getKey();
    if (tensors.contains(name))
      continue;
    if (!dims.contains(name))
      return makeError(ErrorKind::Usage,
                       "--shape names '{0}', which is neither an input nor a "
                       "dynamic dimension of '{1}'{2}",
                       name, entry.name, didYouMean(name, known));
    if (given.second.size() != 1)
      return makeError(ErrorKind::Usage,
                       "--shape gives dimension '{0}' {1} sizes, expected one",
                       name, given.second.size());
  }
  return llvm::Error::success();
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

/// ErrorKind::Usage for an input that this machine has no memory for.
static llvm::Error checkSize(const ArtifactTensor &tensor,
                             llvm::ArrayRef<int64_t> sizes) {
  double bytes = tensor.type.bits / 8.0;
  for (int64_t size : sizes)
    bytes *= static_cast<double>(size);
  double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                  static_cast<double>(sysconf(_SC_PAGESIZE));
  if (bytes <= memory)
    return llvm::Error::success();
  return makeError(ErrorKind::Usage,
                   "input '{0}' of {1:$[x]} would take {2:F1} GB, this machine "
                   "has {3:F1}",
                   tensor.name, llvm::make_range(sizes.begin(), sizes.end()),
                   bytes / 1e9, memory / 1e9);
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

namespace {
/// How long and how often.
struct Effort {
  int64_t threads, runs, seconds, warmup; ///< no runs: as seconds allow
};
} // namespace

static llvm::Expected<Effort> readEffort(const Arguments &arguments) {
  struct {
    StringRef option;
    int64_t standard, low, high;
    int64_t Effort::*field;
  } limits[] = {
      {"--threads", std::max(1u, std::thread::hardware_concurrency()), 1, 4096,
       &Effort::threads},
      {"--runs", 0, 1, 1 << 30, &Effort::runs},
      {"--seconds", 2, 1, 3600, &Effort::seconds},
      {"--warmup", 2, 0, 1 << 30, &Effort::warmup},
  };
  Effort effort;
  for (const auto &limit : limits) {
    auto value = arguments.getInteger(limit.option, limit.standard, limit.low,
                                      limit.high);
    if (!value)
      return value.takeError();
    effort.*limit.field = *value;
  }
  return effort;
}

static llvm::Expected<NamedArrays> makeInputs(const ArtifactEntry &entry,
                                              const Shapes &shapes) {
  if (llvm::Error error = checkNames(entry, shapes))
    return std::move(error);
  NamedArrays inputs;
  for (const ArtifactTensor *tensor : entry.plainInputs()) {
    auto sizes = sizesOf(*tensor, shapes);
    if (!sizes)
      return sizes.takeError();
    if (llvm::Error error = checkSize(*tensor, *sizes))
      return std::move(error);
    inputs.emplace_back(tensor->name, makeInput(*tensor, *sizes));
  }
  return inputs;
}

/// Microseconds of each timed run.
static std::vector<double> measure(llvm::function_ref<bool()> once,
                                   const Effort &effort) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> micros;
  bool works = true;
  for (int64_t i = 0; i < effort.warmup && works; ++i)
    works = once();
  Clock::time_point begin = Clock::now();
  auto isDone = [&] {
    if (effort.runs)
      return static_cast<int64_t>(micros.size()) >= effort.runs;
    return micros.size() >= 5 &&
           Clock::now() - begin > std::chrono::seconds(effort.seconds);
  };
  while (works && !isDone()) {
    Clock::time_point start = Clock::now();
    works = once();
    micros.push_back(
        std::chrono::duration<double, std::micro>(Clock::now() - start)
            .count());
  }
  return micros;
}

/// Fills empty caches with `past` positions: in one run along the only dynamic
/// dimension where there is one, otherwise run by run.
static llvm::Error fillCaches(ArtifactState &state, const ArtifactEntry &entry,
                              const Shapes &shapes, int64_t past) {
  llvm::StringSet<> dims;
  for (const ArtifactTensor *tensor : entry.plainInputs())
    for (auto [size, name] : llvm::zip(tensor->dims, tensor->dimNames))
      if (size < 0)
        dims.insert(name);
  Shapes chunk = shapes;
  if (dims.size() == 1 && past > 0)
    chunk = {{dims.begin()->getKey(), {past}}};
  auto inputs = makeInputs(entry, chunk);
  if (!inputs)
    return inputs.takeError();
  NamedArrays outputs;
  while (state.length() < past) {
    int64_t before = state.length();
    if (llvm::Error error = state.runInto(viewsOf(*inputs), outputs))
      return error;
    if (state.length() == before)
      return makeError(ErrorKind::Usage,
                       "a run of '{0}' with these sizes adds nothing to the "
                       "caches, so they cannot hold {1} positions",
                       entry.name, past);
  }
  return state.truncate(past);
}

/// Times an entry with caches; each run starts with `past` positions in them.
static llvm::Expected<std::vector<double>>
measureState(Artifact &artifact, const ArtifactEntry &entry,
             const Shapes &shapes, int64_t past, const Effort &effort) {
  auto inputs = makeInputs(entry, shapes);
  if (!inputs)
    return inputs.takeError();
  // No run adds more positions than the largest size of an input.
  int64_t largest = std::max<int64_t>(past, 1);
  for (const auto &[name, array] : *inputs)
    for (int64_t size : array.shape)
      largest = std::max(largest, size);
  auto state = artifact.createState(entry.name, past + largest);
  if (!state)
    return state.takeError();
  if (llvm::Error error = fillCaches(*state, entry, shapes, past))
    return std::move(error);
  NamedArrays outputs;
  llvm::Error failure = llvm::Error::success();
  std::vector<TensorView> views = viewsOf(*inputs);
  std::vector<double> micros = measure(
      [&] {
        llvm::Error error = state->runInto(views, outputs);
        if (!error)
          error = state->truncate(past);
        bool works = !error;
        failure = llvm::joinErrors(std::move(failure), std::move(error));
        return works;
      },
      effort);
  if (failure)
    return std::move(failure);
  return micros;
}

static llvm::Expected<std::vector<double>>
measureEntry(const Arguments &arguments, Artifact &artifact,
             const ArtifactEntry &entry, const Effort &effort) {
  auto shapes = readShapes(arguments);
  if (!shapes)
    return shapes.takeError();
  auto past = arguments.getInteger("--past", 0, 0, int64_t(1) << 32);
  if (!past)
    return past.takeError();
  if (entry.isStateful)
    return measureState(artifact, entry, *shapes, *past, effort);
  if (arguments.has("--past"))
    return makeError(ErrorKind::Usage,
                     "--past is for entries with caches; '{0}' keeps none",
                     entry.name);
  auto inputs = makeInputs(entry, *shapes);
  if (!inputs)
    return inputs.takeError();
  std::vector<double> micros;
  if (llvm::Error error = artifact.measure(
          entry.name, *inputs, [&](llvm::function_ref<bool()> once) {
            micros = measure(once, effort);
          }))
    return std::move(error);
  return micros;
}

static llvm::Error runBench(const Arguments &arguments) {
  auto effort = readEffort(arguments);
  if (!effort)
    return effort.takeError();
  Artifact::Options options;
  options.numThreads = static_cast<int32_t>(effort->threads);
  auto artifact = Artifact::load(arguments.positional.front(), options);
  if (!artifact)
    return artifact.takeError();
  if (llvm::Error error = choosePrecision(arguments, *artifact))
    return error;
  auto entry = artifact->entry(arguments.get("--entry", "main"));
  if (!entry)
    return entry.takeError();
  auto micros = measureEntry(arguments, *artifact, **entry, *effort);
  if (!micros)
    return micros.takeError();
  if (verbosityOf(arguments) == Verbosity::Verbose)
    llvm::errs() << artifact->arenaBytes() << " bytes of working memory\n";
  return print(arguments, *micros, effort->threads, artifact->levelName());
}

const Command quantc::benchCommand = {
    "time a compiled model",
    "ARTIFACT",
    1,
    benchOptions,
    "Dynamic sizes are 1 unless --shape says otherwise. Floats are random, "
    "integers 0.\n"
    "An entry with caches forgets after each run what it added, so that all "
    "are alike.\n\n"
    "examples:\n"
    "  quantc bench build/resnet.so --threads 2\n"
    "  quantc bench build/decoder.so --shape sequence_length=128 --shape "
    "past_sequence_length=0 --json\n"
    "  quantc bench build/decoder.so --entry decode --past 256\n",
    runBench};
