//===- Layers.cpp - kernels of the other layers -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Norms, attention, pooling, reductions and what becomes upstream operations.

#include "Selector.h"

using namespace mlir;
using namespace quantc;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

template <typename Op>
static LogicalResult selectPool(Op op, StringRef kernel, Selector &s) {
  if (op.getLayout() != nn::Layout::NHWC)
    return op.emitError("has layout nchw; kernels take nhwc");
  s.replace<kern::PoolOp>(
      op, kernel, s.plain(op.getInput()),
      {s.attr("kernel_size", op.getKernelAttr()),
       s.attr("strides", op.getStridesAttr()), s.attr("pads", op.getPadsAttr()),
       s.attr("dilations", op.getDilationsAttr()),
       s.attr("count_include_pad", op.getCountIncludePadAttr())});
  return success();
}

LogicalResult quantc::selectMaxPool(nn::MaxPoolOp op, Selector &s) {
  return selectPool(op, "pool.max", s);
}

LogicalResult quantc::selectAvgPool(nn::AvgPoolOp op, Selector &s) {
  return selectPool(op, "pool.avg", s);
}

/// A table that is the weight of a product too is stored once, as the product
/// wants it.
static bool selectPanelEmbedding(nn::EmbeddingOp op, Selector &s) {
  nn::ParamOp table = Selector::paramOf(op.getTable());
  if (!table || !s.rowPanels.contains(table.getNameAttr()))
    return false;
  RankedTensorType type = typeOf(op.getTable());
  int64_t rows = type.getDimSize(0);
  auto panels = RankedTensorType::get(
      {panelCount(rows), type.getDimSize(1), 16}, type.getElementType());
  s.replace<kern::EmbeddingOp>(
      op, "embedding.panels",
      {s.plain(op.getIds()),
       s.weights.constant(s.rewriter, table, "panels_nk", panels)},
      s.attr("rows", s.rewriter.getI64IntegerAttr(rows)));
  return true;
}

LogicalResult quantc::selectEmbedding(nn::EmbeddingOp op, Selector &s) {
  if (selectPanelEmbedding(op, s))
    return success();
  s.replace<kern::EmbeddingOp>(op, "embedding",
                               {s.plain(op.getIds()), s.plain(op.getTable())});
  return success();
}

LogicalResult quantc::selectRmsNorm(nn::RmsNormOp op, Selector &s) {
  s.replace<kern::NormOp>(op, "norm.rms",
                          {s.plain(op.getInput()), s.plain(op.getGamma())},
                          s.attr("epsilon", op.getEpsilonAttr()));
  return success();
}

LogicalResult quantc::selectLayerNorm(nn::LayerNormOp op, Selector &s) {
  SmallVector<Value> inputs = {s.plain(op.getInput()), s.plain(op.getGamma())};
  SmallVector<NamedAttribute> attributes = {
      s.attr("epsilon", op.getEpsilonAttr())};
  if (op.getBeta()) {
    inputs.push_back(s.plain(op.getBeta()));
    attributes.push_back(s.attr("has_beta", s.rewriter.getUnitAttr()));
  }
  s.replace<kern::NormOp>(op, "norm.layer", inputs, attributes);
  return success();
}

LogicalResult quantc::selectSoftmax(nn::SoftmaxOp op, Selector &s) {
  int64_t rank = typeOf(op.getInput()).getRank();
  if (int64_t(op.getAxis()) != rank - 1)
    return op.emitError("has axis ")
           << op.getAxis() << " of " << rank << "; kernels take the last";
  s.replace<kern::SoftmaxOp>(op, "softmax.f32", s.plain(op.getInput()));
  return success();
}

LogicalResult quantc::selectRope(nn::RopeOp op, Selector &s) {
  SmallVector<NamedAttribute> attributes;
  if (op.getInterleaved())
    attributes.push_back(s.attr("interleaved", s.rewriter.getUnitAttr()));
  s.replace<kern::RopeOp>(
      op, "rope.f32",
      {s.plain(op.getInput()), s.plain(op.getCos()), s.plain(op.getSin())},
      attributes);
  return success();
}

LogicalResult quantc::selectAttention(nn::AttentionOp op, Selector &s) {
  SmallVector<Value> inputs = {s.plain(op.getQuery()), s.plain(op.getKey()),
                               s.plain(op.getValue())};
  SmallVector<NamedAttribute> attributes = {s.attr("scale", op.getScaleAttr())};
  if (op.getMask()) {
    inputs.push_back(s.plain(op.getMask()));
    attributes.push_back(s.attr("has_mask", s.rewriter.getUnitAttr()));
  }
  if (op.getCausal())
    attributes.push_back(s.attr("causal", s.rewriter.getUnitAttr()));
  s.replace<kern::AttentionOp>(op, "attention.f32", inputs, attributes);
  return success();
}

LogicalResult quantc::selectKVAppend(nn::KVAppendOp op, Selector &s) {
  OpBuilder &b = s.rewriter;
  Value whole = s.destination(op);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, op.getLoc(), op.getPast());
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  whole = tensor::InsertSliceOp::create(b, op.getLoc(), op.getPast(), whole,
                                        offsets, sizes, strides);
  offsets[op.getAxis()] = sizes[op.getAxis()];
  sizes = tensor::getMixedSizes(b, op.getLoc(), op.getFresh());
  s.rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(op, op.getFresh(), whole,
                                                       offsets, sizes, strides);
  return success();
}

LogicalResult quantc::selectReduce(nn::ReduceOp op, Selector &s) {
  std::string kernel =
      ("reduce." + nn::stringifyReduceKind(op.getKind())).str();
  s.replace<kern::ReduceOp>(op, kernel, s.plain(op.getInput()),
                            {s.attr("axes", op.getAxesAttr()),
                             s.attr("keepdims", op.getKeepdimsAttr())});
  return success();
}

LogicalResult quantc::selectObserve(qnt::ObserveOp op, Selector &s) {
  s.replace<kern::ObserveOp>(op, "observe", s.plain(op.getInput()),
                             s.attr("id", op.getIdAttr()));
  return success();
}

LogicalResult quantc::selectParam(nn::ParamOp op, Selector &s) {
  if (op->use_empty())
    s.rewriter.eraseOp(op);
  else if (!isa<RankedTensorType>(op.getResult().getType()))
    return op.emitError("is a packed weight that no product takes");
  else
    s.rewriter.replaceOp(op, s.rows(op.getResult()));
  return success();
}
