//===- SelectKernels.cpp - replaces nn and qnt operations by kernels -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Walks the functions of a module and hands each operation to its selecting
// function. How a kernel is chosen is in Products.cpp and Layers.cpp.

#include "Selector.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Select/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_SELECTKERNELS
#include "quantc/Select/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// Hands `op` to the function that selects its kernel.
static LogicalResult select(Operation *op, Selector &s) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](nn::MatMulOp o) { return selectMatMul(o, s); })
      .Case([&](nn::ConvOp o) { return selectConv(o, s); })
      .Case([&](nn::MaxPoolOp o) { return selectMaxPool(o, s); })
      .Case([&](nn::AvgPoolOp o) { return selectAvgPool(o, s); })
      .Case([&](nn::EmbeddingOp o) { return selectEmbedding(o, s); })
      .Case([&](nn::RmsNormOp o) { return selectRmsNorm(o, s); })
      .Case([&](nn::LayerNormOp o) { return selectLayerNorm(o, s); })
      .Case([&](nn::SoftmaxOp o) { return selectSoftmax(o, s); })
      .Case([&](nn::RopeOp o) { return selectRope(o, s); })
      .Case([&](nn::AttentionOp o) { return selectAttention(o, s); })
      .Case([&](nn::KVAppendOp o) { return selectKVAppend(o, s); })
      .Case([&](nn::ReduceOp o) { return selectReduce(o, s); })
      .Case([&](qnt::MatMulOp o) { return selectQuantizedMatMul(o, s); })
      .Case([&](qnt::ConvOp o) { return selectQuantizedConv(o, s); })
      .Case([&](qnt::BinaryMatMulOp o) { return selectBinaryMatMul(o, s); })
      .Case([&](qnt::BinaryConvOp o) { return selectBinaryConv(o, s); })
      .Case([&](qnt::PackSignsOp o) { return selectPackSigns(o, s); })
      .Case([&](qnt::EmbeddingOp o) { return selectQuantizedEmbedding(o, s); })
      .Case([&](qnt::QuantizeOp o) { return selectQuantize(o, s); })
      .Case(
          [&](qnt::QuantizeDynamicOp o) { return selectQuantizeDynamic(o, s); })
      .Case([&](qnt::DequantizeOp o) { return selectDequantize(o, s); })
      .Case([&](qnt::ProjectOp o) { return selectProject(o, s); })
      .Case([&](qnt::RotateOp o) { return selectRotate(o, s); })
      .Case([&](qnt::TakeChannelsOp o) { return selectTakeChannels(o, s); })
      .Case([&](qnt::ThresholdOp o) { return selectThreshold(o, s); })
      .Case([&](qnt::ObserveOp o) { return selectObserve(o, s); })
      .Default([](Operation *o) -> LogicalResult {
        return o->emitError("no kernel computes ") << o->getName();
      });
}

namespace {
struct SelectKernels : quantc::impl::SelectKernelsBase<SelectKernels> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    WeightPlan weights(getOperation());
    Selector selector{rewriter, weights};
    getOperation().walk([&](nn::MatMulOp op) {
      nn::ParamOp weight = Selector::paramOf(op.getRhs());
      if (weight && op.getTransposeRhs() &&
          op.getRhs().getType().getRank() == 2)
        selector.rowPanels.insert(weight.getNameAttr());
    });
    SmallVector<Operation *> computations, params;
    getOperation().walk([&](Operation *op) {
      if (isa<nn::ParamOp>(op))
        params.push_back(op);
      else if (!isa<nn::DataOp>(op) &&
               isa_and_present<nn::NNDialect, qnt::QntDialect>(
                   op->getDialect()))
        computations.push_back(op);
    });
    for (Operation *op : computations) {
      rewriter.setInsertionPoint(op);
      if (failed(select(op, selector)))
        return signalPassFailure();
      ++kernels;
    }
    // What is left takes its parameters in their own order.
    for (Operation *op : params) {
      rewriter.setInsertionPoint(op);
      if (failed(selectParam(cast<nn::ParamOp>(op), selector)))
        return signalPassFailure();
    }
    weightBytes += weights.getByteSize();
    if (failed(decompose()))
      signalPassFailure();
  }

  /// Concatenations become slices, which buffers can express.
  LogicalResult decompose() {
    RewritePatternSet patterns(&getContext());
    tensor::populateDecomposeTensorConcatPatterns(patterns);
    return applyPatternsGreedily(getOperation(), std::move(patterns));
  }
};
} // namespace
