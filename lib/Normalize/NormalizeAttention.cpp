//===- NormalizeAttention.cpp - recognises attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From matrix products and softmax to nn.attention. Caches and rotary
// embeddings are recognised elsewhere.

#include "CausalMask.h"
#include "Constants.h"
#include "Transpose.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZEATTENTION
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// number * q k^T, scores of one query and one key.
struct Scores {
  nn::MatMulOp product;
  double scale;
};

/// Matches scores, scaled or not.
std::optional<Scores> matchScores(Term term, RankedTensorType type) {
  Product product = productOf(term);
  if (product.factors.size() != 1 || !product.divisors.empty() ||
      product.number <= 0 || !isWhole(product.factors[0], type))
    return std::nullopt;
  auto matmul = product.factors[0].value.getDefiningOp<nn::MatMulOp>();
  if (!matmul || !matmul.getTransposeRhs())
    return std::nullopt;
  return Scores{matmul, product.number};
}

/// Takes a factor that all elements of `value` share out of it.
Value takeScale(Value value, double &scale) {
  Product product = productOf(elementOf(value));
  if (product.number <= 0 || product.number == 1 ||
      product.factors.size() != 1 || !product.divisors.empty() ||
      !isWhole(product.factors[0], typeOf(value)))
    return value;
  scale *= product.number;
  return product.factors[0].value;
}

/// True when the term broadcasts from the right as a mask does.
bool isMask(const Term &term) {
  if (term.generic || !isa<RankedTensorType>(term.value.getType()))
    return false;
  unsigned rank = term.map.getNumResults();
  auto type = typeOf(term.value);
  for (auto [i, expr] : llvm::enumerate(term.map.getResults())) {
    unsigned d = term.map.getNumDims() - rank + i;
    if (type.getDimSize(i) != 1 &&
        expr != getAffineDimExpr(d, expr.getContext()))
      return false;
  }
  return isa<FloatType>(type.getElementType());
}

/// Heads that are repeated as [.., HK, ..] -> [.., HK, copies, ..] -> [.., H,
/// ..] along dimension `dim`; returns what was repeated, or null.
Value matchRepeat(Value value, int64_t dim) {
  auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>();
  if (!collapse || collapse.getSrcType().getRank() != 5)
    return {};
  SmallVector<ReassociationIndices> groups;
  for (int64_t d = 0; d < 4; ++d) {
    int64_t first = d <= dim ? d : d + 1;
    groups.push_back({first});
    if (d == dim)
      groups.back().push_back(first + 1);
  }
  if (collapse.getReassociationIndices() != groups)
    return {};
  Term copied = source(elementOf(collapse.getSrc()), 4);
  if (copied.generic || typeOf(copied.value).getRank() != 4)
    return {};
  for (int64_t d = 0; d < 4; ++d) {
    int64_t from = d <= dim ? d : d + 1;
    AffineExpr expected = getAffineDimExpr(from, value.getContext());
    bool isUnit = typeOf(copied.value).getDimSize(d) == 1;
    if (!isUnit && copied.map.getResult(d) != expected)
      return {};
    // A size of one may be repeated only along the dimension of the heads.
    if (typeOf(copied.value).getDimSize(d) !=
        collapse.getSrcType().getDimSize(from))
      return {};
  }
  return copied.value;
}

/// Key/value heads without their copies; transposes in between stay.
Value withoutRepeat(Value heads, PatternRewriter &b) {
  if (Value few = matchRepeat(heads, 1))
    return few;
  auto transpose = heads.getDefiningOp<linalg::TransposeOp>();
  if (!transpose)
    return heads;
  ArrayRef<int64_t> order = transpose.getPermutation();
  Value few = matchRepeat(transpose.getInput(), order[1]);
  if (!few)
    return heads;
  return quantc::normalize::transpose(b, heads.getLoc(), few, order);
}

