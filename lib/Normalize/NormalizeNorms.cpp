//===- NormalizeNorms.cpp - recognises norms -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From arithmetic to nn.rms_norm and nn.layer_norm. Batch norms are not handled
// here.

#include "Match.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZENORMS
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
/// The tensor whose mean over the last dimension the term is, or null.
Value matchLastMean(Term term) {
  std::optional<Reduction> found = matchReduction(term, nn::ReduceKind::Mean);
  bool isLast =
      found && found->axis ==
                   cast<RankedTensorType>(found->input.getType()).getRank() - 1;
  return isLast ? found->input : Value();
}

/// The tensor whose elements are squared by `square`, or null.
Value matchSquare(Value square) {
  Term x, y;
  auto type = cast<RankedTensorType>(square.getType());
  double exponent = 0;
  if (matchBinary<arith::MulFOp>(elementOf(square), x, y)) {
    if (!(x == y))
      return {};
  } else if (matchBinary<math::PowFOp>(elementOf(square), x, y)) {
    exponent = constantOf(y).value_or(0);
    if (exponent != 2)
      return {};
  } else {
    return {};
  }
  return isWhole(x, type) ? x.value : Value();
}

/// A root mean square: sqrt(mean(input^2) + epsilon).
struct RootMeanSquare {
  Value input;
  double epsilon;
};

std::optional<RootMeanSquare> matchUnderRoot(Term sum) {
  Term mean;
  double epsilon;
  if (!matchWithConstant<arith::AddFOp>(sum, mean, epsilon))
    return std::nullopt;
  Value squares = matchLastMean(mean);
  Value input = squares ? matchSquare(squares) : Value();
  return input ? std::optional(RootMeanSquare{input, epsilon}) : std::nullopt;
}

/// Finds the root mean square by which a product is divided.
std::optional<RootMeanSquare> findRoot(const Product &product) {
  Term sum;
  for (const Term &divisor : product.divisors)
    if (matchUnary<math::SqrtOp>(divisor, sum))
      return matchUnderRoot(sum);
  for (const Term &factor : product.factors)
    if (matchUnary<math::RsqrtOp>(factor, sum))
      return matchUnderRoot(sum);
  return std::nullopt;
}

/// The tensor that `centred` is the deviation of from its mean, or null.
Value matchCentred(Value centred) {
  Term x, mean;
  auto type = cast<RankedTensorType>(centred.getType());
  if (!matchBinary<arith::SubFOp>(elementOf(centred), x, mean) ||
      !isWhole(x, type))
    return {};
  return matchLastMean(mean) == x.value ? x.value : Value();
}

/// x * rsqrt(mean(x^2) + epsilon) * gamma  =>  nn.rms_norm or nn.layer_norm.
struct RecogniseNorm : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(
        op->getNumResults() == 1 ? op->getResult(0).getType() : Type());
    if (!type || type.getRank() == 0 || !isa<FloatType>(type.getElementType()))
      return rewriter.notifyMatchFailure(op, "is no tensor of floats");
    Value result = op->getResult(0);
    std::optional<RootMeanSquare> root = findRoot(productOf(elementOf(result)));
    if (!root || root->input.getType() != type)
      return rewriter.notifyMatchFailure(
          op, "is not divided by a root mean square");
    Term input = elementOf(root->input);
    Product product = productOf(elementOf(result), &input);
    bool isRoot = product.divisors.size() + product.factors.size() == 3;
    if (product.number != 1 || product.divisors.size() > 1 || !isRoot ||
        !product.takeFactor(input))
      return rewriter.notifyMatchFailure(
          op, "is not the input, scaled by one vector");
    Value gamma;
    for (const Term &factor : product.factors)
      if (Term vector = source(factor);
          isVectorAlong(vector, type.getRank() - 1))
        gamma = vector.value;
    if (!gamma || cast<RankedTensorType>(gamma.getType()).getDimSize(0) !=
                      type.getShape().back())
      return rewriter.notifyMatchFailure(
          op, "has no vector along the last dimension");
    replace(op, *root, gamma, rewriter);
    return success();
  }

  static void replace(linalg::GenericOp op, const RootMeanSquare &root,
                      Value gamma, PatternRewriter &rewriter) {
    Type type = op->getResult(0).getType();
    auto epsilon = rewriter.getF32FloatAttr(static_cast<float>(root.epsilon));
    if (Value x = matchCentred(root.input))
      rewriter.replaceOpWithNewOp<nn::LayerNormOp>(op, type, x, gamma, Value(),
                                                   epsilon);
    else
      rewriter.replaceOpWithNewOp<nn::RmsNormOp>(op, type, root.input, gamma,
                                                 epsilon);
  }
};

/// nn.layer_norm + vector  =>  nn.layer_norm with beta.
struct AbsorbBeta : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    Term a, b;
    if (op->getNumResults() != 1 ||
        !matchBinary<arith::AddFOp>(elementOf(op->getResult(0)), a, b))
      return rewriter.notifyMatchFailure(op, "is no sum");
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (!a.value.getDefiningOp<nn::LayerNormOp>())
      std::swap(a, b);
    auto norm = a.value.getDefiningOp<nn::LayerNormOp>();
    if (!norm || norm.getBeta() || !norm->hasOneUse() || !isWhole(a, type))
      return rewriter.notifyMatchFailure(
          op, "adds nothing to a layer norm without beta");
    b = source(b);
    if (!isVectorAlong(b, type.getRank() - 1) ||
        cast<RankedTensorType>(b.value.getType()).getDimSize(0) !=
            type.getShape().back())
      return rewriter.notifyMatchFailure(
          op, "adds no vector along the last dimension");
    rewriter.replaceOpWithNewOp<nn::LayerNormOp>(op, type, norm.getInput(),
                                                 norm.getGamma(), b.value,
                                                 norm.getEpsilonAttr());
    return success();
  }
};

struct NormalizeNorms : quantc::impl::NormalizeNormsBase<NormalizeNorms> {
  void runOnOperation() override {
    int64_t before = count();
    RewritePatternSet patterns(&getContext());
    patterns.add<RecogniseNorm, AbsorbBeta>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    norms += count() - before;
  }

  int64_t count() {
    int64_t found = 0;
    getOperation().walk([&](Operation *op) {
      found += isa<nn::RmsNormOp, nn::LayerNormOp>(op);
    });
    return found;
  }
};
} // namespace
