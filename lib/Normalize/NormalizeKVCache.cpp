//===- NormalizeKVCache.cpp - recognises key/value caches -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From a concatenation to nn.kv_append. Keeping caches as state is the business
// of a later phase.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZEKVCACHE
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// concat(argument, new), returned  =>  nn.kv_append.
struct RecogniseCache : OpRewritePattern<tensor::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(tensor::ConcatOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getInputs().size() != 2)
      return rewriter.notifyMatchFailure(op, "does not join two tensors");
    auto past = dyn_cast<BlockArgument>(op.getInputs()[0]);
    if (!past || !isa<func::FuncOp>(past.getOwner()->getParentOp()))
      return rewriter.notifyMatchFailure(op, "does not begin with an argument");
    if (!cast<RankedTensorType>(past.getType()).isDynamicDim(op.getDim()))
      return rewriter.notifyMatchFailure(op, "joins a past of fixed length");
    if (!isa<FloatType>(op.getResultType().getElementType()))
      return rewriter.notifyMatchFailure(op, "is no tensor of floats");
    bool isReturned = llvm::any_of(op->getUsers(), [](Operation *user) {
      return isa<func::ReturnOp>(user);
    });
    if (!isReturned)
      return rewriter.notifyMatchFailure(op, "is not returned");
    rewriter.replaceOpWithNewOp<nn::KVAppendOp>(
        op, op.getResultType(), past, op.getInputs()[1],
        static_cast<int64_t>(op.getDim()));
    return success();
  }
};

struct NormalizeKVCache : quantc::impl::NormalizeKVCacheBase<NormalizeKVCache> {
  void runOnOperation() override {
    int64_t before = count();
    RewritePatternSet patterns(&getContext());
    patterns.add<RecogniseCache>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    caches += count() - before;
  }

  int64_t count() {
    int64_t found = 0;
    getOperation().walk([&](nn::KVAppendOp) { ++found; });
    return found;
  }
};
} // namespace
