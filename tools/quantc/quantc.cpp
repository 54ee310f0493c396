//===- quantc.cpp - the driver that users run -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Finds the sub-command and turns its error into an exit code. What a
// sub-command does is in a file of its name.

#include "Command.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "quantc/Support/OutputFile.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using llvm::StringRef;

namespace {
struct NamedCommand {
  llvm::StringLiteral name;
  const Command *command;
};
} // namespace

static const NamedCommand commands[] = {
#define QUANTC_COMMAND(name, object) {name, &object},
#include "Commands.def"
};

static void printHelp(llvm::raw_ostream &os) {
  os << "quantc compiles ONNX models to small, fast, self-contained "
        "libraries.\n\n"
        "usage: quantc COMMAND ...\n\ncommands:\n";
  for (const NamedCommand &one : commands)
    os << "  " << llvm::left_justify(one.name, 10) << " "
       << one.command->summary << "\n";
  os << "\nquantc COMMAND --help shows options and examples.\n\n"
        "exit codes: 0 done, 1 wrong command line or recipe, 2 the model needs "
        "something\n"
        "that quantc does not do, 3 a model or data file is damaged, 4 a file "
        "cannot be\n"
        "read or written, 5 a fault of quantc itself; its message says how to "
        "repeat it\n";
}

static llvm::Error dispatch(StringRef name, llvm::ArrayRef<StringRef> words) {
  llvm::SmallVector<StringRef> names;
  for (const NamedCommand &one : commands) {
    names.push_back(one.name);
    if (one.name != name)
      continue;
    if (llvm::is_contained(words, "--help") ||
        llvm::is_contained(words, "-h")) {
      one.command->printHelp(name, llvm::outs());
      return llvm::Error::success();
    }
    auto arguments = one.command->parse(name, words);
    if (!arguments)
      return arguments.takeError();
    return one.command->run(*arguments);
  }
  return makeError(ErrorKind::Usage,
                   "quantc has no command '{0}'{1}; see quantc --help", name,
                   didYouMean(name, names));
}

int main(int argc, char **argv) {
  llvm::SmallVector<StringRef> words(argv + 1, argv + argc);
  removeUnfinishedFilesOnSignal();
  if (words.empty() || words[0] == "--help" || words[0] == "-h" ||
      words[0] == "help") {
    printHelp(words.empty() ? llvm::errs() : llvm::outs());
    return words.empty() ? static_cast<int>(ErrorKind::Usage) : 0;
  }
  if (words[0] == "--version") {
    llvm::outs() << "quantc " << QUANTC_VERSION << "\n";
    return 0;
  }
  Failure failure =
      takeFailure(dispatch(words[0], llvm::ArrayRef(words).drop_front()));
  if (failure.exitCode)
    llvm::errs() << "quantc: error: " << failure.message << "\n";
  return failure.exitCode;
}
