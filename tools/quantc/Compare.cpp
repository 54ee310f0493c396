//===- Compare.cpp - quantc compare -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compares a compiled model with the float model, output by output; and, with
// the interpreter, layer by layer.

#include "Precision.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Pipeline/Driver.h"
#include "quantc/Pipeline/Interpretation.h"
#include "quantc/Report/Comparison.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/OutputFile.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace quantc;
using llvm::StringRef;

static constexpr Option compareOptions[] = {
    {"--data", "", "DATA.npz", "arrays by the names of the inputs"},
    {"--layers", "", "", "compare each layer too, with the interpreter"},
    {"--calibrate", "", "SAMPLES.npz",
     "what ARTIFACT was calibrated with, for --layers"},
    precisionOption,
    {"--json", "", "", "print JSON"},
    {"--report", "", "PREFIX",
     "write PREFIX.compare.json and the page PREFIX.compare.html"},
};

static bool isFloat32(const Array &array) {
  return array.type == ElementType{ElementType::Float, 32};
}

/// Both arrays have the same type and shape. Elements other than f32 are
/// compared byte by byte and only counted.
static Difference measureDifference(const Array &wanted, const Array &found) {
  Difference d;
  if (isFloat32(wanted)) {
    d.add(wanted.as<float>(), found.as<float>());
    return d;
  }
  size_t size = wanted.type.bytes();
  d.count = wanted.elementCount();
  for (size_t at = 0; at < wanted.bytes.size(); at += size)
    d.differing += std::memcmp(&wanted.bytes[at], &found.bytes[at], size) != 0;
  return d;
}

static void printLost(const Difference &d) {
  llvm::outs() << llvm::formatv(
      "{0} of {1} numbers are not finite in one model or differ in what they "
      "are instead\n",
      d.lost, d.count);
}

static void printText(const ComparedOutput &output) {
  const Difference &d = output.difference;
  llvm::outs() << output.name << ": ";
  if (d.lost)
    printLost(d);
  else if (output.isFloat)
    llvm::outs() << llvm::formatv(
        "SQNR {0:F2} dB, cosine {1:F6}, largest error {2:E3}\n", d.sqnr(),
        d.cosine(), d.maxError);
  else
    llvm::outs() << llvm::formatv("{0} of {1} {2} values differ\n", d.differing,
                                  d.count, output.type);
}

static void printLayers(llvm::ArrayRef<ComparedLayer> layers) {
  size_t width = 5;
  for (const ComparedLayer &layer : layers)
    width = std::max(width, layer.name.size());
  llvm::outs() << "\n"
               << llvm::left_justify("layer", width)
               << "  op      SQNR dB    cosine  largest error\n";
  for (const ComparedLayer &layer : layers) {
    const Difference &d = layer.difference;
    llvm::outs() << llvm::left_justify(layer.name, width) << "  "
                 << llvm::left_justify(layer.op, 6);
    if (d.lost)
      printLost(d);
    else
      llvm::outs() << llvm::formatv(" {0,8:F2}  {1:F6}  {2:E3}{3}\n", d.sqnr(),
                                    d.cosine(), d.maxError,
                                    layer.isQuantized ? "" : "  float");
  }
}

/// Adds what the report beside the artifact says, if there is one.
static llvm::Error addCompiled(StringRef prefix, ComparisonReport &report) {
  std::string path = (prefix + ".report.json").str();
  if (!llvm::sys::fs::exists(path))
    return llvm::Error::success();
  auto compiled = readLayerReports(path);
  if (!compiled)
    return compiled.takeError();
  for (ComparedLayer &layer : report.layers) {
    auto found = llvm::find_if(*compiled, [&](const LayerReport &other) {
      return other.name == layer.name;
    });
    if (found != compiled->end())
      layer.compiled = *found;
  }
  return llvm::Error::success();
}

