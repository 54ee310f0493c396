//===- Certificate.cpp - proof that a transform changed nothing -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Certificate.h. Inputs come from a generator with a fixed seed, so that a
// certificate can be made again.

#include "Certificate.h"
#include "Diagnostics.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Interpret/Interpret.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <random>

using namespace mlir;
using namespace quantc;

/// Positions of a sequence, samples of a batch.
static constexpr int64_t dynamicSize = 8;

bool Certificate::holds() const {
  return llvm::all_of(outputs, [](const Output &output) {
    return output.difference <= tolerance; // false for NaN
  });
}

std::string Certificate::toJson() const {
  llvm::json::Array weightList, outputList;
  for (const std::string &weight : weights)
    weightList.push_back(llvm::json::fixUTF8(weight));
  for (const Output &output : outputs)
    outputList.push_back(
        llvm::json::Object{{"name", llvm::json::fixUTF8(output.name)},
                           {"relative_difference", output.difference}});
  llvm::json::Object root{{"tolerance", tolerance},
                          {"holds", holds()},
                          {"outputs", std::move(outputList)},
                          {"weights", std::move(weightList)}};
  return llvm::formatv("{0:2}\n", llvm::json::Value(std::move(root))).str();
}

//===-- what was done ----------------------------------------------------===//

static std::string describe(qnt::TransformOp op) {
  std::string text =
      llvm::formatv("{0}{1} {2}", op.getInverse() ? "inverse " : "",
                    qnt::stringifyTransformKind(op.getKind()), op.getAxis());
  if (op.getBlock())
    text += " in blocks of " + std::to_string(op.getBlock());
  return text;
}

/// The ends of all chains of transforms.
static std::vector<std::string> listTransforms(ModuleOp module) {
  std::vector<std::string> list;
  module.walk([&](qnt::TransformOp op) {
    bool isInner = llvm::all_of(op->getUsers(), [](Operation *user) {
      return isa<qnt::TransformOp>(user);
    });
    if (isInner)
      return;
    SmallVector<std::string> steps;
    for (qnt::TransformOp step = op; step;
         step = step.getInput().getDefiningOp<qnt::TransformOp>())
      steps.push_back(describe(step));
    list.push_back(qnt::TransformOp::paramOf(op.getResult()).getName().str() +
                   ": " + llvm::join(llvm::reverse(steps), ", "));
  });
  return list;
}

//===-- inputs -----------------------------------------------------------===//

static bool isCache(BlockArgument argument) {
  bool hasAppend = false;
  for (Operation *user : argument.getUsers()) {
    auto append = dyn_cast<nn::KVAppendOp>(user);
    hasAppend |= append && append.getPast() == argument;
  }
  return hasAppend;
}

/// Rows that every table has which is indexed by `argument`; 1 for none.
static int64_t rowsFor(BlockArgument argument) {
  int64_t rows = 0;
  for (Operation *user : argument.getUsers())
    if (auto lookup = dyn_cast<nn::EmbeddingOp>(user)) {
      int64_t size =
          cast<RankedTensorType>(lookup.getTable().getType()).getDimSize(0);
      rows = rows ? std::min(rows, size) : size;
    }
  return rows;
}

static Tensor randomInput(BlockArgument argument, std::mt19937_64 &random) {
  auto type = cast<RankedTensorType>(argument.getType());
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size))
      size = isCache(argument) ? 0 : dynamicSize;
  Type element = type.getElementType();
  if (isa<FloatType>(element)) {
    std::vector<double> numbers(elementCount(shape));
    std::normal_distribution<double> normal;
    for (double &number : numbers)
      number = normal(random);
    return Tensor::ofNumbers(element, shape, numbers);
  }
  // Masks let everything pass.
  std::vector<int64_t> integers(elementCount(shape), 1);
  if (int64_t rows = rowsFor(argument))
    for (int64_t &integer : integers)
      integer = static_cast<int64_t>(random() % static_cast<uint64_t>(rows));
  return Tensor::ofIntegers(element, shape, integers);
}

//===-- comparison -------------------------------------------------------===//

/// The outputs of @main in fp64.
static llvm::Expected<std::vector<Tensor>> runWide(ModuleOp module,
                                                   ArrayRef<Tensor> inputs) {
  OwningOpRef<ModuleOp> copy = module.clone();
  auto function = copy->lookupSymbol<func::FuncOp>("main");
  widenToDouble(function);
  DiagnosticCollector collector(module.getContext());
  qnt::DataReader reader;
  auto outputs = interpret(function, inputs, reader);
  if (failed(outputs))
    return makeError(ErrorKind::Unsupported,
                     "the model cannot be certified: {0}", collector.text());
  return std::move(*outputs);
}

static double differenceOf(const Tensor &wanted, const Tensor &found) {
  std::vector<double> a = wanted.numbers(), b = found.numbers();
  double worst = 0, largest = 0;
  for (auto [x, y] : llvm::zip(a, b)) {
    if (std::isnan(x) && std::isnan(y))
      continue;
    // Not finite on one side only stays NaN or infinite.
    worst = x == y ? worst : std::max(std::abs(x - y), worst);
    if (std::isnan(x - y) && x != y)
      return NAN;
    largest = std::max(largest, std::abs(x));
  }
  return worst == 0 ? 0 : worst / largest;
}

llvm::Expected<Certificate> quantc::certify(ModuleOp before, ModuleOp after) {
  auto function = before.lookupSymbol<func::FuncOp>("main");
  if (!function || !function.getBody().hasOneBlock())
    return makeError(ErrorKind::BadModel, "the module has no function @main");
  OwningOpRef<ModuleOp> wide = before.clone();
  auto wideMain = wide->lookupSymbol<func::FuncOp>("main");
  widenToDouble(wideMain);
  std::mt19937_64 random(1);
  std::vector<Tensor> inputs;
  for (BlockArgument argument : wideMain.getArguments())
    inputs.push_back(randomInput(argument, random));
  auto wanted = runWide(before, inputs), found = runWide(after, inputs);
  if (!wanted || !found)
    return llvm::joinErrors(wanted ? llvm::Error::success()
                                   : wanted.takeError(),
                            found ? llvm::Error::success() : found.takeError());
  Certificate certificate;
  certificate.weights = listTransforms(after);
  Operation *exit = function.getBody().front().getTerminator();
  for (auto [i, value] : llvm::enumerate(exit->getOperands())) {
    auto append = value.getDefiningOp<nn::KVAppendOp>();
    if (append && isa<BlockArgument>(append.getPast()))
      continue;
    auto name = function.getResultAttrOfType<StringAttr>(i, "nn.name");
    certificate.outputs.push_back(
        {name ? name.str() : "output" + std::to_string(i),
         differenceOf((*wanted)[i], (*found)[i])});
  }
  return certificate;
}
