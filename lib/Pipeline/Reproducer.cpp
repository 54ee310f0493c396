//===- Reproducer.cpp - how to repeat a fault of quantc ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Reproducer.h.

#include "Reproducer.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/OutputFile.h"

using namespace mlir;
using namespace quantc;

std::string quantc::printModule(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os, OpPrintingFlags().enableDebugInfo());
  return text;
}

llvm::Error quantc::addReproducer(llvm::Error error, ModuleOp before,
                                  StringRef path, StringRef command) {
  Failure failure = takeFailure(std::move(error));
  auto kind = static_cast<ErrorKind>(failure.exitCode);
  if (kind != ErrorKind::Internal || path.empty())
    return makeError(kind, Twine(failure.message));
  std::string hint;
  if (llvm::Error unwritten = writeFileAtomically(path, printModule(before)))
    hint = llvm::toString(std::move(unwritten));
  else
    hint =
        ("this is a fault of quantc; repeat it with: " + command + " " + path)
            .str();
  return makeError(kind, Twine(failure.message + "\n" + hint));
}
