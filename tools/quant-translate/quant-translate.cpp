//===- quant-translate.cpp - ONNX to MLIR -----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Prints the module that the importer makes of a model. For developers; a user
// runs quantc.

#include "quantc/Import/Import.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/OutputFile.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

static cl::OptionCategory category("quant-translate options");
static cl::opt<std::string> input(cl::Positional,
                                  cl::desc("FILE.onnx or FILE.onnxtxt"),
                                  cl::Required, cl::cat(category));
static cl::opt<bool> importFlag("import-onnx",
                                cl::desc("read an ONNX model, write MLIR"),
                                cl::cat(category));
static cl::opt<std::string> output("o", cl::desc("write to this file"),
                                   cl::value_desc("file"), cl::init("-"),
                                   cl::cat(category));
static cl::opt<bool>
    locations("locations",
              cl::desc("print the ONNX node name of each operation"),
              cl::cat(category));
static cl::opt<bool>
    trustModel("no-checker", cl::desc("skip the checker of the onnx library"),
               cl::cat(category));

static int report(Error error) {
  quantc::Failure failure = quantc::takeFailure(std::move(error));
  if (failure.exitCode)
    errs() << "quant-translate: " << failure.message << "\n";
  return failure.exitCode;
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "ONNX to MLIR\n\n"
      "  quant-translate --import-onnx model.onnx -o model.mlir\n\n"
      "Exit codes: 0 done, 1 usage, 2 operators not supported, 3 bad\n"
      "model, 4 a file cannot be read or written, 5 internal error.\n");
  if (!importFlag)
    return report(quantc::makeError(
        quantc::ErrorKind::Usage,
        "nothing to do; say --import-onnx to read an ONNX model"));
  mlir::MLIRContext context;
  quantc::ImportOptions options;
  options.checkModel = !trustModel;
  auto module = quantc::importOnnx(input, context, options);
  if (!module)
    return report(module.takeError());
  mlir::OpPrintingFlags flags;
  if (locations)
    flags.enableDebugInfo(/*enable=*/true, /*prettyForm=*/false);
  if (output == "-") {
    (*module)->print(outs(), flags);
    return 0;
  }
  std::string text;
  raw_string_ostream stream(text);
  (*module)->print(stream, flags);
  return report(quantc::writeFileAtomically(output, text));
}
