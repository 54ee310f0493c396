//===- SinkTransposes.cpp - moves transposes to the results -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Only the transpose from NHWC to NCHW moves, and only downwards, so that the
// patterns come to an end.

#include "SinkTransposes.h"
#include "Transpose.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::normalize;

static constexpr int64_t toNhwc[] = {0, 2, 3, 1}, toNchw[] = {0, 3, 1, 2};

/// The NHWC image that `value` is the NCHW view of, or null.
static Value turnedImage(Value value) {
  auto op = value.getDefiningOp<linalg::TransposeOp>();
  return op && op.getPermutation() == ArrayRef(toNchw) ? op.getInput()
                                                       : Value();
}

template <typename T> static SmallVector<T> inNhwc(ArrayRef<T> perNchwDim) {
  SmallVector<T> turned(perNchwDim);
  applyPermutationToVector(turned, toNhwc);
  return turned;
}

static RankedTensorType turnedType(Value nchw) {
  auto type = cast<RankedTensorType>(nchw.getType());
  return RankedTensorType::get(inNhwc(type.getShape()), type.getElementType());
}

namespace {
/// Elementwise operations on images, with NHWC loops.
struct SinkThroughGeneric : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1 || op.getNumLoops() != 4 ||
        op.getNumParallelLoops() != 4 ||
        !op.getIndexingMapsArray().back().isIdentity() ||
        op.hasIndexSemantics())
      return rewriter.notifyMatchFailure(op, "is not elementwise on images");
    if (llvm::none_of(op.getInputs(), turnedImage))
      return rewriter.notifyMatchFailure(op, "reads no turned image");
    if (op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)))
      return rewriter.notifyMatchFailure(op, "reads its result");
    // Position of each old loop among the new ones.
    SmallVector<AffineExpr> loops(4);
    for (auto [to, from] : llvm::enumerate(toNhwc))
      loops[from] = rewriter.getAffineDimExpr(to);
    auto turn = AffineMap::get(4, 0, loops, getContext());
    SmallVector<Value> inputs;
    SmallVector<AffineMap> maps;
    for (auto [input, map] :
         llvm::zip(op.getInputs(), op.getIndexingMapsArray())) {
      Value image = turnedImage(input);
      AffineMap turned = map.compose(turn);
      if (!image && map.isIdentity())
        image = transpose(rewriter, op.getLoc(), input, toNhwc);
      if (image)
        turned =
            AffineMap::get(4, 0, inNhwc(turned.getResults()), getContext());
      inputs.push_back(image ? image : input);
      maps.push_back(turned);
    }
    maps.push_back(rewriter.getMultiDimIdentityMap(4));
    Value oldInit = op.getOutputs()[0];
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(rewriter, op.getLoc(), oldInit);
    Value init =
        tensor::EmptyOp::create(rewriter, op.getLoc(), inNhwc(ArrayRef(sizes)),
                                getElementTypeOrSelf(oldInit));
    auto turned =
        linalg::GenericOp::create(rewriter, op.getLoc(), init.getType(), inputs,
                                  init, maps, op.getIteratorTypesArray());
    rewriter.inlineRegionBefore(op.getRegion(), turned.getRegion(),
                                turned.getRegion().begin());
    rewriter.replaceOp(
        op, transpose(rewriter, op.getLoc(), turned->getResult(0), toNchw));
    return success();
  }
};

struct SinkThroughActivation : OpRewritePattern<nn::ActivationOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ActivationOp op,
                                PatternRewriter &rewriter) const override {
    Value image = turnedImage(op.getInput());
    if (!image)
      return rewriter.notifyMatchFailure(op, "reads no turned image");
    Value turned = nn::ActivationOp::create(
        rewriter, op.getLoc(), turnedType(op.getResult()), op.getKind(), image);
    rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), turned, toNchw));
    return success();
  }
};

struct SinkThroughPad : OpRewritePattern<tensor::PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::PadOp op,
                                PatternRewriter &rewriter) const override {
    Value image = turnedImage(op.getSource()),
          number = op.getConstantPaddingValue();
    if (!image || !number)
      return rewriter.notifyMatchFailure(
          op, "does not pad a turned image with one number");
    Value turned =
        tensor::PadOp::create(rewriter, op.getLoc(), turnedType(op.getResult()),
                              image, inNhwc(ArrayRef(op.getMixedLowPad())),
                              inNhwc(ArrayRef(op.getMixedHighPad())), number);
    rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), turned, toNchw));
    return success();
  }
};

struct SinkThroughSlice : OpRewritePattern<tensor::ExtractSliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ExtractSliceOp op,
                                PatternRewriter &rewriter) const override {
    Value image = turnedImage(op.getSource());
    if (!image || op.getType().getRank() != 4)
      return rewriter.notifyMatchFailure(
          op, "takes no image out of a turned image");
    Value turned = tensor::ExtractSliceOp::create(
        rewriter, op.getLoc(), turnedType(op.getResult()), image,
        inNhwc(ArrayRef(op.getMixedOffsets())),
        inNhwc(ArrayRef(op.getMixedSizes())),
        inNhwc(ArrayRef(op.getMixedStrides())));
    rewriter.replaceOp(op, transpose(rewriter, op.getLoc(), turned, toNchw));
    return success();
  }
};

/// Images behind each other: those in another order get a transpose.
struct SinkThroughConcat : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getResultType().getRank() != 4 ||
        llvm::none_of(op.getInputs(), turnedImage))
      return rewriter.notifyMatchFailure(op, "joins no turned images");
    SmallVector<Value> images;
    for (Value input : op.getInputs()) {
      Value image = turnedImage(input);
      images.push_back(
          image ? image
                : normalize::transpose(rewriter, op.getLoc(), input, toNhwc));
    }
    int64_t dim = llvm::find(toNhwc, static_cast<int64_t>(op.getDim())) -
                  std::begin(toNhwc);
    Value turned = tensor::ConcatOp::create(
        rewriter, op.getLoc(), turnedType(op.getResult()), dim, images);
    rewriter.replaceOp(
        op, normalize::transpose(rewriter, op.getLoc(), turned, toNchw));
    return success();
  }
};

struct SinkThroughReduce : OpRewritePattern<nn::ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ReduceOp op,
                                PatternRewriter &rewriter) const override {
    Value image = turnedImage(op.getInput());
    if (!image)
      return rewriter.notifyMatchFailure(op, "reads no turned image");
    SmallVector<int64_t> axes, kept;
    for (int64_t d = 0; d < 4; ++d) {
      bool isReduced = llvm::is_contained(op.getAxes(), toNhwc[d]);
      if (isReduced)
        axes.push_back(d);
      else
        kept.push_back(toNhwc[d]);
    }
    if (!op.getKeepdims() && !llvm::is_sorted(kept))
      return rewriter.notifyMatchFailure(op,
                                         "keeps dimensions in another order");
    Type type = op.getKeepdims() ? Type(turnedType(op.getResult()))
                                 : op.getResult().getType();
    Value turned =
        nn::ReduceOp::create(rewriter, op.getLoc(), type, op.getKind(), image,
                             axes, op.getKeepdims());
    rewriter.replaceOp(
        op, op.getKeepdims() ? transpose(rewriter, op.getLoc(), turned, toNchw)
                             : turned);
    return success();
  }
};
} // namespace

void quantc::normalize::populateSinkTransposePatterns(
    RewritePatternSet &patterns) {
  patterns.add<SinkThroughGeneric, SinkThroughActivation, SinkThroughPad,
               SinkThroughConcat, SinkThroughSlice, SinkThroughReduce>(
      patterns.getContext());
}
