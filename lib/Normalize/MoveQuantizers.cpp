//===- MoveQuantizers.cpp - transposes around codes -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See MoveQuantizers.h. A scale for each channel follows its dimension.

#include "MoveQuantizers.h"
#include "Constants.h"
#include "Transpose.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "quantc/Dialect/Qnt/ConstantCodes.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::normalize;

static constexpr int64_t toNhwc[] = {0, 2, 3, 1}, toNchw[] = {0, 3, 1, 2};

/// `scheme` with its channels or groups along another dimension.
static qnt::SchemeAttr alongAxis(qnt::SchemeAttr scheme, int64_t axis) {
  if (scheme.getGranularity() == qnt::Granularity::Tensor)
    return scheme;
  return qnt::SchemeAttr::get(scheme.getContext(), scheme.getCode(),
                              scheme.getBits(), scheme.getGranularity(), axis,
                              scheme.getGroupSize(), scheme.getZeroPoint(),
                              scheme.getZero(), scheme.getScale(),
                              scheme.getCodebookSize(), scheme.getCodebookDim(),
                              scheme.getDynamic(), scheme.getReason());
}

/// Where dimension `axis` is after a transpose.
static int64_t axisAfter(ArrayRef<int64_t> order, int64_t axis) {
  return llvm::find(order, axis) - order.begin();
}

namespace {
/// (de)quantize(transpose to NCHW)  =>  transpose to NCHW of (de)quantize.
template <typename Op> struct SinkThroughQuantizer : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    auto turn = op->getOperand(0).template getDefiningOp<linalg::TransposeOp>();
    if (!turn || turn.getPermutation() != ArrayRef(toNchw))
      return rewriter.notifyMatchFailure(op, "reads no turned image");
    qnt::SchemeAttr scheme = op.getScheme();
    if (scheme.getGranularity() == qnt::Granularity::Group)
      return rewriter.notifyMatchFailure(op, "has scales in blocks");
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    IRMapping mapping;
    mapping.map(op->getOperand(0), turn.getInput());
    auto moved = cast<Op>(rewriter.clone(*op, mapping));
    moved.setSchemeAttr(alongAxis(scheme, axisAfter(toNhwc, scheme.getAxis())));
    moved->getResult(0).setType(RankedTensorType::get(
        applyPermutation(type.getShape(), toNhwc), type.getElementType()));
    rewriter.replaceOp(
        op, transpose(rewriter, op.getLoc(), moved->getResult(0), toNchw));
    return success();
  }
};

/// Codes of fewer than eight bits in packed rows  =>  one code a byte.
Value unpackRows(nn::ParamOp param, PatternRewriter &rewriter) {
  auto type = cast<qnt::PackedType>(param.getResult().getType());
  if (type.getLayout().getKind() != qnt::LayoutKind::Rows)
    return {};
  std::optional<std::vector<char>> bytes = readConstant(param);
  if (!bytes)
    return {};
  std::vector<uint8_t> narrow = qnt::unpackRows(
      type, ArrayRef(reinterpret_cast<const uint8_t *>(bytes->data()),
                     bytes->size()));
  unsigned bits = type.getScheme().getBits();
  std::vector<char> codes;
  for (uint8_t code : narrow) {
    bool isNegative = type.getScheme().isSigned() && code >> (bits - 1);
    codes.push_back(static_cast<char>(isNegative ? code - (1u << bits) : code));
  }
  auto wide = RankedTensorType::get(type.getShape(), rewriter.getI8Type());
  return replaceConstant(rewriter, param, wide, codes);
}

