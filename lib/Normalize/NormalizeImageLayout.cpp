//===- NormalizeImageLayout.cpp - images with channels last -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Turns convolutions and poolings to NHWC and cancels the transposes. How
// transposes pass other operations is in SinkTransposes.cpp.

#include "Constants.h"
#include "MoveQuantizers.h"
#include "SinkTransposes.h"
#include "Transpose.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Normalize/Passes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZEIMAGELAYOUT
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
using Count = Pass::Statistic;

/// Larger constants stay where they are; their transpose is computed at run
/// time.
constexpr int64_t maxTransposedBytes = int64_t(1) << 28;

constexpr int64_t toNhwc[] = {0, 2, 3, 1}, toNchw[] = {0, 3, 1, 2};

/// An operation on images in NCHW order  =>  NHWC with transposes around.
template <typename Op> struct TurnWindow : OpRewritePattern<Op> {
  TurnWindow(MLIRContext *context, Count &images)
      : OpRewritePattern<Op>(context), images(images) {}

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (op.getLayout() == nn::Layout::NHWC)
      return rewriter.notifyMatchFailure(op, "has its channels last already");
    Location loc = op.getLoc();
    auto type = cast<RankedTensorType>(op.getResult().getType());
    IRMapping mapping;
    for (OpOperand &operand : op->getOpOperands())
      if (cast<RankedTensorType>(operand.get().getType()).getRank() == 4)
        mapping.map(operand.get(),
                    transpose(rewriter, loc, operand.get(), toNhwc));
    auto turned = cast<Op>(rewriter.clone(*op, mapping));
    turned.setLayout(nn::Layout::NHWC);
    SmallVector<int64_t> shape = applyPermutation(type.getShape(), toNhwc);
    turned.getResult().setType(
        RankedTensorType::get(shape, type.getElementType()));
    rewriter.replaceOp(op,
                       transpose(rewriter, loc, turned.getResult(), toNchw));
    ++images;
    return success();
  }
  Count &images;
};

/// transpose(parameter)  =>  another parameter.
struct TransposeConstant : OpRewritePattern<linalg::TransposeOp> {
  TransposeConstant(MLIRContext *context, Count &constants)
      : OpRewritePattern(context), constants(constants) {}

  LogicalResult matchAndRewrite(linalg::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto param = op.getInput().getDefiningOp<nn::ParamOp>();
    if (!param)
      return rewriter.notifyMatchFailure(op, "transposes no constant");
    auto type = cast<RankedTensorType>(param.getResult().getType());
    // Codes of 4 bits take a byte each; booleans are bits.
    int64_t width = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    if (type.getElementTypeBitWidth() == 1 ||
        type.getNumElements() * width > maxTransposedBytes)
      return rewriter.notifyMatchFailure(
          op, "transposes a constant that is too large");
    nn::ParamOp turned =
        transposeConstant(rewriter, param, op.getPermutation());
    if (!turned)
      return rewriter.notifyMatchFailure(
          op, "transposes a constant that cannot be read");
    rewriter.replaceOp(op, turned.getResult());
    ++constants;
    return success();
  }
  Count &constants;
};

/// A transpose that moves only dimensions of size one  =>  a reshape.
struct ReshapeUnits : OpRewritePattern<linalg::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto from = cast<RankedTensorType>(op.getInput().getType());
    auto to = cast<RankedTensorType>(op->getResult(0).getType());
    int64_t last = -1, dynamic = 0;
    for (int64_t d : op.getPermutation()) {
      if (from.getDimSize(d) == 1)
        continue;
      if (d < last)
        return rewriter.notifyMatchFailure(op, "moves elements");
      last = d;
      dynamic += from.isDynamicDim(d);
    }
    auto down = dropUnits(from.getShape()), up = dropUnits(to.getShape());
    Value flat = op.getInput();
    auto flatType = RankedTensorType::get(largeSizes(from.getShape()),
                                          from.getElementType());
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(rewriter, op.getLoc(), op.getInput());
    applyPermutationToVector(sizes, op.getPermutation());
    flat = tensor::CollapseShapeOp::create(rewriter, op.getLoc(), flatType,
                                           flat, down);
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(op, to, flat, up, sizes);
    return success();
  }

  static SmallVector<int64_t> largeSizes(ArrayRef<int64_t> shape) {
    SmallVector<int64_t> sizes;
    llvm::copy_if(shape, std::back_inserter(sizes),
                  [](int64_t s) { return s != 1; });
    return sizes;
  }

  /// Groups with one dimension that is not of size one each.
  static SmallVector<ReassociationIndices> dropUnits(ArrayRef<int64_t> shape) {
    SmallVector<ReassociationIndices> groups;
    bool isOpen = false; // the group still waits for its large dimension
    for (auto [d, size] : llvm::enumerate(shape)) {
      if (groups.empty() || (size != 1 && !isOpen)) {
        groups.emplace_back();
        isOpen = true;
      }
      groups.back().push_back(d);
      isOpen &= size == 1;
    }
    if (largeSizes(shape).empty())
      groups.clear();
    return groups;
  }
};

struct NormalizeImageLayout
    : quantc::impl::NormalizeImageLayoutBase<NormalizeImageLayout> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    ErrorWatch errors(&getContext());
    RewritePatternSet patterns(context);
    patterns.add<TurnWindow<nn::ConvOp>, TurnWindow<nn::MaxPoolOp>,
                 TurnWindow<nn::AvgPoolOp>>(context, images);
    patterns.add<TransposeConstant>(context, constants);
    patterns.add<ReshapeUnits>(context);
    populateSinkTransposePatterns(patterns);
    populateMoveQuantizerPatterns(patterns);
    linalg::TransposeOp::getCanonicalizationPatterns(patterns, context);
    tensor::ExpandShapeOp::getCanonicalizationPatterns(patterns, context);
    tensor::CollapseShapeOp::getCanonicalizationPatterns(patterns, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))) ||
        errors.sawError())
      signalPassFailure();
  }
};
} // namespace
