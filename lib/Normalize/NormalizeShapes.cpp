//===- NormalizeShapes.cpp - sizes by sizes of inputs -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Resolves questions for sizes, and moves transposes and reshapes of parameters
// to where later patterns expect them.

#include "SymbolicSizes.h"
#include "Transpose.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZESHAPES
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
using Count = Pass::Statistic;

/// The first argument of the function with a dimension called `name`.
std::pair<BlockArgument, int64_t> firstNamed(Block *entry, StringAttr name) {
  for (BlockArgument argument : entry->getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    for (int64_t d = 0; type && d < type.getRank(); ++d)
      if (type.isDynamicDim(d) && dimensionName(argument, d) == name)
        return {argument, d};
  }
  return {};
}

/// dim(argument, d)  =>  dim of the first argument with a dimension of that
/// name.
struct ShareNamedSize : OpRewritePattern<tensor::DimOp> {
  ShareNamedSize(MLIRContext *context, Count &shared)
      : OpRewritePattern(context), shared(shared) {}

  LogicalResult matchAndRewrite(tensor::DimOp op,
                                PatternRewriter &rewriter) const override {
    auto argument = dyn_cast<BlockArgument>(op.getSource());
    std::optional<int64_t> dim = op.getConstantIndex();
    StringAttr name =
        argument && dim ? dimensionName(argument, *dim) : StringAttr();
    if (!name)
      return rewriter.notifyMatchFailure(op, "asks for a size without a name");
    auto [first, firstDim] = firstNamed(argument.getOwner(), name);
    if (!first || (first == argument && firstDim == *dim))
      return rewriter.notifyMatchFailure(
          op, "asks the first argument of that name");
    rewriter.replaceOpWithNewOp<tensor::DimOp>(op, first, firstDim);
    ++shared;
    return success();
  }
  Count &shared;
};

/// affine.apply  =>  arith, which is what a model's size arithmetic is in.
struct ExpandAffine : OpRewritePattern<affine::AffineApplyOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(affine::AffineApplyOp op,
                                PatternRewriter &rewriter) const override {
    auto values =
        affine::expandAffineMap(rewriter, op.getLoc(), op.getAffineMap(),
                                llvm::to_vector(op.getMapOperands()));
    if (!values)
      return rewriter.notifyMatchFailure(
          op, "has an expression that arith cannot express");
    rewriter.replaceOp(op, *values);
    return success();
  }
};

/// matmul(x, transpose(y))  =>  matmul(x, y) transpose_rhs, when the reduced
/// dimension is the innermost of y. Batch dimensions stay transposed in front.
struct AbsorbTranspose : OpRewritePattern<nn::MatMulOp> {
  AbsorbTranspose(MLIRContext *context, Count &transposes)
      : OpRewritePattern(context), transposes(transposes) {}

  LogicalResult matchAndRewrite(nn::MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getRhs().getDefiningOp<linalg::TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "has no transposed right operand");
    SmallVector<int64_t> order(transpose.getPermutation());
    int64_t rank = order.size();
    int64_t reduced = op.getTransposeRhs() ? rank - 1 : rank - 2;
    bool isInnermost = order[reduced] == rank - 1;
    bool isMatrix = rank == 2; // either flag serves a matrix
    if (!isMatrix && (op.getTransposeRhs() || !isInnermost))
      return rewriter.notifyMatchFailure(op, "reduces over an outer dimension");
    std::swap(order[rank - 1], order[rank - 2]);
    Value rhs = transpose.getInput();
    if (!llvm::equal(order, llvm::seq<int64_t>(0, rank)))
      rhs = normalize::transpose(rewriter, op.getLoc(), rhs, order);
    bool flag = !op.getTransposeRhs();
    rewriter.modifyOpInPlace(op, [&] {
      op.getRhsMutable().assign(rhs);
      op.setTransposeRhs(flag);
    });
    ++transposes;
    return success();
  }
  Count &transposes;
};

/// embedding(expand_shape(ids))  =>  expand_shape(embedding(ids)).
struct LookUpFirst : OpRewritePattern<nn::EmbeddingOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::EmbeddingOp op,
                                PatternRewriter &rewriter) const override {
    auto expand = op.getIds().getDefiningOp<tensor::ExpandShapeOp>();
    if (!expand || expand.getSrcType().getRank() == 0)
      return rewriter.notifyMatchFailure(op,
                                         "has indices that are not expanded");
    auto groups = expand.getReassociationIndices();
    SmallVector<OpFoldResult> sizes = expand.getMixedOutputShape();
    SmallVector<OpFoldResult> table =
        tensor::getMixedSizes(rewriter, op.getLoc(), op.getTable());
    for (size_t d = 1; d < table.size(); ++d) {
      groups.push_back({static_cast<int64_t>(sizes.size())});
      sizes.push_back(table[d]);
    }
    Value rows = nn::EmbeddingOp::create(rewriter, op.getLoc(), expand.getSrc(),
                                         op.getTable());
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(
        op, op.getResult().getType(), rows, groups, sizes);
    return success();
  }
};

/// `value` with a known size along dimension `dim`. The program is entered only
/// with sizes for which the cast holds.
Value withKnownSize(PatternRewriter &rewriter, Location loc, Value value,
                    int64_t dim, int64_t size) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  return tensor::CastOp::create(rewriter, loc, type.clone(shape), value);
}

/// matmul(x[?, ?], w[4, 2])  =>  matmul(x[?, 4], w): kernels need to know how
/// long their sums are.
struct KnowReducedSize : OpRewritePattern<nn::MatMulOp> {
  KnowReducedSize(MLIRContext *context, Count &known)
      : OpRewritePattern(context), known(known) {}

  LogicalResult matchAndRewrite(nn::MatMulOp op,
                                PatternRewriter &rewriter) const override {
    auto lhs = cast<RankedTensorType>(op.getLhs().getType());
    auto rhs = cast<RankedTensorType>(op.getRhs().getType());
    int64_t left = lhs.getRank() - 1,
            right = rhs.getRank() - (op.getTransposeRhs() ? 1 : 2);
    if (right < 0 || left < 0 ||
        lhs.isDynamicDim(left) == rhs.isDynamicDim(right))
      return rewriter.notifyMatchFailure(op, "knows both sizes, or none");
    rewriter.modifyOpInPlace(op, [&] {
      if (lhs.isDynamicDim(left))
        op.getLhsMutable().assign(withKnownSize(
            rewriter, op.getLoc(), op.getLhs(), left, rhs.getDimSize(right)));
      else
        op.getRhsMutable().assign(withKnownSize(
            rewriter, op.getLoc(), op.getRhs(), right, lhs.getDimSize(left)));
    });
    ++known;
    return success();
  }
  Count &known;
};

struct NormalizeShapes : quantc::impl::NormalizeShapesBase<NormalizeShapes> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    memref::populateResolveRankedShapedTypeResultDimsPatterns(patterns);
    patterns.add<ShareNamedSize>(context, sharedSizes);
    patterns.add<AbsorbTranspose>(context, transposes);
    patterns.add<KnowReducedSize>(context, knownSizes);
    patterns.add<ExpandAffine, LookUpFirst>(context);
    for (RegisteredOperationName op : context->getRegisteredOperations())
      if (isa<tensor::TensorDialect, linalg::LinalgDialect,
              affine::AffineDialect>(op.getDialect()))
        op.getCanonicalizationPatterns(patterns, context);
    context->getLoadedDialect<tensor::TensorDialect>()
        ->getCanonicalizationPatterns(patterns);
    context->getLoadedDialect<linalg::LinalgDialect>()
        ->getCanonicalizationPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
