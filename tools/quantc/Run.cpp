//===- Run.cpp - quantc run -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs a compiled model on arrays from a file.

#include "Precision.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;

static constexpr Option runOptions[] = {
    {"--inputs", "", "IN.npz", "arrays by the names of the inputs"},
    {"--outputs", "", "OUT.npz", "file that gets the outputs"},
    {"--entry", "", "NAME",
     "main (default), or an entry with caches, which start empty"},
    {"--capacity", "", "N", "room of the caches in positions; default 1024"},
    {"--threads", "", "N", "number of threads; default: what OpenMP decides"},
    precisionOption,
};

static llvm::Error runRun(const Arguments &arguments) {
  for (llvm::StringRef needed : {"--inputs", "--outputs"})
    if (!arguments.has(needed))
      return makeError(ErrorKind::Usage,
                       "quantc run needs {0}; see quantc run --help", needed);
  auto threads = arguments.getInteger("--threads", 0, 1, 4096);
  if (!threads)
    return threads.takeError();
  auto capacity = arguments.getInteger("--capacity", 1024, 1, int64_t(1) << 40);
  if (!capacity)
    return capacity.takeError();
  Artifact::Options options;
  options.numThreads = static_cast<int32_t>(*threads);
  auto artifact = Artifact::load(arguments.positional.front(), options);
  if (!artifact)
    return artifact.takeError();
  if (llvm::Error error = choosePrecision(arguments, *artifact))
    return error;
  auto inputs = readArrays(arguments.get("--inputs"));
  if (!inputs)
    return inputs.takeError();
  auto outputs =
      artifact->run(arguments.get("--entry", "main"), *inputs, *capacity);
  if (!outputs)
    return outputs.takeError();
  if (verbosityOf(arguments) == Verbosity::Verbose)
    llvm::errs() << llvm::formatv("level {0}, {1} bytes of working memory\n",
                                  artifact->levelName(),
                                  artifact->arenaBytes());
  return writeNpz(arguments.get("--outputs"), *outputs);
}

const Command quantc::runCommand = {
    "run a compiled model on arrays from a file",
    "ARTIFACT",
    1,
    runOptions,
    "ARTIFACT is PREFIX.so, or PREFIX.\n\n"
    "examples:\n"
    "  quantc run build/resnet.so --inputs images.npz --outputs scores.npz\n"
    "  quantc run build/decoder --entry decode --capacity 256 --inputs in.npz "
    "--outputs out.npz\n",
    runRun};
