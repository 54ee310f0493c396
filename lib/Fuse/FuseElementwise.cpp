//===- FuseElementwise.cpp - elementwise operations in one loop nest -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Expands activation functions and joins elementwise operations. Products are
// the business of FuseProducts.cpp.

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Fuse/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "quantc/Fuse/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// Formulas of the activation functions on one element.
struct ActivationBuilder {
  OpBuilder &b;
  Location loc;
  Type type;

  Value number(double value) {
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
  }
  Value relu(Value x) {
    return arith::MaximumFOp::create(b, loc, x, number(0));
  }

  /// x / (1 + exp(-x))
  Value silu(Value x) {
    Value e = math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, x));
    return arith::DivFOp::create(b, loc, x,
                                 arith::AddFOp::create(b, loc, e, number(1)));
  }

  /// (x / 2) * (1 + t)
  Value half(Value x, Value t) {
    Value left = arith::MulFOp::create(b, loc, x, number(0.5));
    return arith::MulFOp::create(b, loc, left,
                                 arith::AddFOp::create(b, loc, t, number(1)));
  }
  Value gelu(Value x) {
    Value scaled =
        arith::MulFOp::create(b, loc, x, number(0.70710678118654752440));
    return half(x, math::ErfOp::create(b, loc, scaled));
  }
  Value geluTanh(Value x) {
    Value square = arith::MulFOp::create(b, loc, x, x);
    Value cube = arith::MulFOp::create(b, loc, square, x);
    Value inner = math::FmaOp::create(b, loc, cube, number(0.044715), x);
    Value scaled =
        arith::MulFOp::create(b, loc, inner, number(0.79788456080286535588));
    return half(x, math::TanhOp::create(b, loc, scaled));
  }

  Value build(nn::ActivationKind kind, Value x) {
    switch (kind) {
    case nn::ActivationKind::Relu:
      return relu(x);
    case nn::ActivationKind::Gelu:
      return gelu(x);
    case nn::ActivationKind::GeluTanh:
      return geluTanh(x);
    case nn::ActivationKind::Silu:
      return silu(x);
    }
    return x;
  }
};

/// nn.activation  =>  linalg.generic with its formula.
struct ExpandActivation : OpRewritePattern<nn::ActivationOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ActivationOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getResult().getType();
    AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> loops(type.getRank(),
                                           utils::IteratorType::parallel);
    auto body = [&](OpBuilder &b, Location loc, ValueRange args) {
      ActivationBuilder builder{b, loc, type.getElementType()};
      linalg::YieldOp::create(b, loc, builder.build(op.getKind(), args[0]));
    };
    Value output = tensor::EmptyOp::create(
        rewriter, op.getLoc(),
        tensor::getMixedSizes(rewriter, op.getLoc(), op.getInput()),
        type.getElementType());
    rewriter.replaceOpWithNewOp<linalg::GenericOp>(
        op, TypeRange(type), ValueRange(op.getInput()), ValueRange(output),
        ArrayRef<AffineMap>{identity, identity}, loops, body);
    return success();
  }
};

/// Computing twice costs more than storing, so only single uses are joined.
bool hasOneUser(OpOperand *operand) { return operand->get().hasOneUse(); }

struct FuseElementwise : quantc::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    getOperation().walk([&](nn::ActivationOp) { ++expanded; });
    RewritePatternSet formulas(&getContext()), groups(&getContext());
    formulas.add<ExpandActivation>(&getContext());
    // A question for the size of an operand would be a second use of it.
    memref::populateResolveRankedShapedTypeResultDimsPatterns(formulas);
    linalg::populateElementwiseOpsFusionPatterns(groups, hasOneUser);
    if (failed(applyPatternsGreedily(getOperation(), std::move(formulas))) ||
        failed(applyPatternsGreedily(getOperation(), std::move(groups))))
      signalPassFailure();
  }
};
} // namespace
