//===- Compile.cpp - quantc compile and quantc plan -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Hands the command line to the driver library and writes the report.

#include "Command.h"
#include "quantc/Pipeline/Driver.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/OutputFile.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using llvm::StringRef;

static constexpr Option compileOptions[] = {
    {"--recipe", "-r", "RECIPE",
     "preset (see `quantc recipe`) or YAML file; default float"},
    {"--output", "-o", "PREFIX",
     "of the files that are written; default: the model's name"},
    {"--target", "", "TARGET",
     "native (default) or a name of `quantc targets`"},
    {"--calibrate", "", "DATA.npz",
     "samples: arrays by the names of the inputs, one sample after the other "
     "in the first dimension"},
    {"--statistics", "", "DIR",
     "keep what samples say in this folder; what is there is used again, also "
     "after a kill"},
    {"--embed-weights", "", "",
     "put the weights into the library, without a weights file"},
    {"--certify", "", "",
     "check in fp64 that transforms changed nothing; PREFIX.certificate.json "
     "says what they did"},
    {"--time", "", "",
     "run the model at the smallest sizes; the report says where its time "
     "goes"},
    {"--keep", "", "DIR", "keep the IR after each phase in this folder"},
    {"--from", "", "PHASE", "start here; the model is IR from --keep"},
    {"--to", "", "PHASE", "stop after this phase"},
};

static constexpr Option planOptions[] = {
    {"--recipe", "-r", "RECIPE", "as for compile"},
    {"--target", "", "TARGET", "as for compile"},
    {"--calibrate", "", "DATA.npz",
     "samples for a budget that measures outputs"},
    {"--statistics", "", "DIR", "as for compile"},
    {"--json", "", "", "print JSON"},
    {"--report", "", "PREFIX",
     "write PREFIX.plan.json and the page PREFIX.plan.html"},
    {"--explain", "", "",
     "say which features can be rotated, and what forbids others"},
};

static CompileOptions readOptions(const Arguments &arguments) {
  CompileOptions options;
  options.model = arguments.positional.front();
  options.recipeOrPreset = arguments.get("--recipe", "float");
  options.outputPrefix =
      arguments.get("--output", llvm::sys::path::stem(options.model));
  options.target = arguments.get("--target", "native");
  options.calibrationData = arguments.get("--calibrate");
  options.statisticsDir = arguments.get("--statistics");
  options.embedWeights = arguments.has("--embed-weights");
  options.certify = arguments.has("--certify");
  options.measureTimes = arguments.has("--time");
  options.explain = arguments.has("--explain");
  options.keepDir = arguments.get("--keep");
  options.fromPhase = arguments.get("--from");
  options.toPhase = arguments.get("--to");
  return options;
}

/// PREFIX.KIND.json and PREFIX.KIND.html.
static llvm::Error writeReport(const std::string &prefix, StringRef kind,
                               const CompileReport &report) {
  std::string name = prefix + "." + kind.str();
  if (llvm::Error error =
          writeFileAtomically(name + ".json", reportToJson(report)))
    return error;
  return writeFileAtomically(name + ".html", reportToHtml(report));
}

static void printWarnings(const CompileReport &report) {
  for (const std::string &warning : report.warnings)
    llvm::errs() << "quantc: warning: " << warning << "\n";
}

static llvm::Error runCompile(const Arguments &arguments) {
  CompileOptions options = readOptions(arguments);
  ProgressReporter progress = makeStderrProgress(verbosityOf(arguments));
  CompileReport report;
  if (llvm::Error error = compileModel(options, report, progress))
    return error;
  printWarnings(report);
  if (!options.toPhase.empty() && options.toPhase != "lower")
    return llvm::Error::success();
  if (llvm::Error error = writeFileAtomically(
          options.outputPrefix + ".recipe.yaml", report.recipeYaml))
    return error;
  if (llvm::Error error = writeReport(options.outputPrefix, "report", report))
    return error;
  if (verbosityOf(arguments) == Verbosity::Quiet)
    return llvm::Error::success();
  llvm::outs() << reportToTable(report) << "wrote " << options.outputPrefix
               << ".{so," << (options.embedWeights ? "" : "weights,")
               << "h,json,recipe.yaml,report.json,report.html}\n";
  return llvm::Error::success();
}

static llvm::Error runPlan(const Arguments &arguments) {
  CompileOptions options = readOptions(arguments);
  ProgressReporter progress = makeStderrProgress(verbosityOf(arguments));
  CompileReport report;
  if (llvm::Error error = planModel(options, report, progress))
    return error;
  printWarnings(report);
  llvm::outs() << (arguments.has("--json") ? reportToJson(report)
                                           : reportToTable(report));
  if (arguments.has("--report"))
    return writeReport(arguments.get("--report"), "plan", report);
  return llvm::Error::success();
}

const Command quantc::compileCommand = {
    "compile a model to a library",
    "MODEL",
    1,
    compileOptions,
    "MODEL is .onnx, .onnxtxt, or .mlir from --keep. Written are PREFIX.so "
    "with the code,\n"
    "PREFIX.weights, PREFIX.h, PREFIX.json (inputs and outputs), "
    "PREFIX.recipe.yaml (the\n"
    "effective recipe), PREFIX.report.json and PREFIX.report.html. On a fault "
    "of quantc itself\n"
    "PREFIX.failed.mlir is the IR that it could not handle.\n\n"
    "examples:\n"
    "  quantc compile model.onnx\n"
    "  quantc compile decoder.onnx -r w4a16 -o build/decoder\n"
    "  quantc compile resnet.onnx -r w8a8 --calibrate images.npz --target "
    "x86-64-v4\n"
    "  quantc compile model.onnx -o one-file --embed-weights\n"
    "  quantc compile model.onnx --keep ir --to normalize\n",
    runCompile};

const Command quantc::planCommand = {
    "show what compile would do, layer by layer",
    "MODEL",
    1,
    planOptions,
    "Without --report nothing is written. Sizes are those of the "
    "files that compile\n"
    "writes, to the byte: with scales, zero points and what layouts pad.\n\n"
    "examples:\n"
    "  quantc plan decoder.onnx -r w4a16\n"
    "  quantc plan decoder.onnx -r my-recipe.yaml --report look\n",
    runPlan};
