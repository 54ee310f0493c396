//===- NormalizeBatchNorm.cpp - folds batch norms -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// y = (x - mean) / sqrt(variance + epsilon) * scale + bias with constant
// vectors is x * factor + shift a channel (Jacob et al., 2018, section 3.2).

#include "Constants.h"
#include "Match.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZEBATCHNORM
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;
using namespace quantc::normalize;

namespace {
/// A batch norm with constant vectors, as x * factor + shift a channel.
struct Affine {
  Value input;
  nn::ParamOp scale;
  unsigned channelDim;
  std::vector<double> factor, shift;
};

/// Reads a generic that the importer marked as a batch norm.
std::optional<Affine> readBatchNorm(linalg::GenericOp op) {
  auto epsilon = op->getAttrOfType<FloatAttr>("nn.batch_norm");
  if (!epsilon || op.getInputs().size() != 5)
    return std::nullopt;
  Affine affine;
  affine.input = op.getInputs()[0];
  std::vector<float> vectors[4];
  for (int i = 0; i < 4; ++i) {
    auto param = op.getInputs()[i + 1].getDefiningOp<nn::ParamOp>();
    std::optional<std::vector<float>> numbers =
        param ? readFloats(param) : std::nullopt;
    if (!numbers)
      return std::nullopt;
    vectors[i] = std::move(*numbers);
    if (vectors[i].size() != vectors[0].size())
      return std::nullopt;
    affine.scale = i == 0 ? param : affine.scale;
  }
  auto channel =
      dyn_cast<AffineDimExpr>(op.getIndexingMapsArray()[1].getResults().back());
  if (!channel)
    return std::nullopt;
  affine.channelDim = channel.getPosition();
  for (size_t c = 0; c < vectors[0].size(); ++c) {
    double scale = vectors[0][c], bias = vectors[1][c], mean = vectors[2][c];
    double factor =
        scale / std::sqrt(vectors[3][c] + epsilon.getValueAsDouble());
    affine.factor.push_back(factor);
    affine.shift.push_back(bias - mean * factor);
  }
  return affine;
}

SmallVector<float> rounded(ArrayRef<double> numbers) {
  return SmallVector<float>(numbers.begin(), numbers.end());
}

ArrayRef<char> bytesOf(ArrayRef<float> numbers) {
  return {reinterpret_cast<const char *>(numbers.data()),
          numbers.size() * sizeof(float)};
}

/// conv, batch norm  =>  conv with other filters and bias.
struct FoldBatchNorm : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    if (!op->hasAttr("nn.batch_norm"))
      return rewriter.notifyMatchFailure(op, "is no batch norm");
    auto conv = op.getInputs()[0].getDefiningOp<nn::ConvOp>();
    if (!conv || !conv->hasOneUse())
      return rewriter.notifyMatchFailure(op,
                                         "does not follow a convolution alone");
    auto filter = conv.getFilter().getDefiningOp<nn::ParamOp>();
    nn::ParamOp bias =
        conv.getBias() ? conv.getBias().getDefiningOp<nn::ParamOp>() : nullptr;
    if (!filter || (conv.getBias() && !bias))
      return rewriter.notifyMatchFailure(
          op, "follows a convolution with computed filters");
    std::optional<Affine> affine = readBatchNorm(op);
    std::optional<std::vector<float>> weights = readFloats(filter);
    if (!affine || !weights)
      return rewriter.notifyMatchFailure(
          op, "has vectors or filters that are no fp32 constants");
    auto type = cast<RankedTensorType>(filter.getResult().getType());
    size_t outputs = affine->factor.size();
    bool isNhwc = conv.getLayout() == nn::Layout::NHWC;
    if (static_cast<int64_t>(outputs) != type.getDimSize(0) || outputs == 0 ||
        affine->channelDim != nn::channelDim(isNhwc))
      return rewriter.notifyMatchFailure(
          op, "does not norm the channels of the convolution");
    if (bias) {
      std::optional<std::vector<float>> old = readFloats(bias);
      if (!old || old->size() != outputs)
        return rewriter.notifyMatchFailure(
            op, "follows a bias that is no fp32 constant");
      for (size_t o = 0; o < outputs; ++o)
        affine->shift[o] += (*old)[o] * affine->factor[o];
    }
    size_t perOutput = weights->size() / outputs;
    for (size_t i = 0; i < weights->size(); ++i)
      (*weights)[i] =
          static_cast<float>((*weights)[i] * affine->factor[i / perOutput]);
    replace(op, conv, filter, bias, *weights, rounded(affine->shift), rewriter);
    return success();
  }

  static void replace(linalg::GenericOp op, nn::ConvOp conv, nn::ParamOp filter,
                      nn::ParamOp bias, ArrayRef<float> weights,
                      ArrayRef<float> shift, PatternRewriter &rewriter) {
    rewriter.setInsertionPoint(conv);
    auto type = cast<RankedTensorType>(filter.getResult().getType());
    Value newBias = bias ? replaceConstant(rewriter, bias,
                                           cast<RankedTensorType>(
                                               bias.getResult().getType()),
                                           bytesOf(shift))
                         : addConstant(rewriter, filter, ".bias", shift);
    Value newFilter = replaceConstant(rewriter, filter, type, bytesOf(weights));
    rewriter.modifyOpInPlace(conv, [&] {
      conv.getFilterMutable().assign(newFilter);
      conv.getBiasMutable().assign(newBias);
    });
    rewriter.replaceOp(op, conv.getResult());
  }
};

