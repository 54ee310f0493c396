//===- Compare.cpp - quantc compare -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compares a compiled model with the float model, output by output.

#include "Command.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Pipeline/Driver.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace quantc;
using llvm::StringRef;

static constexpr Option compareOptions[] = {
    {"--data", "", "DATA.npz", "arrays by the names of the inputs"},
    {"--json", "", "", "print JSON"},
    {"--quiet", "-q", "", "print nothing but the result"},
    {"--verbose", "-v", "", "print more"},
};

namespace {
/// How far one output is from the float model's. SQNR in decibels.
struct Difference {
  std::string name;
  double sqnrDb, cosine, maxError;
};
} // namespace

static Difference measureDifference(StringRef name,
                                    llvm::ArrayRef<float> wanted,
                                    llvm::ArrayRef<float> found) {
  double signal = 0, noise = 0, product = 0, power = 0, largest = 0;
  for (auto [a, b] : llvm::zip(wanted, found)) {
    double error = double(a) - double(b);
    signal += double(a) * a;
    power += double(b) * b;
    product += double(a) * b;
    noise += error * error;
    largest = std::max(largest, std::fabs(error));
  }
  double cosine =
      signal > 0 && power > 0 ? product / std::sqrt(signal * power) : 1;
  return {name.str(), noise > 0 ? 10 * std::log10(signal / noise) : INFINITY,
          cosine, largest};
}

/// Compiles the float model into a folder that disappears, and runs it.
static llvm::Expected<NamedArrays> runFloat(const Arguments &arguments,
                                            const NamedArrays &inputs) {
  llvm::SmallString<128> folder;
  if (std::error_code error =
          llvm::sys::fs::createUniqueDirectory("quantc-compare", folder))
    return makeError(ErrorKind::IO, "cannot make a temporary folder: {0}",
                     error.message());
  auto remove =
      llvm::scope_exit([&] { llvm::sys::fs::remove_directories(folder); });
  CompileOptions options;
  options.model = arguments.positional[0];
  options.outputPrefix = (folder + "/float").str();
  ProgressReporter progress = makeStderrProgress(verbosityOf(arguments));
  CompileReport report;
  if (llvm::Error error = compileModel(options, report, progress))
    return std::move(error);
  auto artifact = Artifact::load(options.outputPrefix, {});
  if (!artifact)
    return artifact.takeError();
  return artifact->run("main", inputs);
}

static llvm::Error runCompare(const Arguments &arguments) {
  if (!arguments.has("--data"))
    return makeError(ErrorKind::Usage,
                     "quantc compare needs --data; see quantc compare --help");
  auto inputs = readArrays(arguments.get("--data"));
  if (!inputs)
    return inputs.takeError();
  auto artifact = Artifact::load(arguments.positional[1], {});
  if (!artifact)
    return artifact.takeError();
  auto found = artifact->run("main", *inputs);
  if (!found)
    return found.takeError();
  auto wanted = runFloat(arguments, *inputs);
  if (!wanted)
    return wanted.takeError();
  llvm::json::Array rows;
  for (const auto &[name, array] : *wanted) {
    const Array *other = findArray(*found, name);
    if (!other || other->shape != array.shape || !(other->type == array.type))
      return makeError(ErrorKind::Usage,
                       "'{0}' and '{1}' differ in output '{2}'",
                       arguments.positional[0], arguments.positional[1], name);
    if (!(array.type == ElementType{ElementType::Float, 32}))
      continue;
    Difference d =
        measureDifference(name, array.as<float>(), other->as<float>());
    if (!arguments.has("--json"))
      llvm::outs() << llvm::formatv(
          "{0}: SQNR {1:F2} dB, cosine {2:F6}, largest error {3:E3}\n", d.name,
          d.sqnrDb, d.cosine, d.maxError);
    rows.push_back(llvm::json::Object{
        {"output", d.name},
        {"sqnr_db", std::isfinite(d.sqnrDb) ? llvm::json::Value(d.sqnrDb)
                                            : llvm::json::Value(nullptr)},
        {"cosine", d.cosine},
        {"max_error", d.maxError}});
  }
  if (arguments.has("--json"))
    llvm::outs() << llvm::formatv("{0:2}", llvm::json::Value(std::move(rows)))
                 << "\n";
  return llvm::Error::success();
}

const Command quantc::compareCommand = {
    "compare a compiled model with the float model",
    "MODEL ARTIFACT",
    2,
    compareOptions,
    "Compiles MODEL in floating point, runs both on the same data and prints, "
    "for each\n"
    "output, signal to quantization noise, cosine and largest error. A SQNR of "
    "equal\n"
    "outputs is infinite (null in JSON).\n\n"
    "examples:\n"
    "  quantc compare resnet.onnx build/resnet-w8a8.so --data images.npz\n",
    runCompare};
