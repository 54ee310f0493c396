//===- NumbersReport.cpp - weights before and after transforms --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads each weight that is to be quantized once more, one after the other, so
// that memory holds no more than the largest. Decides nothing.

#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Pipeline/LayerReport.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace quantc;

/// The assigned weight of a product whose codes are yet to be chosen, or null.
static qnt::AssignOp weightOf(Operation *op) {
  if (!isa<nn::MatMulOp, nn::ConvOp>(op) || !isa<NameLoc>(op->getLoc()))
    return {};
  auto weight = op->getOperand(1).getDefiningOp<qnt::AssignOp>();
  bool isOurs = weight && !weight.getScheme().isNone() &&
                !weight.isFromModel() &&
                qnt::TransformOp::paramOf(weight.getInput());
  return isOurs ? weight : qnt::AssignOp();
}

static llvm::Expected<Histogram> histogramOf(Value value,
                                             qnt::DataReader &reader) {
  auto numbers = qnt::readRounded(value, reader);
  if (!numbers)
    return numbers.takeError();
  return Histogram::of(*numbers);
}

static llvm::Expected<WeightHistograms> describe(qnt::AssignOp weight,
                                                 qnt::DataReader &reader) {
  Value input = weight.getInput();
  nn::ParamOp param = qnt::TransformOp::paramOf(input);
  auto before = histogramOf(param.getResult(), reader);
  if (!before)
    return before.takeError();
  WeightHistograms both{*before, std::nullopt};
  if (input == param.getResult())
    return both;
  auto after = histogramOf(input, reader);
  if (!after)
    return after.takeError();
  both.after = *after;
  return both;
}

llvm::Error quantc::describeNumbers(ModuleOp module, CompileReport &report) {
  llvm::StringMap<qnt::AssignOp> weights;
  module.walk([&](Operation *op) {
    if (qnt::AssignOp weight = weightOf(op))
      weights.try_emplace(cast<NameLoc>(op->getLoc()).getName(), weight);
  });
  qnt::DataReader reader;
  for (LayerReport &layer : report.layers) {
    qnt::AssignOp weight = weights.lookup(layer.name);
    if (!weight)
      continue;
    auto both = describe(weight, reader);
    if (!both)
      return both.takeError();
    layer.histograms = *both;
  }
  return llvm::Error::success();
}