/// Any other batch norm  =>  x * factor + shift.
struct SimplifyBatchNorm : OpRewritePattern<linalg::GenericOp> {
  SimplifyBatchNorm(MLIRContext *context, Pass::Statistic &simplified)
      : OpRewritePattern(context, /*benefit=*/0), simplified(simplified) {}

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<Affine> affine = readBatchNorm(op);
    if (!affine)
      return rewriter.notifyMatchFailure(
          op, "is no batch norm with constant vectors");
    Value factor = addConstant(rewriter, affine->scale, ".factor",
                               rounded(affine->factor));
    Value shift =
        addConstant(rewriter, affine->scale, ".shift", rounded(affine->shift));
    SmallVector<AffineMap> maps = op.getIndexingMapsArray();
    SmallVector<AffineMap> newMaps = {maps[0], maps[1], maps[1], maps.back()};
    auto body = [](OpBuilder &b, Location loc, ValueRange args) {
      Value product = arith::MulFOp::create(b, loc, args[0], args[1]);
      linalg::YieldOp::create(
          b, loc, arith::AddFOp::create(b, loc, product, args[2]).getResult());
    };
    rewriter.replaceOpWithNewOp<linalg::GenericOp>(
        op, op->getResultTypes(), ValueRange{affine->input, factor, shift},
        op.getOutputs(), newMaps, op.getIteratorTypesArray(), body);
    ++simplified;
    return success();
  }
  Pass::Statistic &simplified;
};

/// conv without bias, + constant vector over its channels  =>  conv with bias.
struct AbsorbConvBias : OpRewritePattern<linalg::GenericOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::GenericOp op,
                                PatternRewriter &rewriter) const override {
    Term a, b;
    if (op->getNumResults() != 1 ||
        !matchBinary<arith::AddFOp>(elementOf(op->getResult(0)), a, b))
      return rewriter.notifyMatchFailure(op, "is no sum");
    if (!a.value.getDefiningOp<nn::ConvOp>())
      std::swap(a, b);
    auto conv = a.value.getDefiningOp<nn::ConvOp>();
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (!conv || conv.getBias() || !conv->hasOneUse() || !isWhole(a, type))
      return rewriter.notifyMatchFailure(
          op, "adds nothing to a convolution without bias");
    b = source(b);
    unsigned channel = nn::channelDim(conv.getLayout() == nn::Layout::NHWC);
    if (!isVectorAlong(b, channel) || !b.value.getDefiningOp<nn::ParamOp>())
      return rewriter.notifyMatchFailure(
          op, "adds no constant vector over the channels");
    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<nn::ConvOp>(
        op, type, conv.getInput(), conv.getFilter(), b.value,
        conv.getGroupsAttr(), conv.getStridesAttr(), conv.getPadsAttr(),
        conv.getDilationsAttr(), conv.getLayoutAttr());
    return success();
  }
};

struct NormalizeBatchNorm
    : quantc::impl::NormalizeBatchNormBase<NormalizeBatchNorm> {
  void runOnOperation() override {
    int64_t before = count();
    int64_t simplifiedBefore = simplified.getValue();
    ErrorWatch errors(&getContext());
    RewritePatternSet patterns(&getContext());
    patterns.add<AbsorbConvBias, FoldBatchNorm>(&getContext());
    patterns.add<SimplifyBatchNorm>(&getContext(), simplified);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))) ||
        errors.sawError())
      return signalPassFailure();
    folded += before - count() - (simplified.getValue() - simplifiedBefore);
    // With vectors that are computed the arithmetic of the payload stays.
    getOperation().walk(
        [](linalg::GenericOp op) { op->removeAttr("nn.batch_norm"); });
  }

  int64_t count() {
    int64_t found = 0;
    getOperation().walk(
        [&](linalg::GenericOp op) { found += op->hasAttr("nn.batch_norm"); });
    return found;
  }
};
} // namespace
