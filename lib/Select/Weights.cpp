//===- Weights.cpp - places of the stored weights -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Offsets only: the bytes are written when the artifact is.

#include "Selector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;

/// Stored tensors start on cache lines.
static constexpr int64_t alignment = 64;

static int64_t byteSize(RankedTensorType type) {
  unsigned bits =
      type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
  return type.getNumElements() * llvm::divideCeil(bits, 8);
}

Value WeightPlan::constant(OpBuilder &b, nn::ParamOp param, StringRef pack,
                           RankedTensorType type) {
  return part(b, param, pack, type, /*offset=*/0, type);
}

Value WeightPlan::part(OpBuilder &b, nn::ParamOp param, StringRef pack,
                       RankedTensorType whole, int64_t offset,
                       RankedTensorType type) {
  auto key = std::make_pair<Attribute, Attribute>(param.getNameAttr(),
                                                  b.getStringAttr(pack));
  kern::WeightOp &weight = known[key];
  if (!weight) {
    end = llvm::alignTo(end, alignment);
    std::string name = (param.getName() + "." + pack).str();
    OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
    weight = kern::WeightOp::create(
        top, param.getLoc(), b.getStringAttr(name), param.getNameAttr(),
        b.getStringAttr(pack), b.getI64IntegerAttr(end), TypeAttr::get(whole));
    symbols.insert(weight, module.getBody()->begin());
    end += byteSize(whole);
  }
  return kern::ConstantOp::create(
      b, param.getLoc(), type, weight.getSymNameAttr(),
      b.getI64IntegerAttr(static_cast<int64_t>(weight.getOffset()) + offset));
}

Value Selector::rows(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  OpBuilder::InsertionGuard guard(rewriter);
  return weights.constant(rewriter, paramOf(value), "rows", type);
}

Value Selector::destination(Operation *op, unsigned index) {
  auto type = cast<RankedTensorType>(op->getResult(index).getType());
  ReifiedRankedShapedTypeDims shapes;
  SmallVector<OpFoldResult> sizes;
  if (type.hasStaticShape())
    sizes = getAsIndexOpFoldResult(rewriter.getContext(), type.getShape());
  else if (succeeded(reifyResultShapes(rewriter, op, shapes)))
    sizes = shapes[index];
  return tensor::EmptyOp::create(rewriter, op->getLoc(), sizes,
                                 type.getElementType());
}
