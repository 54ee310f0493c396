//===- FindSigns.cpp - signs that are spelled out ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See FindSigns.h. ONNX's Sign is not among them: it has three values.

#include "FindSigns.h"
#include "Constants.h"
#include "Match.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::normalize;

static qnt::SchemeAttr
binaryScheme(MLIRContext *context, qnt::Granularity granularity, int64_t axis) {
  return qnt::SchemeAttr::get(context, qnt::CodeKind::Binary, 1, granularity,
                              axis, 0, false, qnt::ZeroKind::Code,
                              qnt::ScaleKind::F32, 0, 0, false, {});
}

namespace {
/// x >= 0 ? s : -s with s > 0  =>  quantize and dequantize with binary codes.
struct FindSign : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    auto type = op->getNumResults() == 1
                    ? dyn_cast<RankedTensorType>(op->getResult(0).getType())
                    : RankedTensorType();
    if (!type || !type.getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "makes no fp32 numbers");
    Term choice = elementOf(op->getResult(0));
    if (!isa_and_present<arith::SelectOp>(definition(choice)))
      return rewriter.notifyMatchFailure(op, "chooses between no two numbers");
    Term condition = operand(choice, 0);
    std::optional<double> yes = constantOf(operand(choice, 1)),
                          no = constantOf(operand(choice, 2));
    auto compare = dyn_cast_if_present<arith::CmpFOp>(definition(condition));
    if (!yes || !no || *yes != -*no || !compare)
      return rewriter.notifyMatchFailure(
          op, "chooses not between a number and its negative by a comparison");
    Term x = operand(condition, 0);
    // Others differ for zero or for NaN, whose code is that of a negative
    // number.
    if (compare.getPredicate() != arith::CmpFPredicate::OGE || !(*yes > 0) ||
        constantOf(operand(condition, 1)) != 0.0 || !isWhole(x, type) ||
        x.value.getType() != type)
      return rewriter.notifyMatchFailure(
          op, "does not compare a tensor of its own sizes with zero");
    Location loc = op.getLoc();
    rewriter.setInsertionPoint(op);
    qnt::SchemeAttr scheme =
        binaryScheme(op.getContext(), qnt::Granularity::Tensor, 0);
    auto number = RankedTensorType::get({}, rewriter.getF32Type());
    Value factor = arith::ConstantOp::create(
        rewriter, loc,
        DenseElementsAttr::get(number, static_cast<float>(*yes)));
    Value codes = qnt::QuantizeOp::create(
        rewriter, loc, type.clone(rewriter.getI8Type()), x.value, factor,
        Value(), scheme, UnitAttr(), qnt::RoundingModeAttr(), UnitAttr());
    rewriter.replaceOpWithNewOp<qnt::DequantizeOp>(op, type, codes, factor,
                                                   Value(), scheme);
    return success();
  }
};

/// Dimension of a weight that its output channels lie along; -1 when signs of
/// it could not be multiplied.
int64_t channelAxis(nn::ConvOp op) { return op.getGroups() == 1 ? 0 : -1; }
int64_t channelAxis(nn::MatMulOp op) {
  return cast<RankedTensorType>(op.getRhs().getType()).getRank() != 2 ? -1
         : op.getTransposeRhs()                                       ? 0
                                                                      : 1;
}

/// signs times a constant of one magnitude a channel  =>  signs times signs.
template <typename Op> struct FindSignWeights : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    auto signs = op->getOperand(0).template getDefiningOp<qnt::DequantizeOp>();
    auto param = op->getOperand(1).template getDefiningOp<nn::ParamOp>();
    int64_t axis = channelAxis(op);
    if (!signs || signs.getScheme().getCode() != qnt::CodeKind::Binary ||
        !param || axis < 0)
      return rewriter.notifyMatchFailure(op, "multiplies no signs");
    std::optional<std::vector<float>> numbers = readFloats(param);
    auto type = cast<RankedTensorType>(param.getResult().getType());
    if (!numbers || numbers->empty() || !type.getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "has a weight that is not fp32");
    int64_t inner = 1, channels = type.getDimSize(axis);
    for (int64_t size : type.getShape().drop_front(axis + 1))
      inner *= size;
    std::vector<float> scales(channels, -1);
    std::vector<char> codes(numbers->size());
    for (size_t i = 0; i < codes.size(); ++i) {
      float x = (*numbers)[i], magnitude = std::fabs(x);
      float &scale = scales[i / inner % channels];
      if (scale < 0)
        scale = magnitude;
      if (!(scale == magnitude) || std::isinf(magnitude))
        return rewriter.notifyMatchFailure(
            op, "has a weight of more than one magnitude a channel");
      codes[i] = x >= 0;
    }
    Value ofSigns = addConstant(rewriter, param, "_codes",
                                type.clone(rewriter.getI8Type()), codes);
    Value ofScales = addConstant(rewriter, param, "_scales", scales);
    Value weight = qnt::DequantizeOp::create(
        rewriter, op.getLoc(), type, ofSigns, ofScales, Value(),
        binaryScheme(op.getContext(), qnt::Granularity::Channel, axis));
    rewriter.modifyOpInPlace(op, [&] { op->setOperand(1, weight); });
    return success();
  }
};
} // namespace

void quantc::normalize::populateFindSignPatterns(RewritePatternSet &patterns) {
  patterns.add<FindSign, FindSignWeights<nn::ConvOp>,
               FindSignWeights<nn::MatMulOp>>(patterns.getContext());
}
