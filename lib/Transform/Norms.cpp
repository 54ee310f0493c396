//===- Norms.cpp - norms on feature axes ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// When a rotation passes a norm, and when gamma, beta and mean can move into
// the constants around it.

#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Transform/FeatureAxes.h"

using namespace mlir;
using namespace quantc;

bool quantc::isUniform(Value constant, qnt::DataReader &reader, bool one) {
  if (!qnt::TransformOp::paramOf(constant))
    return false;
  auto numbers = qnt::readNumbers(constant, reader);
  if (!numbers) {
    llvm::consumeError(numbers.takeError());
    return false;
  }
  double wanted = one ? 1 : numbers->empty() ? 0 : numbers->front();
  return llvm::all_of(*numbers, [&](double x) { return x == wanted; });
}

/// What a user of a norm's result is, when it cannot take gamma over.
static std::string whyNotReader(OpOperand &use) {
  Operation *op = use.getOwner();
  auto matmul = dyn_cast<nn::MatMulOp>(op);
  if (matmul && use.getOperandNumber() == 0 &&
      qnt::TransformOp::paramOf(matmul.getRhs()) &&
      cast<RankedTensorType>(matmul.getRhs().getType()).getRank() == 2)
    return "";
  return "is a norm whose gamma '" + nodeOf(op) + "' cannot take over";
}

std::string quantc::whyNotFoldable(Operation *norm) {
  if (!qnt::TransformOp::paramOf(norm->getOperand(1)))
    return "is a norm whose gamma is no constant";
  for (OpOperand &use : norm->getResult(0).getUses())
    if (std::string reason = whyNotReader(use); !reason.empty())
      return reason;
  return "";
}

std::vector<FeatureClass> quantc::findCenterableClasses(func::FuncOp function) {
  auto classes = findFeatureClasses(
      function, [](Operation *) { return std::optional<std::string>(); });
  llvm::erase_if(classes, [](const FeatureClass &stream) {
    bool onlyLayerNorms = !stream.norms.empty() && stream.readers.empty() &&
                          llvm::all_of(stream.norms, [](Operation *norm) {
                            return isa<nn::LayerNormOp>(norm);
                          });
    return !stream.isRotatable() || stream.isSplit() || !onlyLayerNorms;
  });
  return classes;
}

std::vector<FeatureClass> quantc::findClasses(func::FuncOp function,
                                              qnt::DataReader &reader) {
  return findFeatureClasses(
      function, [&](Operation *norm) -> std::optional<std::string> {
        if (isa<nn::LayerNormOp>(norm))
          return "is a layer norm: it takes the mean of the features";
        return isUniform(norm->getOperand(1), reader)
                   ? ""
                   : "is a norm with a gamma for each feature";
      });
}

std::vector<FeatureClass> quantc::findFoldedClasses(func::FuncOp function,
                                                    qnt::DataReader &reader) {
  llvm::SmallPtrSet<Operation *, 8> centerable;
  for (const FeatureClass &stream : findCenterableClasses(function))
    centerable.insert(stream.norms.begin(), stream.norms.end());
  return findFeatureClasses(
      function, [&](Operation *norm) -> std::optional<std::string> {
        bool isLayerNorm = isa<nn::LayerNormOp>(norm);
        if (!isLayerNorm && isUniform(norm->getOperand(1), reader))
          return "";
        std::string reason = whyNotFoldable(norm);
        if (reason.empty() && isLayerNorm && !centerable.contains(norm))
          return "is a layer norm of a stream whose mean is needed";
        return reason;
      });
}