/// Runs the float model and the artifact's recipe with the interpreter.
static llvm::Error addLayers(const Arguments &arguments,
                             const NamedArrays &inputs,
                             ComparisonReport &report) {
  StringRef prefix = arguments.positional[1];
  prefix.consume_back(".so");
  InterpretOptions options;
  options.model = arguments.positional[0];
  options.recipeOrPreset = (prefix + ".recipe.yaml").str();
  options.calibrationData = arguments.get("--calibrate");
  std::string measured = (prefix + ".sensitivity.json").str();
  if (llvm::sys::fs::exists(measured))
    options.sensitivity = measured;
  auto precision = arguments.getInteger("--precision", 0, 1, 8);
  if (!precision)
    return precision.takeError();
  options.precision = *precision;
  ProgressReporter progress = makeStderrProgress(verbosityOf(arguments));
  auto layers = compareLayers(options, inputs, progress);
  if (!layers)
    return layers.takeError();
  for (LayerDifference &layer : *layers)
    report.layers.push_back({std::move(layer.name), std::move(layer.op),
                             layer.isQuantized, layer.difference,
                             layer.saturated, layer.inputBefore,
                             layer.inputAfter, std::nullopt});
  return addCompiled(prefix, report);
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

/// Compares the outputs of both models on the same inputs.
static llvm::Error addOutputs(const Arguments &arguments,
                              const NamedArrays &inputs,
                              ComparisonReport &report) {
  auto artifact = Artifact::load(arguments.positional[1], {});
  if (!artifact)
    return artifact.takeError();
  if (llvm::Error error = choosePrecision(arguments, *artifact))
    return error;
  auto found = artifact->run("main", inputs);
  if (!found)
    return found.takeError();
  auto wanted = runFloat(arguments, inputs);
  if (!wanted)
    return wanted.takeError();
  for (const auto &[name, array] : *wanted) {
    const Array *other = findArray(*found, name);
    if (!other || other->shape != array.shape || !(other->type == array.type))
      return makeError(ErrorKind::Usage,
                       "'{0}' and '{1}' differ in output '{2}'",
                       arguments.positional[0], arguments.positional[1], name);
    report.outputs.push_back({name, array.type.name(), isFloat32(array),
                              measureDifference(array, *other)});
  }
  return llvm::Error::success();
}

static llvm::Error print(const Arguments &arguments,
                         const ComparisonReport &report) {
  if (arguments.has("--json")) {
    llvm::outs() << llvm::formatv("{0:2}",
                                  llvm::json::Value(comparisonRows(report)))
                 << "\n";
  } else {
    for (const ComparedOutput &output : report.outputs)
      printText(output);
    if (arguments.has("--layers"))
      printLayers(report.layers);
  }
  if (!arguments.has("--report"))
    return llvm::Error::success();
  std::string prefix = arguments.get("--report");
  if (llvm::Error error = writeFileAtomically(prefix + ".compare.json",
                                              comparisonToJson(report)))
    return error;
  return writeFileAtomically(prefix + ".compare.html",
                             comparisonToHtml(report));
}

static llvm::Error runCompare(const Arguments &arguments) {
  if (!arguments.has("--data"))
    return makeError(ErrorKind::Usage,
                     "quantc compare needs --data; see quantc compare --help");
  auto inputs = readArrays(arguments.get("--data"));
  if (!inputs)
    return inputs.takeError();
  ComparisonReport report;
  report.model = arguments.positional[0];
  report.artifact = arguments.positional[1];
  report.data = arguments.get("--data");
  if (llvm::Error error = addOutputs(arguments, *inputs, report))
    return error;
  if (arguments.has("--layers"))
    if (llvm::Error error = addLayers(arguments, *inputs, report))
      return error;
  return print(arguments, report);
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
    "values that differ are counted.\n"
    "With --layers the interpreter runs the float model and the one quantized "
    "by "
    "the\n"
    "recipe beside ARTIFACT, and the results of each matrix product and "
    "convolution are\n"
    "compared. Differences gather from layer to layer. It is slow: give it few "
    "samples.\n\n"
    "examples:\n"
    "  quantc compare resnet.onnx build/resnet-w8a8.so --data images.npz\n"
    "  quantc compare decoder.onnx build/decoder --data tokens.npz --layers "
    "--report look\n",
    runCompare};