/// matmul(softmax(scale * q k^T + mask), v)  =>  nn.attention.
struct RecogniseAttention : OpRewritePattern<nn::MatMulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto softmax = op.getLhs().getDefiningOp<nn::SoftmaxOp>();
    if (!softmax || op.getTransposeRhs())
      return rewriter.notifyMatchFailure(op,
                                         "does not weigh values by a softmax");
    if (softmax.getAxis() != 3 || typeOf(op.getRhs()).getRank() != 4 ||
        typeOf(softmax.getInput()).getRank() != 4)
      return rewriter.notifyMatchFailure(op,
                                         "is not attention of heads over keys");
    if (!softmax->hasOneUse())
      return rewriter.notifyMatchFailure(op,
                                         "has weights that are used elsewhere");
    Term mask;
    std::optional<Scores> scores = matchMasked(softmax.getInput(), mask);
    if (!scores)
      return rewriter.notifyMatchFailure(op,
                                         "has no scores of queries and keys");
    Value key = scores->product.getRhs(), query = scores->product.getLhs();
    if (typeOf(key).getRank() != 4 || typeOf(query).getRank() != 4 ||
        typeOf(key).getDimSize(0) != typeOf(query).getDimSize(0) ||
        typeOf(op.getRhs()).getDimSize(0) != typeOf(query).getDimSize(0) ||
        typeOf(key).getDimSize(1) != typeOf(query).getDimSize(1) ||
        typeOf(op.getRhs()).getDimSize(1) != typeOf(query).getDimSize(1))
      return rewriter.notifyMatchFailure(
          op, "has queries and keys of different batches or heads");
    query = takeScale(query, scores->scale);
    key = takeScale(key, scores->scale);
    Value value = op.getRhs(), fewKeys = withoutRepeat(key, rewriter);
    Value fewValues = withoutRepeat(value, rewriter);
    if (typeOf(fewKeys).getDimSize(1) == typeOf(fewValues).getDimSize(1))
      key = fewKeys, value = fewValues;
    auto scale = rewriter.getF32FloatAttr(static_cast<float>(scores->scale));
    rewriter.replaceOpWithNewOp<nn::AttentionOp>(op, op.getResult().getType(),
                                                 query, key, value, mask.value,
                                                 scale, UnitAttr());
    return success();
  }

  /// Takes a mask off the scores, if there is one.
  static std::optional<Scores> matchMasked(Value scores, Term &mask) {
    Term a, b;
    if (!matchBinary<arith::AddFOp>(elementOf(scores), a, b))
      return matchScores(elementOf(scores), typeOf(scores));
    for (auto [part, rest] : {std::pair(a, b), std::pair(b, a)}) {
      std::optional<Scores> found = matchScores(part, typeOf(scores));
      if (!found || !isMask(rest))
        continue;
      mask = rest;
      return found;
    }
    return std::nullopt;
  }
};

/// attention with a mask that shows all keys up to the query  =>  causal.
struct RecogniseCausal : OpRewritePattern<nn::AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getMask() || op.getCausal())
      return rewriter.notifyMatchFailure(op, "has no mask to recognise");
    Value mask = op.getMask();
    unsigned rank = typeOf(mask).getRank();
    SmallVector<AffineExpr> exprs;
    for (unsigned i = 0; i < rank; ++i)
      exprs.push_back(typeOf(mask).getDimSize(i) == 1
                          ? rewriter.getAffineConstantExpr(0)
                          : rewriter.getAffineDimExpr(4 - rank + i));
    Term term{mask, {}, AffineMap::get(4, 0, exprs, getContext())};
    SymbolicSize past =
        SymbolicSize::of(op.getKey(), 2) - SymbolicSize::of(op.getQuery(), 2);
    if (!isCausalMask(term, past))
      return rewriter.notifyMatchFailure(op, "has a mask that is not causal");
    rewriter.modifyOpInPlace(op, [&] {
      op.getMaskMutable().clear();
      op.setCausal(true);
    });
    return success();
  }
};

struct NormalizeAttention
    : quantc::impl::NormalizeAttentionBase<NormalizeAttention> {
  void runOnOperation() override {
    auto [layers, causal] = count();
    ErrorWatch errors(&getContext());
    RewritePatternSet patterns(&getContext());
    patterns.add<RecogniseAttention, RecogniseCausal>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))) ||
        errors.sawError())
      return signalPassFailure();
    auto [layersNow, causalNow] = count();
    attentions += layersNow - layers;
    causalMasks += causalNow - causal;
  }

  std::pair<int64_t, int64_t> count() {
    std::pair<int64_t, int64_t> found;
    getOperation().walk([&](nn::AttentionOp op) {
      ++found.first;
      found.second += op.getCausal();
    });
    return found;
  }
};
} // namespace
