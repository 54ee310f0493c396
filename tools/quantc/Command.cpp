//===- Command.cpp - parsing and help of sub-commands -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Options may stand anywhere; `--name VALUE` and `--name=VALUE` are the same.

#include "Command.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using llvm::StringRef;

std::string Arguments::get(StringRef option, StringRef standard) const {
  auto found = values.find(option);
  return found == values.end() ? standard.str() : found->second.back();
}

llvm::ArrayRef<std::string> Arguments::all(StringRef option) const {
  auto found = values.find(option);
  if (found == values.end())
    return {};
  return found->second;
}

llvm::Expected<int64_t> Arguments::getInteger(StringRef option,
                                              int64_t standard, int64_t low,
                                              int64_t high) const {
  int64_t value = standard;
  std::string text = get(option);
  if (has(option) &&
      (StringRef(text).getAsInteger(10, value) || value < low || value > high))
    return makeError(ErrorKind::Usage,
                     "'{0}' is '{1}', expected an integer from {2} to {3}",
                     option, text, low, high);
  return value;
}

/// What every command takes.
static constexpr Option commonOptions[] = {
    {"--quiet", "-q", "", "print nothing but results, warnings and errors"},
    {"--verbose", "-v", "", "print more about what is done"},
    {"--help", "-h", "", "print this"},
};

/// The command's own options and those of every command.
static std::vector<Option> withCommon(llvm::ArrayRef<Option> own) {
  std::vector<Option> options(own.begin(), own.end());
  for (const Option &common : commonOptions)
    if (llvm::none_of(own, [&](const Option &option) {
          return option.name == common.name;
        }))
      options.push_back(common);
  return options;
}

static const Option *findOption(llvm::ArrayRef<Option> options,
                                StringRef word) {
  const Option *found = llvm::find_if(options, [&](const Option &option) {
    return option.name == word ||
           (!option.shortName.empty() && option.shortName == word);
  });
  return found == options.end() ? nullptr : found;
}

llvm::Expected<Arguments>
Command::parse(StringRef name, llvm::ArrayRef<StringRef> words) const {
  Arguments arguments;
  std::vector<Option> known = withCommon(options);
  for (size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("-") || words[i] == "-") {
      arguments.positional.push_back(words[i].str());
      continue;
    }
    auto [key, value] = words[i].split('=');
    const Option *option = findOption(known, key);
    if (!option) {
      llvm::SmallVector<StringRef> names;
      for (const Option &one : known)
        names.push_back(one.name);
      return makeError(ErrorKind::Usage, "quantc {0} has no option '{1}'{2}",
                       name, key, didYouMean(key, names));
    }
    std::vector<std::string> &values = arguments.values[option->name];
    bool isInline = words[i].contains('=');
    if (option->value.empty() ? isInline : !isInline && i + 1 == words.size())
      return makeError(ErrorKind::Usage, "option '{0}' takes {1}", key,
                       option->value.empty() ? StringRef("no value")
                                             : StringRef(option->value));
    if (!option->isList)
      values.clear();
    values.push_back(option->value.empty() ? ""
                     : isInline            ? value.str()
                                           : words[++i].str());
  }
  if (arguments.positional.size() != positionalCount)
    return makeError(
        ErrorKind::Usage,
        "quantc {0} takes {1}, found {2} of them; see quantc {0} --help", name,
        positionalCount ? StringRef(positional) : StringRef("no files"),
        arguments.positional.size());
  return arguments;
}

void Command::printHelp(StringRef name, llvm::raw_ostream &os) const {
  os << "usage: quantc " << name << (positional.empty() ? "" : " ")
     << positional << " [options]\n\n"
     << summary << "\n\noptions:\n";
  for (const Option &option : withCommon(options)) {
    std::string left = option.name.str();
    if (!option.shortName.empty())
      left = (option.shortName + ", " + left).str();
    if (!option.value.empty())
      left += (" " + option.value).str();
    os << "  " << llvm::left_justify(left, 28) << " " << option.help << "\n";
  }
  if (!details.empty())
    os << "\n" << details;
}

Verbosity quantc::verbosityOf(const Arguments &arguments) {
  return arguments.has("--quiet")     ? Verbosity::Quiet
         : arguments.has("--verbose") ? Verbosity::Verbose
                                      : Verbosity::Normal;
}
