//===- NNReify.cpp - result sizes of nn operations as values ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Expresses each dynamic size of a result by sizes of operands, so that shape
// arithmetic of a whole model folds down to the sizes of its inputs.

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc::nn;

using Sizes = SmallVector<OpFoldResult>;
using Shapes = ReifiedRankedShapedTypeDims;

static Sizes sizesOf(OpBuilder &b, Location loc, Value value) {
  return tensor::getMixedSizes(b, loc, value);
}

/// Hands `sizes` out, with the static sizes of the result type in place.
static LogicalResult give(OpBuilder &b, Operation *op, Sizes sizes,
                          Shapes &shapes) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    if (!ShapedType::isDynamic(size))
      sizes[i] = b.getIndexAttr(size);
  shapes.push_back(std::move(sizes));
  return success();
}

static OpFoldResult apply(OpBuilder &b, Location loc, AffineExpr expr,
                          ArrayRef<OpFoldResult> in) {
  return affine::makeComposedFoldedAffineApply(b, loc, expr, in);
}

LogicalResult MatMulOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  Sizes lhs = sizesOf(b, getLoc(), getLhs()),
        rhs = sizesOf(b, getLoc(), getRhs());
  int64_t rank = getResult().getType().getRank();
  Sizes sizes;
  for (int64_t i = 0; i < rank - 2; ++i) {
    int64_t l = i - (rank - static_cast<int64_t>(lhs.size()));
    int64_t r = i - (rank - static_cast<int64_t>(rhs.size()));
    bool useRhs = l < 0 || (isConstantIntValue(lhs[l], 1) && r >= 0);
    sizes.push_back(useRhs ? rhs[r] : lhs[l]);
  }
  sizes.push_back(lhs[lhs.size() - 2]);
  sizes.push_back(rhs[rhs.size() - (getTransposeRhs() ? 2 : 1)]);
  return give(b, *this, sizes, shapes);
}

/// Sizes after a window with the given kernel sizes.
template <typename Op>
static LogicalResult reifyWindow(OpBuilder &b, Op op,
                                 ArrayRef<OpFoldResult> kernel, bool ceilMode,
                                 Sizes sizes, Shapes &shapes) {
  bool nhwc = op.getLayout() == Layout::NHWC;
  for (int64_t i : {0, 1}) {
    AffineExpr size = b.getAffineSymbolExpr(0), taps = b.getAffineSymbolExpr(1);
    AffineExpr room = size + (op.getPads()[i] + op.getPads()[i + 2] - 1) -
                      (taps - 1) * op.getDilations()[i];
    int64_t stride = op.getStrides()[i];
    AffineExpr count =
        (ceilMode ? room.ceilDiv(stride) : room.floorDiv(stride)) + 1;
    OpFoldResult &out = sizes[heightDim(nhwc) + i];
    out = apply(b, op.getLoc(), count, {out, kernel[i]});
  }
  return give(b, op, sizes, shapes);
}

LogicalResult ConvOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  Sizes filter = sizesOf(b, getLoc(), getFilter());
  bool nhwc = getLayout() == Layout::NHWC;
  Sizes sizes = sizesOf(b, getLoc(), getInput());
  sizes[channelDim(nhwc)] = filter[0];
  return reifyWindow(b, *this, ArrayRef(filter).slice(heightDim(nhwc), 2),
                     false, sizes, shapes);
}

template <typename Op>
static LogicalResult reifyPool(OpBuilder &b, Op op, Shapes &shapes) {
  Sizes kernel = getAsIndexOpFoldResult(b.getContext(), op.getKernel());
  return reifyWindow(b, op, kernel, op.getCeilMode(),
                     sizesOf(b, op.getLoc(), op.getInput()), shapes);
}

LogicalResult MaxPoolOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return reifyPool(b, *this, shapes);
}

LogicalResult AvgPoolOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  return reifyPool(b, *this, shapes);
}

LogicalResult EmbeddingOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  Sizes sizes = sizesOf(b, getLoc(), getIds());
  Sizes table = sizesOf(b, getLoc(), getTable());
  sizes.append(table.begin() + 1, table.end());
  return give(b, *this, sizes, shapes);
}

LogicalResult AttentionOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  Sizes sizes = sizesOf(b, getLoc(), getQuery());
  sizes[3] = sizesOf(b, getLoc(), getValue())[3];
  return give(b, *this, sizes, shapes);
}

LogicalResult KVAppendOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  Sizes sizes = sizesOf(b, getLoc(), getPast());
  OpFoldResult fresh = sizesOf(b, getLoc(), getFresh())[getAxis()];
  AffineExpr sum = b.getAffineSymbolExpr(0) + b.getAffineSymbolExpr(1);
  sizes[getAxis()] = apply(b, getLoc(), sum, {sizes[getAxis()], fresh});
  return give(b, *this, sizes, shapes);
}

LogicalResult ReduceOp::reifyResultShapes(OpBuilder &b, Shapes &shapes) {
  Sizes sizes;
  for (auto [i, size] : llvm::enumerate(sizesOf(b, getLoc(), getInput()))) {
    if (!llvm::is_contained(getAxes(), static_cast<int64_t>(i)))
      sizes.push_back(size);
    else if (getKeepdims())
      sizes.push_back(b.getIndexAttr(1));
  }
  return give(b, *this, sizes, shapes);
}

/// Operations whose result has the sizes of their first operand.
#define QUANTC_SAME_SIZES(Op)                                                  \
  LogicalResult Op::reifyResultShapes(OpBuilder &b, Shapes &shapes) {          \
    return give(b, *this, sizesOf(b, getLoc(), getInput()), shapes);           \
  }
QUANTC_SAME_SIZES(RmsNormOp)
QUANTC_SAME_SIZES(LayerNormOp)
QUANTC_SAME_SIZES(SoftmaxOp)
QUANTC_SAME_SIZES(RopeOp)
QUANTC_SAME_SIZES(ActivationOp)
#undef QUANTC_SAME_SIZES
