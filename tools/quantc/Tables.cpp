//===- Tables.cpp - quantc ops, formats, methods, kernels and targets -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Prints the tables that the compiler itself works from.

#include "Command.h"
#include "quantc/Formats/Format.h"
#include "quantc/Import/Import.h"
#include "quantc/Methods/Method.h"
#include "quantc/Pipeline/Driver.h"
#include "quantc/Target/Target.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using llvm::StringRef;
using Row = std::vector<std::string>;

static constexpr Option tableOptions[] = {{"--json", "", "", "print JSON"}};

/// Prints rows under `titles`, or as JSON objects with those keys.
static llvm::Error printTable(const Arguments &arguments, const Row &titles,
                              const std::vector<Row> &rows) {
  if (arguments.has("--json")) {
    llvm::json::Array array;
    for (const Row &row : rows) {
      llvm::json::Object object;
      for (size_t i = 0; i < titles.size(); ++i)
        object[titles[i]] = row[i];
      array.push_back(std::move(object));
    }
    llvm::outs() << llvm::formatv("{0:2}", llvm::json::Value(std::move(array)))
                 << "\n";
    return llvm::Error::success();
  }
  std::vector<size_t> widths;
  for (size_t i = 0; i < titles.size(); ++i) {
    widths.push_back(titles[i].size());
    for (const Row &row : rows)
      widths[i] = std::max(widths[i], row[i].size());
  }
  auto print = [&](const Row &row) {
    for (size_t i = 0; i < row.size(); ++i)
      llvm::outs() << (i ? "  " : "")
                   << llvm::left_justify(row[i],
                                         i + 1 < row.size() ? widths[i] : 0);
    llvm::outs() << "\n";
  };
  print(titles);
  llvm::for_each(rows, print);
  return llvm::Error::success();
}

static llvm::Error runOps(const Arguments &arguments) {
  std::vector<Row> rows;
  for (const SupportedOp &op : supportedOps())
    rows.push_back({op.domain.str(), op.name.str(), std::to_string(op.since)});
  return printTable(arguments, {"domain", "operator", "since"}, rows);
}

static llvm::Error runFormats(const Arguments &arguments) {
  std::vector<Row> rows;
  for (const Format &format : allFormats())
    rows.push_back({std::string(format.name), std::to_string(format.bits),
                    llvm::formatv("{0}", format.minValue).str(),
                    llvm::formatv("{0}", format.maxValue).str()});
  return printTable(arguments, {"format", "bits", "lowest", "highest"}, rows);
}

static llvm::Error runMethods(const Arguments &arguments) {
  std::vector<Row> rows;
  for (const Method &method : allMethods())
    rows.push_back({method.name.str(), method.summary.str()});
  return printTable(arguments, {"method", "summary"}, rows);
}

static llvm::Error runKernels(const Arguments &arguments) {
  std::vector<Row> rows;
  for (const KernelEntry &entry : allKernels())
    rows.push_back(
        {entry.name.str(), entry.weights.str(), entry.activations.str()});
  return printTable(arguments, {"kernel", "weights", "activations"}, rows);
}

static llvm::Error runTargets(const Arguments &arguments) {
  std::vector<Row> rows;
  for (const TargetInfo &target : allTargets())
    rows.push_back(
        {target.name, target.level, target.processor, target.features});
  return printTable(arguments, {"target", "level", "processor", "features"},
                    rows);
}

const Command quantc::opsCommand = {
    "list the ONNX operators that can be imported",
    "",
    0,
    tableOptions,
    "An operator can be imported from the opset `since` of its domain on. One "
    "that occurs\n"
    "twice is read by two rules: the last that is not above the model's opset "
    "counts.\n\n"
    "examples:\n"
    "  quantc ops\n"
    "  quantc ops --json\n",
    runOps};
const Command quantc::formatsCommand = {
    "list the number formats",
    "",
    0,
    tableOptions,
    "Bits of one code, and the lowest and highest number that codes stand for "
    "at scale 1.\n\n"
    "examples:\n"
    "  quantc formats\n"
    "  quantc formats --json\n",
    runFormats};
const Command quantc::methodsCommand = {
    "list the quantizers of weights",
    "",
    0,
    tableOptions,
    "Names that `method` of a recipe takes.\n\n"
    "examples:\n"
    "  quantc methods\n"
    "  quantc methods --json\n",
    runMethods};
const Command quantc::kernelsCommand = {
    "list the kernels",
    "",
    0,
    tableOptions,
    "What constant and other operands hold. There is code for every level of "
    "`quantc\n"
    "targets`. A report says which kernel computes a layer.\n\n"
    "examples:\n"
    "  quantc kernels\n"
    "  quantc kernels --json\n",
    runKernels};
const Command quantc::targetsCommand = {
    "list the targets",
    "",
    0,
    tableOptions,
    "Names that `--target` takes besides native, with the level and LLVM's "
    "names of processor\n"
    "and features. A target of x86-64 holds the code of all levels above it in "
    "the list, too.\n"
    "cuda-sim runs GPU kernels thread by thread on this machine, to test "
    "them; with\n"
    "cuda-sim-backward the last thread comes first.\n\n"
    "examples:\n"
    "  quantc targets\n"
    "  quantc targets --json\n",
    runTargets};
