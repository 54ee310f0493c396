//===- FuseProducts.cpp - activation and bias inside a product -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Moves what follows a product into it. Elementwise groups are made in
// FuseElementwise.cpp.

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Fuse/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_FUSEPRODUCTS
#include "quantc/Fuse/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// product -> relu  =>  product with the attribute.
struct FuseRelu : OpRewritePattern<nn::ActivationOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ActivationOp op,
                                PatternRewriter &rewriter) const override {
    Operation *product = op.getInput().getDefiningOp();
    if (op.getKind() != nn::ActivationKind::Relu)
      return rewriter.notifyMatchFailure(op, "only relu is part of a product");
    if (!isa_and_present<nn::ConvOp, qnt::ConvOp, qnt::MatMulOp>(product))
      return rewriter.notifyMatchFailure(
          op, "its operand is no product that applies it");
    if (!product->hasOneUse() || product->hasAttr("activation"))
      return rewriter.notifyMatchFailure(
          op, "the product has another use or activation");
    rewriter.modifyOpInPlace(product, [&] {
      product->setAttr("activation", rewriter.getStringAttr("relu"));
    });
    rewriter.replaceOp(op, product->getResults());
    return success();
  }
};

/// The operand of `add` that is not `product`, when `add` is one addition of a
/// vector along the last dimension; null otherwise.
Value addedVector(linalg::GenericOp add, Value product) {
  if (add.getNumDpsInputs() != 2 || add->getNumResults() != 1 ||
      add.getNumLoops() != add.getNumParallelLoops())
    return {};
  Block &body = *add.getBlock();
  if (!isa<arith::AddFOp>(body.front()) ||
      std::next(body.begin(), 2) != body.end())
    return {};
  for (OpOperand *operand : add.getDpsInputOperands()) {
    auto type = dyn_cast<RankedTensorType>(operand->get().getType());
    AffineMap map = add.getMatchingIndexingMap(operand);
    bool isVector = type && type.getRank() == 1 && map.getNumResults() == 1 &&
                    map.getResult(0) == getAffineDimExpr(add.getNumLoops() - 1,
                                                         add.getContext());
    if (isVector && operand->get() != product)
      return operand->get();
  }
  return {};
}

/// packed product -> + bias  =>  packed product with the bias.
struct FuseBias : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    for (Value input : op.getDpsInputs()) {
      auto product = input.getDefiningOp<qnt::MatMulOp>();
      if (!product || product.getBias() || !product->hasOneUse() ||
          product->hasAttr("activation"))
        continue;
      Value bias = addedVector(op, input);
      if (!bias || !bias.getDefiningOp<nn::ParamOp>() ||
          !op.getMatchingIndexingMap(
                 op.getDpsInputOperand(op.getDpsInputs()[0] == input ? 0 : 1))
               .isIdentity())
        continue;
      bias.getDefiningOp()->moveBefore(product);
      rewriter.modifyOpInPlace(product,
                               [&] { product.getBiasMutable().assign(bias); });
      rewriter.replaceOp(op, product.getResult());
      return success();
    }
    return rewriter.notifyMatchFailure(op,
                                       "adds no vector to a packed product");
  }
};

struct FuseProducts : quantc::impl::FuseProductsBase<FuseProducts> {
  void runOnOperation() override {
    auto count = [&] {
      int64_t ops = 0;
      getOperation().walk([&](Operation *) { ++ops; });
      return ops;
    };
    int64_t before = count();
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseRelu, FuseBias>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    fused += before - count();
  }
};
} // namespace
