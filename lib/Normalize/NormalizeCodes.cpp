//===- NormalizeCodes.cpp - one form of quantized values --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Brings the quantize and dequantize operations that a model came with to one
// form. Nothing here rounds: every rewrite gives the same codes or numbers. How
// they pass transposes is in MoveQuantizers.cpp.

#include "Constants.h"
#include "FindSigns.h"
#include "QuantizeConstants.h"
#include "Transpose.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Normalize/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZECODES
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
using Count = Pass::Statistic;

bool isTensorWide(qnt::SchemeAttr scheme) {
  return scheme.getGranularity() == qnt::Granularity::Tensor;
}

/// A scale or zero point of a whole tensor that is a parameter  =>  a plain
/// constant, which rewrites can look at.
template <typename Op> struct ShowScalars : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    bool changed = false;
    for (OpOperand &operand : op->getOpOperands().drop_front()) {
      auto type = cast<RankedTensorType>(operand.get().getType());
      Value source = operand.get();
      if (auto collapse = source.getDefiningOp<tensor::CollapseShapeOp>())
        source = collapse.getSrc();
      auto param = source.getDefiningOp<nn::ParamOp>();
      if (!param || type.getRank() != 0)
        continue;
      std::optional<std::vector<char>> bytes = readConstant(param);
      if (!bytes)
        return rewriter.notifyMatchFailure(op, "has a scale that is no number");
      Value constant = arith::ConstantOp::create(
          rewriter, param.getLoc(),
          DenseElementsAttr::getFromRawBuffer(type, *bytes));
      rewriter.modifyOpInPlace(op, [&] { operand.set(constant); });
      changed = true;
    }
    return changed ? success()
                   : rewriter.notifyMatchFailure(op, "has no scalar parameter");
  }
};

bool isNarrow(Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  return element.isInteger(2) || element.isInteger(4);
}

/// Constant codes and zero points of 2 or 4 bits  =>  the same in bytes, which
/// is how they are computed with. Packed ones stay.
template <typename Op> struct WidenConstants : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    for (OpOperand &operand : op->getOpOperands()) {
      auto param = operand.get().template getDefiningOp<nn::ParamOp>();
      if (!param || !isNarrow(operand.get()))
        continue;
      std::optional<std::vector<char>> bytes = readConstant(param);
      if (!bytes)
        return rewriter.notifyMatchFailure(op, "has codes that are no numbers");
      auto type = cast<RankedTensorType>(operand.get().getType());
      unsigned unused = 8 - type.getElementTypeBitWidth();
      for (char &code : *bytes) {
        uint8_t high = static_cast<uint8_t>(code << unused);
        code = static_cast<char>(op.getScheme().isSigned()
                                     ? static_cast<int8_t>(high) >> unused
                                     : high >> unused);
      }
      auto wide = type.clone(rewriter.getI8Type());
      nn::ParamOp widened = replaceConstant(rewriter, param, wide, *bytes);
      rewriter.modifyOpInPlace(op, [&] { operand.set(widened.getResult()); });
      return success();
    }
    return rewriter.notifyMatchFailure(op, "has no narrow constant");
  }
};

/// The same for codes that are computed and only dequantized.
struct WidenCodes : OpRewritePattern<qnt::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnt::QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    bool isSeen = llvm::any_of(op->getUsers(), [](Operation *user) {
      return !isa<qnt::DequantizeOp>(user);
    });
    if (!isNarrow(op.getCodes()) || isSeen)
      return rewriter.notifyMatchFailure(
          op, "makes no narrow codes, or some that are seen elsewhere");
    rewriter.modifyOpInPlace(op, [&] {
      op.getCodes().setType(
          op.getCodes().getType().clone(rewriter.getI8Type()));
    });
    return success();
  }
};

/// The number that a tensor of rank 0 holds; null unless constant.
Attribute numberIn(Value value) {
  DenseElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)) ||
      elements.getNumElements() != 1)
    return {};
  return *elements.getValues<Attribute>().begin();
}

/// True for uint8 codes of a whole tensor with a zero point that is known.
bool isUnsigned(qnt::SchemeAttr scheme, Value zeroPoint) {
  return scheme.getCode() == qnt::CodeKind::UInt && scheme.getBits() == 8 &&
         isTensorWide(scheme) && (!zeroPoint || numberIn(zeroPoint));
}

