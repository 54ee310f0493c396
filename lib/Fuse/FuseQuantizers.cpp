//===- FuseQuantizers.cpp - quantizers as elementwise operations -*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Spells out the quantize and dequantize operations that a model came with, so
// that they join the elementwise operations around them. Those that a recipe
// put into a model have a kernel of their own and stay.

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Dialect/Qnt/Rounding.h"
#include "quantc/Fuse/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_FUSEQUANTIZERS
#include "quantc/Fuse/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// 1.5 * 2^23: adding and subtracting it rounds a number below 2^22 half to
/// even.
constexpr float magic = 12582912.0f;

/// Formulas of the quantizers on one element, in fp32.
struct QuantizerBuilder {
  ImplicitLocOpBuilder &b;
  qnt::SchemeAttr scheme;

  bool isSigned() { return scheme.getCode() == qnt::CodeKind::Int; }
  bool isBinary() { return scheme.getCode() == qnt::CodeKind::Binary; }
  Value number(float value) {
    return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
  }
  Value toFloat(Value x) {
    return x.getType().isF32() ? x
                               : arith::ExtFOp::create(b, b.getF32Type(), x);
  }
  Value toInt(Value code) {
    Type wide = b.getI32Type();
    if (code.getType() == wide)
      return code;
    return isSigned() ? Value(arith::ExtSIOp::create(b, wide, code))
                      : Value(arith::ExtUIOp::create(b, wide, code));
  }
  /// The zero point as int32; null where there is none.
  Value offset(ValueRange parameters) {
    return parameters.size() > 1 ? toInt(parameters[1]) : Value();
  }

  /// NaN compares false and becomes `low`.
  Value clamp(Value x, Value low, Value high) {
    Value above = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, low);
    Value raised = arith::SelectOp::create(b, above, x, low);
    Value below =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, raised, high);
    return arith::SelectOp::create(b, below, raised, high);
  }

  /// A code of `type` as the operation says.
  Value quantize(qnt::QuantizeOp op, Value x, ValueRange parameters,
                 Type type) {
    if (isBinary()) {
      Value isPositive = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE,
                                               toFloat(x), number(0));
      return arith::ExtUIOp::create(b, type, isPositive);
    }
    if (op.getRounding())
      return quantizeBy(*op.getRounding(), op.getNarrow(), x, parameters, type);
    return quantize(x, parameters, op.getByDivision(), type);
  }

  /// round(clamp(x / scale + zero point)).
  Value quantizeBy(qnt::RoundingMode mode, bool isNarrow, Value x,
                   ValueRange parameters, Type type) {
    Value steps = arith::DivFOp::create(b, toFloat(x), toFloat(parameters[0]));
    if (Value zero = offset(parameters))
      steps = arith::AddFOp::create(
          b, steps, arith::SIToFPOp::create(b, b.getF32Type(), zero));
    qnt::CodeRange range =
        qnt::codeRange(isSigned(), scheme.getBits(), isNarrow);
    Value clamped = clamp(steps, number(range.low), number(range.high));
    Value code = arith::FPToSIOp::create(b, b.getI32Type(),
                                         qnt::buildRounding(b, mode, clamped));
    return arith::TruncIOp::create(b, type, code);
  }

  /// clamp(rint(x / scale) + zero point) as a code of `type`.
  Value quantize(Value x, ValueRange parameters, bool byDivision, Type type) {
    Value scale = toFloat(parameters[0]), zero = offset(parameters);
    Value steps =
        byDivision
            ? Value(arith::DivFOp::create(b, toFloat(x), scale))
            : Value(arith::MulFOp::create(
                  b, toFloat(x), arith::DivFOp::create(b, number(1), scale)));
    int64_t count = int64_t(1) << scheme.getBits();
    Value low = number(isSigned() ? -count / 2 : 0);
    Value high = number(isSigned() ? count / 2 - 1 : count - 1);
    if (zero) {
      Value shift = arith::SIToFPOp::create(b, b.getF32Type(), zero);
      low = arith::SubFOp::create(b, low, shift);
      high = arith::SubFOp::create(b, high, shift);
    }
    Value rounded =
        arith::AddFOp::create(b, clamp(steps, low, high), number(magic));
    Value whole = arith::SubFOp::create(b, rounded, number(magic));
    Value code = arith::FPToSIOp::create(b, b.getI32Type(), whole);
    if (zero)
      code = arith::AddIOp::create(b, code, zero);
    return arith::TruncIOp::create(b, type, code);
  }

  /// (code - zero point) * scale as a number of `type`.
  Value dequantize(Value code, ValueRange parameters, Type type) {
    Value steps = toInt(code);
    if (isBinary()) { // 2 * code - 1
      Value one = arith::ConstantOp::create(b, b.getI32IntegerAttr(1));
      steps =
          arith::SubIOp::create(b, arith::AddIOp::create(b, steps, steps), one);
    }
    if (Value zero = offset(parameters))
      steps = arith::SubIOp::create(b, steps, zero);
    Value number = arith::MulFOp::create(
        b, arith::SIToFPOp::create(b, b.getF32Type(), steps),
        toFloat(parameters[0]));
    return type.isF32() ? number : arith::TruncFOp::create(b, type, number);
  }
};

