//===- ScalePlaces.cpp - inputs that may be scaled --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A rotation may pass where a scale may not, and the other way round: products
// of features take scales, sums over the features of two values do not.

#include "quantc/Transform/ScalePlaces.h"
#include "Payload.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace quantc;

static bool isConstant(Value value) {
  return qnt::TransformOp::paramOf(value) != nullptr;
}

static int64_t lastSize(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().back();
}

/// The weights of the products that read `value`, when nothing else does.
static std::optional<std::vector<ConstantAxis>> readersOf(Value value) {
  std::vector<ConstantAxis> readers;
  for (OpOperand &use : value.getUses()) {
    if (isa<tensor::DimOp>(use.getOwner()))
      continue;
    auto matmul = dyn_cast<nn::MatMulOp>(use.getOwner());
    bool isWeight =
        matmul && use.getOperandNumber() == 0 && isConstant(matmul.getRhs()) &&
        cast<RankedTensorType>(matmul.getRhs().getType()).getRank() == 2;
    if (!isWeight)
      return std::nullopt;
    readers.push_back(
        {&matmul.getRhsMutable(), matmul.getTransposeRhs() ? 1 : 0});
  }
  if (readers.empty())
    return std::nullopt;
  llvm::sort(readers, [](const ConstantAxis &a, const ConstantAxis &b) {
    return a.operand->getOwner()->isBeforeInBlock(b.operand->getOwner());
  });
  return readers;
}

static std::optional<ScalePlace> placeBehindNorm(Operation *norm) {
  auto readers = readersOf(norm->getResult(0));
  if (!readers)
    return std::nullopt;
  ScalePlace place{norm->getResult(0), lastSize(norm->getResult(0)), {}, {}};
  place.readers = std::move(*readers);
  for (OpOperand &constant : norm->getOpOperands().drop_front()) {
    if (!isConstant(constant.get()) || lastSize(constant.get()) != place.scales)
      return std::nullopt;
    place.writers.push_back({&constant, 0});
  }
  return place;
}

/// True when only `user`, and questions for sizes, read `value`.
static bool isOnlyReadBy(Value value, Operation *user) {
  return llvm::all_of(value.getUsers(), [&](Operation *op) {
    return op == user || isa<tensor::DimOp>(op);
  });
}

/// The constants that give `value` its features, each a linear function of all
/// of them: a weight, and biases behind it. Nothing where there are others.
static std::vector<ConstantAxis> linearWriters(Value value, Operation *reader) {
  if (!isOnlyReadBy(value, reader))
    return {};
  if (auto matmul = value.getDefiningOp<nn::MatMulOp>()) {
    bool isPlain =
        isConstant(matmul.getRhs()) &&
        cast<RankedTensorType>(matmul.getRhs().getType()).getRank() == 2;
    if (!isPlain)
      return {};
    return {{&matmul.getRhsMutable(), matmul.getTransposeRhs() ? 0 : 1}};
  }
  auto sum = value.getDefiningOp<linalg::GenericOp>();
  if (!sum || sum.getNumDpsInputs() != 2)
    return {};
  PayloadForm payload = classifyPayload(sum);
  if (payload.form != FeatureForm::Linear || payload.linear.size() != 2)
    return {};
  OpOperand *bias = nullptr, *rest = nullptr;
  for (OpOperand *operand : payload.linear)
    (isConstant(operand->get()) ? bias : rest) = operand;
  if (!bias || !rest || lastSize(bias->get()) != lastSize(value))
    return {};
  std::vector<ConstantAxis> writers = linearWriters(rest->get(), sum);
  if (!writers.empty())
    writers.push_back(
        {bias, cast<RankedTensorType>(bias->get().getType()).getRank() - 1});
  return writers;
}

/// The operand that `product` multiplies by something else, features side by
/// side, and the constants behind it.
static std::vector<ConstantAxis> writersOfFactor(linalg::GenericOp product) {
  if (product.getNumResults() != 1 ||
      product.getNumParallelLoops() != product.getNumLoops())
    return {};
  auto multiplied = product.getBlock()
                        ->getTerminator()
                        ->getOperand(0)
                        .getDefiningOp<arith::MulFOp>();
  AffineMap whole =
      product.getMatchingIndexingMap(product.getDpsInitOperand(0));
  if (!multiplied || !whole.isIdentity())
    return {};
  for (OpOperand *operand : product.getDpsInputOperands()) {
    Value factor = product.getMatchingBlockArgument(operand);
    // Alone in one factor of the product, and not in the other.
    bool isFactor = factor.hasOneUse() && *factor.user_begin() == multiplied &&
                    product.getMatchingIndexingMap(operand) == whole;
    if (!isFactor)
      continue;
    std::vector<ConstantAxis> writers = linearWriters(operand->get(), product);
    if (!writers.empty())
      return writers;
  }
  return {};
}

static std::optional<ScalePlace> placeBehindProduct(linalg::GenericOp product) {
  std::vector<ConstantAxis> writers = writersOfFactor(product);
  if (writers.empty())
    return std::nullopt;
  auto readers = readersOf(product->getResult(0));
  if (!readers)
    return std::nullopt;
  return ScalePlace{product->getResult(0), lastSize(product->getResult(0)),
                    std::move(writers), std::move(*readers)};
}

/// True when something sums over the features of `value` and of another one.
static bool isSummedWithAnother(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    if (isa<nn::AttentionOp>(use.getOwner()))
      return use.getOperandNumber() < 2;
    auto matmul = dyn_cast<nn::MatMulOp>(use.getOwner());
    return matmul && matmul.getTransposeRhs() && !isConstant(matmul.getRhs());
  });
}

/// Features of a class that is read as one value.
static std::optional<ScalePlace> placeOf(const FeatureClass &features) {
  bool isPlain = features.isRotatable() && features.norms.empty() &&
                 !features.readers.empty() &&
                 llvm::none_of(features.values, isSummedWithAnother);
  if (!isPlain)
    return std::nullopt;
  auto first = dyn_cast<nn::MatMulOp>(features.readers[0].operand->getOwner());
  if (!first)
    return std::nullopt;
  auto readers = readersOf(first.getLhs());
  if (!readers || readers->size() != features.readers.size())
    return std::nullopt;
  return ScalePlace{first.getLhs(), features.block, features.writers,
                    std::move(*readers)};
}

std::vector<ScalePlace> quantc::findScalePlaces(func::FuncOp function) {
  std::vector<ScalePlace> places;
  auto add = [&](std::optional<ScalePlace> place) {
    if (place)
      places.push_back(std::move(*place));
  };
  for (Operation &op : function.getBody().front()) {
    if (isa<nn::RmsNormOp, nn::LayerNormOp>(op))
      add(placeBehindNorm(&op));
    if (auto product = dyn_cast<linalg::GenericOp>(op))
      add(placeBehindProduct(product));
  }
  auto classes = findFeatureClasses(
      function,
      [](Operation *) -> std::optional<std::string> { return "is a norm"; });
  for (const FeatureClass &features : classes)
    add(placeOf(features));
  return places;
}