/// Makes 128 less of the codes and of the zero point.
template <typename Op> void center(Op op, PatternRewriter &rewriter) {
  int64_t zero = 0;
  if (op.getZeroPoint())
    zero = cast<IntegerAttr>(numberIn(op.getZeroPoint()))
               .getValue()
               .getZExtValue();
  auto type = RankedTensorType::get({}, rewriter.getI8Type());
  rewriter.setInsertionPoint(op);
  Value offset = arith::ConstantOp::create(
      rewriter, op.getLoc(),
      DenseElementsAttr::get(type, static_cast<int8_t>(zero - 128)));
  qnt::SchemeAttr scheme = op.getScheme();
  rewriter.modifyOpInPlace(op, [&] {
    op.getZeroPointMutable().assign(offset);
    op.setSchemeAttr(qnt::SchemeAttr::get(
        op.getContext(), qnt::CodeKind::Int, scheme.getBits(),
        scheme.getGranularity(), scheme.getAxis(), scheme.getGroupSize(),
        /*zero_point=*/true, qnt::ZeroKind::Code, scheme.getScale(), 0, 0,
        false, {}));
  });
}

/// uint8 codes between a quantize and its dequantizes  =>  int8 codes, 128
/// less, which integer kernels read.
struct CenterCodes : OpRewritePattern<qnt::QuantizeOp> {
  CenterCodes(MLIRContext *context, Count &centered)
      : OpRewritePattern(context), centered(centered) {}

  LogicalResult matchAndRewrite(qnt::QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    if (!isInside(op))
      return rewriter.notifyMatchFailure(
          op, "makes no uint8 codes, or has them seen elsewhere");
    for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
      center(cast<qnt::DequantizeOp>(user), rewriter);
    center(op, rewriter);
    ++centered;
    return success();
  }

  /// True for uint8 codes that are only dequantized.
  static bool isInside(qnt::QuantizeOp op) {
    // With a rounding mode the zero point is added before that.
    return !op.getRounding() && isUnsigned(op.getScheme(), op.getZeroPoint()) &&
           !op->use_empty() &&
           llvm::all_of(op->getUsers(), [](Operation *user) {
             auto dequantize = dyn_cast<qnt::DequantizeOp>(user);
             return dequantize && isUnsigned(dequantize.getScheme(),
                                             dequantize.getZeroPoint());
           });
  }

  Count &centered;
};

/// uint8 codes from elsewhere, such as an input of the model  =>  int8 codes,
/// by their highest bit.
struct CenterInputs : OpRewritePattern<qnt::DequantizeOp> {
  CenterInputs(MLIRContext *context, Count &centered)
      : OpRewritePattern(context), centered(centered) {}

  LogicalResult matchAndRewrite(qnt::DequantizeOp op,
                                PatternRewriter &rewriter) const override {
    // A quantize is centered itself, as far as its codes are not seen.
    auto quantize = op.getCodes().getDefiningOp<qnt::QuantizeOp>();
    bool isOwn = quantize && CenterCodes::isInside(quantize);
    bool isConstant = op.getCodes().getDefiningOp<nn::ParamOp>() != nullptr;
    if (isConstant || isOwn || !isUnsigned(op.getScheme(), op.getZeroPoint()) ||
        !getElementTypeOrSelf(op.getCodes().getType()).isInteger(8))
      return rewriter.notifyMatchFailure(op, "reads no uint8 codes");
    auto type = cast<RankedTensorType>(op.getCodes().getType());
    AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> loops(type.getRank(),
                                           utils::IteratorType::parallel);
    Value output = tensor::EmptyOp::create(
        rewriter, op.getLoc(),
        tensor::getMixedSizes(rewriter, op.getLoc(), op.getCodes()),
        type.getElementType());
    auto flip = [](OpBuilder &b, Location loc, ValueRange args) {
      Value highest = arith::ConstantIntOp::create(b, loc, -128, 8);
      linalg::YieldOp::create(
          b, loc, arith::XOrIOp::create(b, loc, args[0], highest).getResult());
    };
    Value codes = linalg::GenericOp::create(
                      rewriter, op.getLoc(), type, op.getCodes(), output,
                      ArrayRef<AffineMap>{identity, identity}, loops, flip)
                      .getResult(0);
    rewriter.modifyOpInPlace(op, [&] { op.getCodesMutable().assign(codes); });
    center(op, rewriter);
    ++centered;
    return success();
  }

  Count &centered;
};