/// `value` with dimension `axis` cut into groups, and how to undo that.
SmallVector<ReassociationIndices> groupsAlong(int64_t rank, int64_t axis) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t d = 0; d < rank; ++d) {
    int64_t at = d + (d > axis);
    groups.push_back({at});
    if (d == axis)
      groups.back().push_back(at + 1);
  }
  return groups;
}

/// Rewrites one operation. `op` has operands value, scale and perhaps zero
/// point.
class Expansion {
public:
  Expansion(Operation *op, qnt::SchemeAttr scheme, IRRewriter &rewriter)
      : op(op), scheme(scheme), rewriter(rewriter), loc(op->getLoc()) {}

  /// Fails, with a diagnostic, when blocks do not divide a dimension.
  LogicalResult run() {
    rewriter.setInsertionPoint(op);
    Value input = op->getOperand(0);
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    bool hasGroups = scheme.getGranularity() == qnt::Granularity::Group;
    auto groups = groupsAlong(type.getRank(), scheme.getAxis());
    if (hasGroups) {
      int64_t size = type.getDimSize(scheme.getAxis());
      if (ShapedType::isDynamic(size) || size % scheme.getGroupSize() != 0)
        return op->emitError("has blocks of ")
               << scheme.getGroupSize() << " in " << type
               << "; only blocks that divide the dimension can be computed";
      input = cut(input, groups);
    }
    Value result = build(input, type.getElementType());
    if (hasGroups)
      result =
          tensor::CollapseShapeOp::create(rewriter, loc, type, result, groups);
    if (result.getType() != type)
      result = tensor::CastOp::create(rewriter, loc, type, result);
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  Value cut(Value input, ArrayRef<ReassociationIndices> groups) {
    auto type = cast<RankedTensorType>(input.getType());
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(rewriter, loc, input);
    int64_t axis = scheme.getAxis(), group = scheme.getGroupSize();
    sizes[axis] = rewriter.getIndexAttr(type.getDimSize(axis) / group);
    sizes.insert(sizes.begin() + axis + 1, rewriter.getIndexAttr(group));
    SmallVector<int64_t> shape(type.getShape());
    shape[axis] /= group;
    shape.insert(shape.begin() + axis + 1, group);
    return tensor::ExpandShapeOp::create(
        rewriter, loc, RankedTensorType::get(shape, type.getElementType()),
        input, groups, sizes);
  }

  /// Where a scale or zero point is read in the loops over `rank` dimensions.
  AffineMap parameterMap(Value parameter, int64_t rank) {
    MLIRContext *context = op->getContext();
    int64_t axis = scheme.getAxis();
    if (cast<RankedTensorType>(parameter.getType()).getRank() == 0)
      return AffineMap::get(rank, 0, context);
    if (scheme.getGranularity() != qnt::Granularity::Group)
      return AffineMap::get(rank, 0, getAffineDimExpr(axis, context));
    SmallVector<AffineExpr> places;
    for (int64_t d = 0; d < rank; ++d)
      if (d != axis + 1)
        places.push_back(getAffineDimExpr(d, context));
    return AffineMap::get(rank, 0, places, context);
  }

  Value build(Value input, Type element) {
    auto type = cast<RankedTensorType>(input.getType());
    int64_t rank = type.getRank();
    AffineMap identity = rewriter.getMultiDimIdentityMap(rank);
    SmallVector<Value> inputs{input};
    SmallVector<AffineMap> maps{identity};
    for (Value parameter : op->getOperands().drop_front()) {
      if (constantOf(parameter))
        continue;
      inputs.push_back(parameter);
      maps.push_back(parameterMap(parameter, rank));
    }
    maps.push_back(identity);
    Value output = tensor::EmptyOp::create(
        rewriter, loc, tensor::getMixedSizes(rewriter, loc, input), element);
    SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
    auto body = [&](OpBuilder &builder, Location place, ValueRange args) {
      ImplicitLocOpBuilder b(place, builder);
      linalg::YieldOp::create(builder, place, onElement(b, args, element));
    };
    return linalg::GenericOp::create(rewriter, loc, output.getType(), inputs,
                                     output, maps, loops, body)
        .getResult(0);
  }

  Value onElement(ImplicitLocOpBuilder &b, ValueRange args, Type element) {
    QuantizerBuilder builder{b, scheme};
    SmallVector<Value> parameters;
    unsigned next = 1;
    for (Value parameter : op->getOperands().drop_front()) {
      TypedAttr constant = constantOf(parameter);
      parameters.push_back(constant
                               ? Value(arith::ConstantOp::create(b, constant))
                               : args[next++]);
    }
    auto quantize = dyn_cast<qnt::QuantizeOp>(op);
    return quantize ? builder.quantize(quantize, args[0], parameters, element)
                    : builder.dequantize(args[0], parameters, element);
  }

  /// The number that a parameter is, as int32 or float; null if it is none.
  TypedAttr constantOf(Value parameter) {
    DenseElementsAttr elements;
    if (cast<RankedTensorType>(parameter.getType()).getRank() != 0 ||
        !matchPattern(parameter, m_Constant(&elements)))
      return {};
    if (isa<FloatType>(elements.getElementType()))
      return cast<TypedAttr>(*elements.getValues<Attribute>().begin());
    APInt code = *elements.getValues<APInt>().begin();
    bool isSigned = scheme.getCode() == qnt::CodeKind::Int;
    return rewriter.getI32IntegerAttr(isSigned ? code.getSExtValue()
                                               : code.getZExtValue());
  }

  Operation *op;
  qnt::SchemeAttr scheme;
  IRRewriter &rewriter;
  Location loc;
};

bool hasFormula(qnt::SchemeAttr scheme) {
  return scheme.getCode() == qnt::CodeKind::Int ||
         scheme.getCode() == qnt::CodeKind::UInt ||
         scheme.getCode() == qnt::CodeKind::Binary;
}

struct FuseQuantizers : quantc::impl::FuseQuantizersBase<FuseQuantizers> {
  void runOnOperation() override {
    SmallVector<std::pair<Operation *, qnt::SchemeAttr>> found;
    getOperation().walk([&](Operation *op) {
      if (auto quantize = dyn_cast<qnt::QuantizeOp>(op)) {
        if (qnt::ModelQuantizer::handles(quantize) ||
            !hasFormula(quantize.getScheme()))
          found.emplace_back(op, quantize.getScheme());
      } else if (auto dequantize = dyn_cast<qnt::DequantizeOp>(op)) {
        if (isa<RankedTensorType>(dequantize.getCodes().getType()))
          found.emplace_back(op, dequantize.getScheme());
      }
    });
    IRRewriter rewriter(&getContext());
    for (auto [op, scheme] : found) {
      if (!hasFormula(scheme)) {
        op->emitError("has codes of kind ")
            << qnt::stringifyCodeKind(scheme.getCode())
            << " that are no constant; only integer and binary codes can be "
               "computed";
        return signalPassFailure();
      }
      if (failed(Expansion(op, scheme, rewriter).run()))
        return signalPassFailure();
      ++expanded;
    }
  }
};
} // namespace
