//===- NormalizeRope.cpp - recognises rotary position embedding -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From slices and arithmetic to nn.rope. How cosines and sines are computed
// does not matter.

#include "Match.h"
#include "SymbolicSizes.h"
#include "Transpose.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZEROPE
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
/// Pairs (a, b) rotated by angles given as cosines and sines.
struct Rotation {
  Term a, b, cos, sin;
};

/// True when the term is x * y in either order.
bool isProductOf(Term term, const Term &x, const Term &y) {
  Term u, v;
  if (!matchBinary<arith::MulFOp>(term, u, v))
    return false;
  u = source(u), v = source(v);
  return (u == x && v == y) || (u == y && v == x);
}

/// Matches first = a cos - b sin and second = b cos + a sin. Of the two ways to
/// read the first, `isPair` says which operands are the pair.
std::optional<Rotation>
matchRotation(Term first, Term second,
              llvm::function_ref<bool(const Term &, const Term &)> isPair) {
  Term left, right, u[2], w[2], s, t;
  if (!matchBinary<arith::SubFOp>(first, left, right) ||
      !matchBinary<arith::MulFOp>(left, u[0], u[1]) ||
      !matchBinary<arith::MulFOp>(right, w[0], w[1]) ||
      !matchBinary<arith::AddFOp>(second, s, t))
    return std::nullopt;
  for (Term *term : {&u[0], &u[1], &w[0], &w[1]})
    *term = source(*term);
  for (int i : {0, 1})
    for (int j : {0, 1}) {
      Rotation r{u[i], w[j], u[1 - i], w[1 - j]};
      if (!isPair(r.a, r.b))
        continue;
      if ((isProductOf(s, r.b, r.cos) && isProductOf(t, r.a, r.sin)) ||
          (isProductOf(t, r.b, r.cos) && isProductOf(s, r.a, r.sin)))
        return r;
    }
  return std::nullopt;
}

/// The slice of `size` elements along the last dimension, all of the others.
tensor::ExtractSliceOp lastSlice(const Term &term, int64_t offset,
                                 int64_t size) {
  auto slice = term.value.getDefiningOp<tensor::ExtractSliceOp>();
  if (term.generic || !slice ||
      slice.getType().getRank() != slice.getSourceType().getRank())
    return {};
  int64_t last = slice.getType().getRank() - 1;
  for (int64_t d = 0; d <= last; ++d) {
    if (!isConstantIntValue(slice.getMixedStrides()[d], 1) ||
        !isConstantIntValue(slice.getMixedOffsets()[d], d == last ? offset : 0))
      return {};
    if (d != last && !(SymbolicSize::of(slice.getMixedSizes()[d]) ==
                       SymbolicSize::of(slice.getSource(), d)))
      return {};
  }
  return slice.getType().getDimSize(last) == size ? slice
                                                  : tensor::ExtractSliceOp();
}

/// True for [T, D/2] or [B, T, D/2] in a space where dimension `tokens` counts
/// positions and `pairs` pairs.
bool areAngles(const Term &term, RankedTensorType space, unsigned tokens,
               unsigned pairs) {
  auto type = dyn_cast<RankedTensorType>(term.value.getType());
  if (term.generic || !type || type.getRank() < 2 || type.getRank() > 3)
    return false;
  SmallVector<unsigned> dims = {tokens, pairs};
  if (type.getRank() == 3)
    dims.insert(dims.begin(), 0);
  MLIRContext *context = type.getContext();
  for (auto [i, d] : llvm::enumerate(dims)) {
    AffineExpr expected = type.getDimSize(i) == 1
                              ? getAffineConstantExpr(0, context)
                              : getAffineDimExpr(d, context);
    bool isSame = type.getDimSize(i) == space.getDimSize(d);
    if (!isSame || term.map.getResult(i) != expected)
      return false;
  }
  return true;
}

Value transposeMiddle(PatternRewriter &b, Location loc, Value x) {
  return transpose(b, loc, x, {0, 2, 1, 3});
}

/// Replaces `op` by the rotation of `x`, whose positions are dimension
/// `tokens`.
void replaceByRope(Operation *op, Value x, const Rotation &r, unsigned tokens,
                   bool interleaved, PatternRewriter &b) {
  if (tokens == 1)
    x = transposeMiddle(b, op->getLoc(), x);
  Value y = nn::RopeOp::create(b, op->getLoc(), x.getType(), x, r.cos.value,
                               r.sin.value,
                               interleaved ? b.getUnitAttr() : UnitAttr());
  b.replaceOp(op, tokens == 1 ? transposeMiddle(b, op->getLoc(), y) : y);
}

