//===- Interpret.cpp - quantc interpret -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs a model with the interpreter.

#include "Precision.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Pipeline/Interpretation.h"
#include "quantc/Support/Errors.h"

using namespace quantc;

static constexpr Option interpretOptions[] = {
    {"--inputs", "", "IN.npz", "arrays by the names of the inputs"},
    {"--outputs", "", "OUT.npz", "file that gets the outputs"},
    {"--recipe", "-r", "RECIPE", "as for compile; default float"},
    {"--calibrate", "", "DATA.npz", "as for compile"},
    {"--to", "", "PHASE",
     "import, normalize, assign, quantize or fuse; default: normalize, or "
     "quantize with a recipe"},
    precisionOption,
    {"--quiet", "-q", "", "print nothing but warnings and errors"},
    {"--verbose", "-v", "", "print more"},
};

static llvm::Error runInterpret(const Arguments &arguments) {
  for (llvm::StringRef needed : {"--inputs", "--outputs"})
    if (!arguments.has(needed))
      return makeError(ErrorKind::Usage,
                       "quantc interpret needs {0}; see quantc interpret "
                       "--help",
                       needed);
  InterpretOptions options;
  options.model = arguments.positional.front();
  options.recipeOrPreset = arguments.get("--recipe", "float");
  options.calibrationData = arguments.get("--calibrate");
  options.lastPhase = arguments.get("--to");
  auto precision = arguments.getInteger("--precision", 0, 1, 8);
  if (!precision)
    return precision.takeError();
  options.precision = *precision;
  bool isIR = llvm::StringRef(options.model).ends_with(".mlir");
  for (llvm::StringRef option : {"--recipe", "--calibrate", "--to"})
    if (isIR && arguments.has(option))
      return makeError(ErrorKind::Usage,
                       "IR is interpreted as it is; {0} is for ONNX models",
                       option);
  auto inputs = readArrays(arguments.get("--inputs"));
  if (!inputs)
    return inputs.takeError();
  ProgressReporter progress = makeStderrProgress(verbosityOf(arguments));
  auto outputs = interpretModel(options, *inputs, progress);
  if (!outputs)
    return outputs.takeError();
  return writeNpz(arguments.get("--outputs"), *outputs);
}

const Command quantc::interpretCommand = {
    "run a model with the reference interpreter",
    "MODEL",
    1,
    interpretOptions,
    "MODEL is .onnx, .onnxtxt, or .mlir from --keep. Nothing is lowered: each "
    "operation is\n"
    "computed by plain code, slowly. Products of a compiled model have the "
    "same bits.\n\n"
    "examples:\n"
    "  quantc interpret model.onnx --inputs in.npz --outputs out.npz\n"
    "  quantc interpret model.onnx -r w4a8 --to fuse --inputs in.npz "
    "--outputs out.npz\n",
    runInterpret};
