//===- NormalizeActivations.cpp - recognises activations -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From arithmetic to nn.activation.

#include "Match.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZEACTIVATIONS
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
using Kind = nn::ActivationKind;

/// An activation function of the elements of a term.
struct Activation {
  Kind kind;
  Term input;
};

/// 1 + y, in either order.
bool matchOnePlus(Term term, Term &y) {
  double one;
  return matchWithConstant<arith::AddFOp>(term, y, one) && one == 1;
}

/// max(x, 0)
std::optional<Activation> matchRelu(Term term) {
  Term x;
  double zero;
  bool isMaximum = matchWithConstant<arith::MaximumFOp>(term, x, zero) ||
                   matchWithConstant<arith::MaxNumFOp>(term, x, zero);
  return isMaximum && zero == 0 ? std::optional(Activation{Kind::Relu, x})
                                : std::nullopt;
}

/// x of 1 + exp(-x)
std::optional<Term> matchLogisticDivisor(Term term) {
  Term power, minus, x;
  if (!matchOnePlus(term, power) || !matchUnary<math::ExpOp>(power, minus) ||
      !matchUnary<arith::NegFOp>(minus, x))
    return std::nullopt;
  return x;
}

/// x / (1 + exp(-x))
std::optional<Activation> matchSilu(Term term) {
  for (const Term &divisor : productOf(term).divisors) {
    std::optional<Term> x = matchLogisticDivisor(divisor);
    if (!x)
      continue;
    Product product = productOf(term, &*x);
    if (product.number == 1 && product.divisors.size() == 1 &&
        product.takeFactor(*x) && product.factors.empty())
      return Activation{Kind::Silu, *x};
  }
  return std::nullopt;
}

/// y = x / sqrt 2, for the error function
std::optional<Activation> matchErf(Term y) {
  Term scaled, x, divisor;
  double factor;
  if (!matchUnary<math::ErfOp>(y, scaled))
    return std::nullopt;
  if (matchBinary<arith::DivFOp>(scaled, x, divisor) && constantOf(divisor))
    factor = 1 / *constantOf(divisor);
  else if (!matchWithConstant<arith::MulFOp>(scaled, x, factor))
    return std::nullopt;
  return isClose(factor, M_SQRT1_2) ? std::optional(Activation{Kind::Gelu, x})
                                    : std::nullopt;
}

/// True for x^3.
bool isCube(Term term, const Term &x) {
  Term base, exponent;
  if (matchBinary<math::PowFOp>(term, base, exponent))
    return base == x && constantOf(exponent) == 3.0;
  return false;
}

/// 0.044715 x^3
bool isCubicPart(Term term, const Term &x) {
  Product product = productOf(term, &x);
  if (!isClose(product.number, 0.044715) || !product.divisors.empty())
    return false;
  if (product.factors.size() == 1)
    return isCube(product.factors[0], x);
  return product.factors.size() == 3 &&
         llvm::all_of(product.factors,
                      [&](const Term &factor) { return factor == x; });
}

/// tanh(sqrt(2/pi) (x + 0.044715 x^3))
std::optional<Activation> matchTanh(Term y) {
  Term inner, sum, a, b;
  double factor;
  if (!matchUnary<math::TanhOp>(y, inner) ||
      !matchWithConstant<arith::MulFOp>(inner, sum, factor) ||
      !isClose(factor, M_2_SQRTPI * M_SQRT1_2) ||
      !matchBinary<arith::AddFOp>(sum, a, b))
    return std::nullopt;
  if (isCubicPart(b, a))
    return Activation{Kind::GeluTanh, a};
  if (isCubicPart(a, b))
    return Activation{Kind::GeluTanh, b};
  return std::nullopt;
}

/// x/2 (1 + erf(..)) or x/2 (1 + tanh(..))
std::optional<Activation> matchGelu(Term term) {
  Term y;
  for (const Term &factor : productOf(term).factors) {
    if (!matchOnePlus(factor, y))
      continue;
    std::optional<Activation> found = matchErf(y);
    if (!found)
      found = matchTanh(y);
    if (!found)
      continue;
    Product product = productOf(term, &found->input);
    if (product.number == 0.5 && product.divisors.empty() &&
        product.takeFactor(found->input) && product.factors.size() == 1)
      return found;
  }
  return std::nullopt;
}

/// An elementwise formula  =>  nn.activation.
struct RecogniseActivation : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(
        op->getNumResults() == 1 ? op->getResult(0).getType() : Type());
    if (!type || !isa<FloatType>(type.getElementType()))
      return rewriter.notifyMatchFailure(op, "is no tensor of floats");
    for (auto match : {matchRelu, matchSilu, matchGelu}) {
      std::optional<Activation> found = match(elementOf(op->getResult(0)));
      if (!found || !isWhole(found->input, type))
        continue;
      rewriter.replaceOpWithNewOp<nn::ActivationOp>(op, type, found->kind,
                                                    found->input.value);
      return success();
    }
    return rewriter.notifyMatchFailure(op,
                                       "computes no known activation function");
  }
};

struct NormalizeActivations
    : quantc::impl::NormalizeActivationsBase<NormalizeActivations> {
  void runOnOperation() override {
    int64_t before = count();
    RewritePatternSet patterns(&getContext());
    patterns.add<RecogniseActivation>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    activations += count() - before;
  }

  int64_t count() {
    int64_t found = 0;
    getOperation().walk([&](nn::ActivationOp) { ++found; });
    return found;
  }
};
} // namespace