/// Positions are dimension 2 of [B, H, T, D] or 1 of [B, T, H, D].
std::optional<unsigned> findTokens(const Rotation &r, RankedTensorType space) {
  for (unsigned tokens : {2u, 1u})
    if (areAngles(r.cos, space, tokens, 3) &&
        areAngles(r.sin, space, tokens, 3))
      return tokens;
  return std::nullopt;
}

/// concat(a cos - b sin, b cos + a sin) of two halves  =>  nn.rope.
struct RecogniseHalves : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getResultType();
    if (op.getInputs().size() != 2 || type.getRank() != 4 || op.getDim() != 3 ||
        type.isDynamicDim(3) || type.getDimSize(3) % 2 != 0)
      return rewriter.notifyMatchFailure(
          op, "does not join halves of a last dimension");
    int64_t half = type.getDimSize(3) / 2;
    tensor::ExtractSliceOp low, high;
    auto isPair = [&](const Term &a, const Term &b) {
      low = lastSlice(a, 0, half), high = lastSlice(b, half, half);
      return low && high && low.getSource() == high.getSource() &&
             low.getSourceType() == type && isWhole(a, low.getType()) &&
             isWhole(b, high.getType());
    };
    Value first = op.getInputs()[0], second = op.getInputs()[1];
    std::optional<Rotation> found =
        matchRotation(elementOf(first), elementOf(second), isPair);
    if (!found)
      return rewriter.notifyMatchFailure(op, "is no rotation of two halves");
    auto tokens = findTokens(*found, cast<RankedTensorType>(first.getType()));
    if (!tokens)
      return rewriter.notifyMatchFailure(op, "has no angles a position");
    replaceByRope(op, low.getSource(), *found, *tokens, false, rewriter);
    return success();
  }
};

/// The same for neighbours: [.., D/2, 2] collapsed to [.., D].
struct RecogniseNeighbours : OpRewritePattern<tensor::CollapseShapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::CollapseShapeOp op,
                                PatternRewriter &rewriter) const override {
    auto concat = op.getSrc().getDefiningOp<tensor::ConcatOp>();
    RankedTensorType wide = op.getSrcType();
    if (!concat || wide.getRank() != 5 || concat.getDim() != 4 ||
        concat.getInputs().size() != 2 || wide.getDimSize(4) != 2)
      return rewriter.notifyMatchFailure(op, "does not join neighbours");
    SmallVector<ReassociationIndices> groups = {{0}, {1}, {2}, {3, 4}};
    if (op.getReassociationIndices() != groups)
      return rewriter.notifyMatchFailure(
          op, "collapses other dimensions than the pairs");
    tensor::ExtractSliceOp low, high;
    auto isPair = [&](const Term &a, const Term &b) {
      low = lastSlice(a, 0, 1), high = lastSlice(b, 1, 1);
      return low && high && low.getSource() == high.getSource() &&
             low.getSourceType() == wide && isWhole(a, low.getType()) &&
             isWhole(b, high.getType());
    };
    Value first = concat.getInputs()[0], second = concat.getInputs()[1];
    std::optional<Rotation> found =
        matchRotation(elementOf(first), elementOf(second), isPair);
    if (!found)
      return rewriter.notifyMatchFailure(op, "is no rotation of neighbours");
    auto tokens = findTokens(*found, cast<RankedTensorType>(first.getType()));
    if (!tokens)
      return rewriter.notifyMatchFailure(op, "has no angles a position");
    Value x = tensor::CollapseShapeOp::create(
        rewriter, op.getLoc(), op.getResultType(), low.getSource(), groups);
    replaceByRope(op, x, *found, *tokens, true, rewriter);
    return success();
  }
};

/// Angles that all sentences of a batch share need no batch dimension.
struct ShareAngles : OpRewritePattern<nn::RopeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::RopeOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getCos().getType().getRank() != 3)
      return rewriter.notifyMatchFailure(op, "shares its angles already");
    Term cos = source(elementOf(op.getCos())),
         sin = source(elementOf(op.getSin()));
    auto space = cast<RankedTensorType>(op.getCos().getType());
    for (const Term &term : {cos, sin})
      if (cast<RankedTensorType>(term.value.getType()).getRank() != 2 ||
          !areAngles(term, space, 1, 2))
        return rewriter.notifyMatchFailure(op, "has angles a sentence");
    rewriter.modifyOpInPlace(op, [&] {
      op.getCosMutable().assign(cos.value);
      op.getSinMutable().assign(sin.value);
    });
    return success();
  }
};

struct NormalizeRope : quantc::impl::NormalizeRopeBase<NormalizeRope> {
  void runOnOperation() override {
    int64_t before = count();
    RewritePatternSet patterns(&getContext());
    patterns.add<RecogniseHalves, RecogniseNeighbours, ShareAngles>(
        &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    rotations += count() - before;
  }

  int64_t count() {
    int64_t found = 0;
    getOperation().walk([&](nn::RopeOp) { ++found; });
    return found;
  }
};
} // namespace
