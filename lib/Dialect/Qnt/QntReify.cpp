//===- QntReify.cpp - result sizes of qnt operations as values --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Expresses each dynamic size of a result by sizes of operands.

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "quantc/Dialect/Qnt/Qnt.h"

using namespace mlir;
using namespace quantc::qnt;

using Sizes = SmallVector<OpFoldResult>;
using Shapes = ReifiedRankedShapedTypeDims;

/// Hands `sizes` out, with the static sizes of result `index` in place.
static void give(OpBuilder &b, Operation *op, unsigned index, Sizes sizes,
                 Shapes &shapes) {
  auto type = cast<RankedTensorType>(op->getResult(index).getType());
  sizes.resize(type.getRank());
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    if (!ShapedType::isDynamic(size))
      sizes[i] = b.getIndexAttr(size);
  shapes.push_back(std::move(sizes));
}

static LogicalResult giveInput(OpBuilder &b, Operation *op, Shapes &shapes) {
  give(b, op, 0, tensor::getMixedSizes(b, op->getLoc(), op->getOperand(0)),
       shapes);
  return success();
}

LogicalResult QuantizeOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return giveInput(b, *this, shapes);
}

LogicalResult AssignOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return giveInput(b, *this, shapes);
}

LogicalResult ObserveOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return giveInput(b, *this, shapes);
}

LogicalResult ThresholdOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return giveInput(b, *this, shapes);
}

LogicalResult RotateOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return giveInput(b, *this, shapes);
}

LogicalResult TakeChannelsOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return giveInput(b, *this, shapes);
}

LogicalResult QuantizeDynamicOp::reifyResultShapes(OpBuilder &b,
                                                   Shapes &shapes) {
  Sizes sizes = tensor::getMixedSizes(b, getLoc(), getInput());
  give(b, *this, 0, sizes, shapes);
  sizes.pop_back();
  give(b, *this, 1, sizes, shapes);
  if (getZeroPoints())
    give(b, *this, 2, sizes, shapes);
  return success();
}

LogicalResult DequantizeOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  if (isa<RankedTensorType>(getCodes().getType()))
    return giveInput(b, *this, shapes);
  give(b, *this, 0, {}, shapes); // a packed type is static
  return success();
}

LogicalResult MatMulOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return giveInput(b, *this, shapes);
}

LogicalResult ProjectOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return giveInput(b, *this, shapes);
}

LogicalResult EmbeddingOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  Sizes sizes = tensor::getMixedSizes(b, getLoc(), getIds());
  sizes.push_back(b.getIndexAttr(getWeight().getType().getShape()[1]));
  give(b, *this, 0, sizes, shapes);
  return success();
}

LogicalResult ConvOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  Sizes sizes = tensor::getMixedSizes(b, getLoc(), getInput());
  for (int64_t i : {0, 1}) {
    AffineExpr size = b.getAffineSymbolExpr(0);
    int64_t extent = getDilations()[i] * (getKernel()[i] - 1) + 1;
    AffineExpr count = (size + (getPads()[i] + getPads()[i + 2] - extent))
                           .floorDiv(getStrides()[i]) +
                       1;
    sizes[i + 1] = affine::makeComposedFoldedAffineApply(b, getLoc(), count,
                                                         {sizes[i + 1]});
  }
  give(b, *this, 0, sizes, shapes);
  return success();
}