/// The same codes stand for the same numbers, and quantizing one of these
/// numbers gives its code back: the quotient of k * scale and scale is within
/// half of the integer k as long as neither underflows nor overflows.
bool undoes(qnt::QuantizeOp quantize, qnt::DequantizeOp dequantize) {
  // Some modes do not round a quotient beside an integer to that integer.
  if (quantize.getRounding() ||
      quantize.getScheme() != dequantize.getScheme() ||
      !isTensorWide(quantize.getScheme()) ||
      quantize.getCodes().getType().getElementType() !=
          getElementTypeOrSelf(dequantize.getCodes().getType()))
    return false;
  auto scale = dyn_cast_or_null<FloatAttr>(numberIn(quantize.getScale()));
  if (!scale || scale != numberIn(dequantize.getScale()) ||
      !scale.getType().isF32())
    return false;
  double number = scale.getValueAsDouble();
  bool hasZeros = quantize.getScheme().getZeroPoint();
  Attribute zero = numberIn(quantize.getZeroPoint());
  return number > 0x1p-100 && number < 0x1p100 &&
         (!hasZeros || (zero && zero == numberIn(dequantize.getZeroPoint())));
}

/// quantize of moved dequantized codes  =>  the moved codes.
struct MoveCodes : OpRewritePattern<qnt::QuantizeOp> {
  MoveCodes(MLIRContext *context, Count &moved)
      : OpRewritePattern(context), moved(moved) {}

  LogicalResult matchAndRewrite(qnt::QuantizeOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Operation *> moves;
    Value source = op.getInput();
    while (Operation *move = source.getDefiningOp()) {
      if (!isa<linalg::TransposeOp, tensor::CollapseShapeOp,
               tensor::ExpandShapeOp, tensor::ExtractSliceOp>(move))
        break;
      moves.push_back(move);
      source = move->getOperand(0);
    }
    auto dequantize = source.getDefiningOp<qnt::DequantizeOp>();
    if (!dequantize || !undoes(op, dequantize))
      return rewriter.notifyMatchFailure(
          op, "does not quantize what was dequantized with the same scale");
    Value codes = dequantize.getCodes();
    for (Operation *move : llvm::reverse(moves)) {
      codes = repeat(move, codes, rewriter);
      ++moved;
    }
    if (codes.getType() != op.getCodes().getType())
      codes = tensor::CastOp::create(rewriter, op.getLoc(),
                                     op.getCodes().getType(), codes);
    rewriter.replaceOp(op, codes);
    return success();
  }

private:
  static Value repeat(Operation *move, Value codes, PatternRewriter &rewriter) {
    Location loc = move->getLoc();
    auto type = cast<RankedTensorType>(move->getResult(0).getType())
                    .clone(getElementTypeOrSelf(codes.getType()));
    return TypeSwitch<Operation *, Value>(move)
        .Case([&](linalg::TransposeOp op) {
          return transpose(rewriter, loc, codes, op.getPermutation());
        })
        .Case([&](tensor::CollapseShapeOp op) {
          return tensor::CollapseShapeOp::create(rewriter, loc, type, codes,
                                                 op.getReassociationIndices());
        })
        .Case([&](tensor::ExpandShapeOp op) {
          return tensor::ExpandShapeOp::create(rewriter, loc, type, codes,
                                               op.getReassociationIndices(),
                                               op.getMixedOutputShape());
        })
        .Case([&](tensor::ExtractSliceOp op) {
          return tensor::ExtractSliceOp::create(
              rewriter, loc, type, codes, op.getMixedOffsets(),
              op.getMixedSizes(), op.getMixedStrides());
        });
  }

  Count &moved;
};

struct NormalizeCodes : quantc::impl::NormalizeCodesBase<NormalizeCodes> {
  void runOnOperation() override {
    ErrorWatch errors(&getContext());
    // What is constant is known before anything depends on it.
    RewritePatternSet constants(&getContext()), patterns(&getContext());
    constants.add<ShowScalars<qnt::QuantizeOp>, ShowScalars<qnt::DequantizeOp>,
                  WidenConstants<qnt::QuantizeOp>,
                  WidenConstants<qnt::DequantizeOp>, WidenCodes>(&getContext());
    populateQuantizeConstantPatterns(constants);
    // The codes of a quantize are made int8 where they are made, if possible.
    patterns.add<CenterCodes, CenterInputs>(&getContext(), centered);
    patterns.add<MoveCodes>(&getContext(), moved);
    populateFindSignPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(constants))))
      return signalPassFailure();
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))) ||
        errors.sawError())
      signalPassFailure();
  }
};
} // namespace
