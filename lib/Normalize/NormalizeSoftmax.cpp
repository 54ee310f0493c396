//===- NormalizeSoftmax.cpp - one form of softmax -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From arithmetic to nn.softmax along the last dimension. Attention around it
// is recognised elsewhere.

#include "Match.h"
#include "Transpose.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZESOFTMAX
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
using Count = Pass::Statistic;

/// exp(x - max(x)) / sum(exp(x - max(x)))  =>  nn.softmax. Without the maximum,
/// which does not change the result, as well.
struct RecogniseSoftmax : OpRewritePattern<linalg::GenericOp> {
  RecogniseSoftmax(MLIRContext *context, Count &recognised)
      : OpRewritePattern(context), recognised(recognised) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    Term power, total, exponent;
    if (op->getNumResults() != 1 ||
        !matchBinary<arith::DivFOp>(elementOf(op->getResult(0)), power, total))
      return rewriter.notifyMatchFailure(op, "is no quotient");
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    std::optional<Reduction> sum = matchReduction(total, nn::ReduceKind::Sum);
    if (!sum || !isWhole(power, type) || sum->input != power.value)
      return rewriter.notifyMatchFailure(op, "does not divide by its own sum");
    if (!matchUnary<math::ExpOp>(power, exponent))
      return rewriter.notifyMatchFailure(op, "does not sum up powers");
    Value x = withoutMaximum(exponent, type, sum->axis);
    if (!x)
      return rewriter.notifyMatchFailure(op, "has exponents inside a payload");
    rewriter.replaceOpWithNewOp<nn::SoftmaxOp>(op, type, x, sum->axis);
    ++recognised;
    return success();
  }

  /// x of x - max(x), or the exponents themselves; null if they are no tensor.
  static Value withoutMaximum(Term exponent, RankedTensorType type,
                              int64_t axis) {
    Term x, largest;
    if (matchBinary<arith::SubFOp>(exponent, x, largest)) {
      std::optional<Reduction> max =
          matchReduction(largest, nn::ReduceKind::Max);
      if (max && max->axis == axis && isWhole(x, type) && max->input == x.value)
        return x.value;
    }
    return isWhole(exponent, type) ? exponent.value : Value();
  }
  Count &recognised;
};

/// softmax along an outer dimension  =>  transposes around one along the last.
struct TurnSoftmax : OpRewritePattern<nn::SoftmaxOp> {
  TurnSoftmax(MLIRContext *context, Count &turned)
      : OpRewritePattern(context), turned(turned) {}

  LogicalResult matchAndRewrite(nn::SoftmaxOp op,
                                PatternRewriter &rewriter) const override {
    int64_t rank = op.getResult().getType().getRank(), axis = op.getAxis();
    if (axis == rank - 1)
      return rewriter.notifyMatchFailure(op, "has its axis last");
    // Exchanging two dimensions undoes itself.
    auto order = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    std::swap(order[axis], order[rank - 1]);
    Location loc = op.getLoc();
    Value input = normalize::transpose(rewriter, loc, op.getInput(), order);
    Value result =
        nn::SoftmaxOp::create(rewriter, loc, input.getType(), input, rank - 1);
    rewriter.replaceOp(op, normalize::transpose(rewriter, loc, result, order));
    ++turned;
    return success();
  }
  Count &turned;
};

struct NormalizeSoftmax : quantc::impl::NormalizeSoftmaxBase<NormalizeSoftmax> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RecogniseSoftmax>(&getContext(), recognised);
    patterns.add<TurnSoftmax>(&getContext(), turned);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
