//===- NormalizeConstants.cpp - arithmetic on constants ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Computes elementwise operations all of whose operands are constants of the
// model, one element after the other, by the folders of the scalar operations.
// For small constants such as biases; weights are not computed here. Constants
// of any size are reshaped.

#include "Constants.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZECONSTANTS
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
using Count = Pass::Statistic;

/// Larger results are computed when the program runs.
constexpr int64_t maxElements = 1 << 16;

/// The scalar value of each operand of a generic operation at one place.
using Scalars = DenseMap<Value, Attribute>;

/// What the terminator of `body` yields for these scalars; null when some
/// operation does not fold.
Attribute evaluate(Block &body, Scalars &scalars) {
  for (Operation &op : body.without_terminator()) {
    SmallVector<Attribute> operands;
    for (Value operand : op.getOperands())
      operands.push_back(scalars.lookup(operand));
    SmallVector<OpFoldResult> results;
    if (op.getNumResults() != 1 || failed(op.fold(operands, results)) ||
        results.size() != 1)
      return {};
    auto folded = dyn_cast<Attribute>(results[0]);
    Attribute value = folded ? folded : scalars.lookup(cast<Value>(results[0]));
    if (!value)
      return {};
    scalars[op.getResult(0)] = value;
  }
  return scalars.lookup(body.getTerminator()->getOperand(0));
}

/// A constant operand, with its place in memory for each loop.
struct Input {
  DenseElementsAttr elements;
  SmallVector<int64_t> strides;
};

/// elementwise operation of constants  =>  a constant.
struct ComputeConstant : OpRewritePattern<linalg::GenericOp> {
  ComputeConstant(MLIRContext *context, Count &computed)
      : OpRewritePattern(context), computed(computed) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return rewriter.notifyMatchFailure(op, "is not elementwise and small");
    SmallVector<Input> inputs;
    for (OpOperand *operand : op.getDpsInputOperands()) {
      std::optional<Input> input = readInput(op, *operand);
      if (!input)
        return rewriter.notifyMatchFailure(op, "has an operand that is no "
                                               "constant, or is not read");
      inputs.push_back(std::move(*input));
    }
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    std::optional<SmallVector<Attribute>> values = compute(op, inputs, type);
    if (!values)
      return rewriter.notifyMatchFailure(op, "does not fold");
    auto like = op.getDpsInputs()[0].getDefiningOp<nn::ParamOp>();
    DenseElementsAttr elements = DenseElementsAttr::get(type, *values);
    std::vector<char> bytes(elements.getRawData().begin(),
                            elements.getRawData().end());
    if (elements.isSplat())
      for (int64_t i = 1; i < type.getNumElements(); ++i)
        bytes.insert(bytes.end(), elements.getRawData().begin(),
                     elements.getRawData().end());
    rewriter.replaceOp(
        op, addConstant(rewriter, like, "_computed", type, bytes).getResult());
    ++computed;
    return success();
  }

private:
  static bool isElementwise(linalg::GenericOp op) {
    if (op->getNumResults() != 1 || op.getNumDpsInputs() == 0 ||
        op.getNumLoops() != op.getNumParallelLoops() ||
        op.hasIndexSemantics() ||
        op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) ||
        !op.getIndexingMapsArray().back().isIdentity())
      return false;
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    // Bits are not whole bytes in the attribute of booleans.
    return type.hasStaticShape() && type.getNumElements() > 0 &&
           type.getNumElements() <= maxElements &&
           type.getElementTypeBitWidth() >= 8;
  }

  static std::optional<Input> readInput(linalg::GenericOp op,
                                        OpOperand &operand) {
    auto param = operand.get().getDefiningOp<nn::ParamOp>();
    AffineMap map = op.getMatchingIndexingMap(&operand);
    if (!param || !map.isProjectedPermutation())
      return std::nullopt;
    auto type = dyn_cast<RankedTensorType>(param.getResult().getType());
    if (!type || type.getNumElements() > maxElements ||
        type.getElementTypeBitWidth() < 8)
      return std::nullopt;
    std::optional<std::vector<char>> bytes = readConstant(param);
    if (!bytes)
      return std::nullopt;
    Input input{DenseElementsAttr::getFromRawBuffer(type, *bytes), {}};
    input.strides.assign(op.getNumLoops(), 0);
    int64_t stride = 1;
    for (int64_t d = type.getRank() - 1; d >= 0; --d) {
      input.strides[map.getDimPosition(d)] = stride;
      stride *= type.getDimSize(d);
    }
    return input;
  }

  static std::optional<SmallVector<Attribute>>
  compute(linalg::GenericOp op, ArrayRef<Input> inputs, RankedTensorType type) {
    Block &body = *op.getBlock();
    Scalars scalars;
    // Constants of the body and around it are the same at every place.
    body.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands()) {
        Attribute value;
        if (matchPattern(operand, m_Constant(&value)))
          scalars[operand] = value;
      }
    });
    SmallVector<Attribute> values;
    SmallVector<int64_t> at(type.getRank());
    for (int64_t i = 0, count = type.getNumElements(); i < count; ++i) {
      for (auto [n, input] : llvm::enumerate(inputs)) {
        int64_t place = 0;
        for (auto [index, stride] : llvm::zip(at, input.strides))
          place += index * stride;
        scalars[body.getArgument(n)] =
            input.elements.getValues<Attribute>()[place];
      }
      Attribute value = evaluate(body, scalars);
      if (!value)
        return std::nullopt;
      values.push_back(value);
      for (int64_t d = at.size() - 1; d >= 0 && ++at[d] == type.getDimSize(d);
           --d)
        at[d] = 0;
    }
    return values;
  }

  Count &computed;
};

/// reshape(constant)  =>  a constant of other sizes.
template <typename Reshape> struct ReshapeConstant : OpRewritePattern<Reshape> {
  ReshapeConstant(MLIRContext *context, Count &reshaped)
      : OpRewritePattern<Reshape>(context), reshaped(reshaped) {}

  LogicalResult matchAndRewrite(Reshape op,
                                PatternRewriter &rewriter) const override {
    auto param = op.getSrc().template getDefiningOp<nn::ParamOp>();
    if (!param || !op.getResultType().hasStaticShape())
      return rewriter.notifyMatchFailure(op, "reshapes no constant");
    rewriter.replaceOp(
        op, reshapeConstant(rewriter, param, op.getResultType()).getResult());
    ++reshaped;
    return success();
  }

  Count &reshaped;
};

struct NormalizeConstants
    : quantc::impl::NormalizeConstantsBase<NormalizeConstants> {
  void runOnOperation() override {
    ErrorWatch errors(&getContext());
    RewritePatternSet patterns(&getContext());
    patterns.add<ComputeConstant>(&getContext(), computed);
    patterns.add<ReshapeConstant<tensor::ExpandShapeOp>,
                 ReshapeConstant<tensor::CollapseShapeOp>>(&getContext(),
                                                           reshaped);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))) ||
        errors.sawError())
      signalPassFailure();
  }
};
} // namespace
