//===- Command.h - what a sub-command of quantc is -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A sub-command declares its options; parsing and help come from here.

#ifndef QUANTC_TOOLS_QUANTC_COMMAND_H
#define QUANTC_TOOLS_QUANTC_COMMAND_H

#include "quantc/Support/Progress.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace quantc {

/// One option. Without a value name it is a switch.
struct Option {
  llvm::StringLiteral name;      ///< "--recipe"
  llvm::StringLiteral shortName; ///< "-r", or ""
  llvm::StringLiteral value;     ///< "RECIPE", or "" for a switch
  llvm::StringLiteral help;
  bool isList = false; ///< may be given more than once
};

/// What was given on a command line.
class Arguments {
public:
  bool has(llvm::StringRef option) const { return values.count(option) != 0; }
  /// The last value of an option, or `standard`.
  std::string get(llvm::StringRef option, llvm::StringRef standard = "") const;
  llvm::ArrayRef<std::string> all(llvm::StringRef option) const;
  /// ErrorKind::Usage unless the value is an integer from `low` to `high`.
  llvm::Expected<int64_t> getInteger(llvm::StringRef option, int64_t standard,
                                     int64_t low, int64_t high) const;

  std::vector<std::string> positional;

private:
  friend struct Command;
  llvm::StringMap<std::vector<std::string>> values;
};

struct Command {
  llvm::StringLiteral summary;
  llvm::StringLiteral positional; ///< as the usage line shows it: "MODEL"
  size_t positionalCount;
  llvm::ArrayRef<Option> options;
  llvm::StringLiteral details; ///< paragraphs and examples of the help text
  llvm::Error (*run)(const Arguments &arguments);

  /// ErrorKind::Usage, with near names, for anything that is not declared.
  llvm::Expected<Arguments> parse(llvm::StringRef name,
                                  llvm::ArrayRef<llvm::StringRef> words) const;
  void printHelp(llvm::StringRef name, llvm::raw_ostream &os) const;
};

/// Progress as `--quiet` and `--verbose` ask for it.
Verbosity verbosityOf(const Arguments &arguments);

#define QUANTC_COMMAND(name, object) extern const Command object;
#include "Commands.def"

} // namespace quantc

#endif // QUANTC_TOOLS_QUANTC_COMMAND_H
