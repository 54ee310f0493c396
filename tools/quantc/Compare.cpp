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
#include <cstring>

using namespace quantc;
using llvm::StringRef;

static constexpr Option compareOptions[] = {
    {"--data", "", "DATA.npz", "arrays by the names of the inputs"},
    {"--json", "", "", "print JSON"},
};

namespace {
/// How far one output is from the float model's, over `count` numbers.
struct Difference {
  int64_t count = 0;
  int64_t differing = 0; ///< numbers that are not the same
  int64_t lost = 0;      ///< of these, not finite in one model or both
  double signal = 0, noise = 0, product = 0, power = 0; ///< sums of products
  double maxError = 0;
};
} // namespace

/// Numbers that are not finite enter no sum: one of them would make all sums
/// NaN, and every comparison with NaN is false.
static void add(Difference &d, double wanted, double found) {
  bool areSame = wanted == found || (std::isnan(wanted) && std::isnan(found));
  ++d.count;
  d.differing += !areSame;
  if (!std::isfinite(wanted) || !std::isfinite(found)) {
    d.lost += !areSame;
    return;
  }
  double error = wanted - found;
  d.signal += wanted * wanted;
  d.power += found * found;
  d.product += wanted * found;
  d.noise += error * error;
  d.maxError = std::max(d.maxError, std::fabs(error));
}

/// In decibels; infinite when nothing differs.
static double sqnrOf(const Difference &d) {
  return d.noise > 0 ? 10 * std::log10(d.signal / d.noise) : INFINITY;
}

/// 1 for two outputs of zeros, 0 when only one of them is.
static double cosineOf(const Difference &d) {
  if (d.signal > 0 && d.power > 0)
    return d.product / std::sqrt(d.signal * d.power);
  return d.signal == d.power ? 1 : 0;
}

static bool isFloat32(const Array &array) {
  return array.type == ElementType{ElementType::Float, 32};
}

/// Both arrays have the same type and shape. Elements other than f32 are
/// compared byte by byte and only counted.
static Difference measureDifference(const Array &wanted, const Array &found) {
  Difference d;
  if (isFloat32(wanted)) {
    for (auto [a, b] : llvm::zip(wanted.as<float>(), found.as<float>()))
      add(d, a, b);
    return d;
  }
  size_t size = wanted.type.bytes();
  d.count = wanted.elementCount();
  for (size_t at = 0; at < wanted.bytes.size(); at += size)
    d.differing += std::memcmp(&wanted.bytes[at], &found.bytes[at], size) != 0;
  return d;
}

static void printText(StringRef name, const Array &array, const Difference &d) {
  llvm::outs() << name << ": ";
  if (d.lost)
    llvm::outs() << llvm::formatv(
        "{0} of {1} numbers are not finite in one model or differ in what they "
        "are instead\n",
        d.lost, d.count);
  else if (isFloat32(array))
    llvm::outs() << llvm::formatv(
        "SQNR {0:F2} dB, cosine {1:F6}, largest error {2:E3}\n", sqnrOf(d),
        cosineOf(d), d.maxError);
  else
    llvm::outs() << llvm::formatv("{0} of {1} {2} values differ\n", d.differing,
                                  d.count, array.type.name());
}

/// Measures mean nothing where numbers are lost: null.
static llvm::json::Object toJson(StringRef name, const Array &array,
                                 const Difference &d) {
  auto number = [&](double value) {
    bool isKnown = isFloat32(array) && !d.lost && std::isfinite(value);
    return isKnown ? llvm::json::Value(value) : llvm::json::Value(nullptr);
  };
  return llvm::json::Object{{"output", name},
                            {"type", array.type.name()},
                            {"count", d.count},
                            {"differing", d.differing},
                            {"not_finite", d.lost},
                            {"sqnr_db", number(sqnrOf(d))},
                            {"cosine", number(cosineOf(d))},
                            {"max_error", number(d.maxError)}};
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
    Difference d = measureDifference(array, *other);
    if (arguments.has("--json"))
      rows.push_back(toJson(name, array, d));
    else
      printText(name, array, d);
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
    "outputs is infinite (in JSON null, with differing 0). Numbers that are "
    "NaN or\n"
    "infinite in one model only are counted instead; of outputs that are not "
    "f32 the\n"
    "values that differ are counted.\n\n"
    "examples:\n"
    "  quantc compare resnet.onnx build/resnet-w8a8.so --data images.npz\n",
    runCompare};