/// transpose(dequantize)  =>  dequantize(transpose).
struct HoistTranspose : OpRewritePattern<linalg::TransposeOp> {
  HoistTranspose(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(linalg::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getInput().getDefiningOp<qnt::DequantizeOp>();
    if (!dequantize)
      return rewriter.notifyMatchFailure(op, "moves no dequantized codes");
    auto param = dequantize.getCodes().getDefiningOp<nn::ParamOp>();
    ArrayRef<int64_t> order = op.getPermutation();
    if (!param && order != ArrayRef(toNhwc))
      return rewriter.notifyMatchFailure(op, "is no image and no constant");
    Value codes = dequantize.getCodes();
    if (isa<qnt::PackedType>(codes.getType()))
      codes = unpackRows(param, rewriter);
    if (!codes)
      return rewriter.notifyMatchFailure(op, "has codes that are not in rows");
    Location loc = op.getLoc();
    qnt::SchemeAttr scheme = dequantize.getScheme();
    SmallVector<Value> operands{transpose(rewriter, loc, codes, order)};
    for (Value operand : dequantize->getOperands().drop_front())
      operands.push_back(scheme.getGranularity() == qnt::Granularity::Group
                             ? transpose(rewriter, loc, operand, order)
                             : operand);
    auto moved = qnt::DequantizeOp::create(
        rewriter, dequantize.getLoc(), op->getResult(0).getType(), operands[0],
        operands[1], operands.size() > 2 ? operands[2] : Value(),
        alongAxis(scheme, axisAfter(order, scheme.getAxis())));
    rewriter.replaceOp(op, moved.getResult());
    return success();
  }
};

/// reshape(dequantize)  =>  dequantize(reshape), where the dimension of the
/// scales stays one dimension.
template <typename Reshape> struct HoistReshape : OpRewritePattern<Reshape> {
  HoistReshape(MLIRContext *context)
      : OpRewritePattern<Reshape>(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(Reshape op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getSrc().template getDefiningOp<qnt::DequantizeOp>();
    std::optional<int64_t> axis =
        dequantize ? axisOf(op, dequantize.getScheme()) : std::nullopt;
    if (!axis)
      return rewriter.notifyMatchFailure(
          op, "reshapes no dequantized codes, or mixes dimensions with scales");
    Value codes = dequantize.getCodes();
    if (isa<qnt::PackedType>(codes.getType()))
      codes = unpackRows(codes.getDefiningOp<nn::ParamOp>(), rewriter);
    if (!codes)
      return rewriter.notifyMatchFailure(op, "has codes that are not in rows");
    RankedTensorType type = op.getResultType();
    auto param = codes.getDefiningOp<nn::ParamOp>();
    auto ofCodes = type.clone(getElementTypeOrSelf(codes.getType()));
    if (param && type.hasStaticShape())
      codes = reshapeConstant(rewriter, param, ofCodes);
    else
      codes = reshapeCodes(op, codes, ofCodes, rewriter);
    auto moved = qnt::DequantizeOp::create(
        rewriter, dequantize.getLoc(), type, codes, dequantize.getScale(),
        dequantize.getZeroPoint(), alongAxis(dequantize.getScheme(), *axis));
    rewriter.replaceOp(op, moved.getResult());
    return success();
  }

private:
  static Value reshapeCodes(Reshape op, Value codes, RankedTensorType type,
                            PatternRewriter &rewriter) {
    if constexpr (std::is_same_v<Reshape, tensor::ExpandShapeOp>)
      return Reshape::create(rewriter, op.getLoc(), type, codes,
                             op.getReassociationIndices(),
                             op.getMixedOutputShape());
    else
      return Reshape::create(rewriter, op.getLoc(), type, codes,
                             op.getReassociationIndices());
  }

  /// The dimension of the result that the scales lie along; 0 where one scale
  /// serves all, nullopt where it is none.
  static std::optional<int64_t> axisOf(Reshape op, qnt::SchemeAttr scheme) {
    if (scheme.getGranularity() == qnt::Granularity::Tensor)
      return 0;
    if (scheme.getGranularity() != qnt::Granularity::Channel)
      return std::nullopt;
    bool isExpansion = std::is_same_v<Reshape, tensor::ExpandShapeOp>;
    for (auto [i, group] : llvm::enumerate(op.getReassociationIndices())) {
      int64_t from = isExpansion ? static_cast<int64_t>(i) : group.front();
      int64_t to = isExpansion ? group.front() : static_cast<int64_t>(i);
      if (from == scheme.getAxis() && group.size() == 1)
        return to;
    }
    return std::nullopt;
  }
};
} // namespace

void quantc::normalize::populateMoveQuantizerPatterns(
    RewritePatternSet &patterns) {
  patterns.add<SinkThroughQuantizer<qnt::QuantizeOp>,
               SinkThroughQuantizer<qnt::DequantizeOp>, HoistTranspose,
               HoistReshape<tensor::ExpandShapeOp>,
               HoistReshape<tensor::CollapseShapeOp>>(patterns.getContext());
}
