//===- Layers.cpp - kernels of the other layers -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Norms, attention, pooling, reductions and what becomes upstream operations.

#include "Selector.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace quantc;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

template <typename Op>
static LogicalResult selectPool(Op op, StringRef kernel, Selector &s) {
  if (op.getLayout() != nn::Layout::NHWC)
    return op.emitError("has layout nchw; kernels take nhwc");
  s.replace<kern::PoolOp>(op, kernel, s.plain(op.getInput()),
                          {s.attr("kernel_size", op.getKernelAttr()),
                           s.attr("strides", op.getStridesAttr()),
                           s.attr("pads", op.getPadsAttr()),
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

LogicalResult quantc::selectEmbedding(nn::EmbeddingOp op, Selector &s) {
  s.replace<kern::EmbeddingOp>(op, "embedding", {s.plain(op.getIds()), s.plain(op.getTable())});
  return success();
}

LogicalResult quantc::selectRmsNorm(nn::RmsNormOp op, Selector &s) {
  s.replace<kern::NormOp>(op, "norm.rms", {s.plain(op.getInput()), s.plain(op.getGamma())},
                          s.attr("epsilon", op.getEpsilonAttr()));
  return success();
}

LogicalResult quantc::selectLayerNorm(nn::LayerNormOp op, Selector &s) {
  SmallVector<Value> inputs = {s.plain(op.getInput()), s.plain(op.getGamma())};
  SmallVector<NamedAttribute> attributes = {s.attr("epsilon", op.getEpsilonAttr())};
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
    return op.emitError("has axis ") << op.getAxis() << " of " << rank
                                     << "; kernels take the last";
  s.replace<kern::SoftmaxOp>(op, "softmax.f32", s.plain(op.getInput()));
  return success();
}

LogicalResult quantc::selectRope(nn::RopeOp op, Selector &s) {
  SmallVector<NamedAttribute> attributes;
  if (op.getInterleaved())
    attributes.push_back(s.attr("interleaved", s.rewriter.getUnitAttr()));
  s.replace<kern::RopeOp>(op, "rope.f32",
                          {s.plain(op.getInput()), s.plain(op.getCos()), s.plain(op.getSin())},
                          attributes);
  return success();
}

LogicalResult quantc::selectAttention(nn::AttentionOp op, Selector &s) {
  SmallVector<Value> inputs = {s.plain(op.getQuery()), s.plain(op.getKey()), s.plain(op.getValue())};
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
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, op.getLoc(), op.getPast());
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  whole = tensor::InsertSliceOp::create(b, op.getLoc(), op.getPast(), whole, offsets, sizes, strides);
  offsets[op.getAxis()] = sizes[op.getAxis()];
  sizes = tensor::getMixedSizes(b, op.getLoc(), op.getFresh());
  s.rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(op, op.getFresh(), whole, offsets, sizes,
                                                       strides);
  return success();
}

LogicalResult quantc::selectReduce(nn::ReduceOp op, Selector &s) {
  std::string kernel = ("reduce." + nn::stringifyReduceKind(op.getKind())).str();
  s.replace<kern::ReduceOp>(op, kernel, s.plain(op.getInput()),
                            {s.attr("axes", op.getAxesAttr()),
                             s.attr("keepdims", op.getKeepdimsAttr())});
  return success();
}

LogicalResult quantc::selectObserve(qnt::ObserveOp op, Selector &s) {
  s.replace<kern::ObserveOp>(op, "observe", s.plain(op.getInput()), s.attr("id", op.getIdAttr()));
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

namespace {
/// Formulas of the activation functions on one element.
struct ActivationBuilder {
  OpBuilder &b;
  Location loc;
  Type type;

  Value number(double value) {
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
  }
  Value relu(Value x) { return arith::MaximumFOp::create(b, loc, x, number(0)); }

  /// x / (1 + exp(-x))
  Value silu(Value x) {
    Value e = math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, x));
    return arith::DivFOp::create(b, loc, x, arith::AddFOp::create(b, loc, e, number(1)));
  }

  /// (x / 2) * (1 + t)
  Value half(Value x, Value t) {
    Value left = arith::MulFOp::create(b, loc, x, number(0.5));
    return arith::MulFOp::create(b, loc, left, arith::AddFOp::create(b, loc, t, number(1)));
  }
  Value gelu(Value x) {
    Value scaled = arith::MulFOp::create(b, loc, x, number(0.70710678118654752440));
    return half(x, math::ErfOp::create(b, loc, scaled));
  }
  Value geluTanh(Value x) {
    Value square = arith::MulFOp::create(b, loc, x, x);
    Value cube = arith::MulFOp::create(b, loc, square, x);
    Value inner = math::FmaOp::create(b, loc, cube, number(0.044715), x);
    Value scaled = arith::MulFOp::create(b, loc, inner, number(0.79788456080286535588));
    return half(x, math::TanhOp::create(b, loc, scaled));
  }

  Value build(nn::ActivationKind kind, Value x) {
    switch (kind) {
    case nn::ActivationKind::Relu:
      return relu(x);
    case nn::ActivationKind::Gelu:
      return gelu(x);
    case nn::ActivationKind::GeluTanh:
      return geluTanh(x);
    case nn::ActivationKind::Silu:
      return silu(x);
    }
    return x;
  }
};
} // namespace

LogicalResult quantc::selectActivation(nn::ActivationOp op, Selector &s) {
  RankedTensorType type = op.getResult().getType();
  AffineMap identity = s.rewriter.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> loops(type.getRank(), utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location loc, ValueRange args) {
    ActivationBuilder builder{b, loc, type.getElementType()};
    linalg::YieldOp::create(b, loc, builder.build(op.getKind(), args[0]));
  };
  Value input = s.plain(op.getInput()), output = s.destination(op);
  s.rewriter.replaceOpWithNewOp<linalg::GenericOp>(op, TypeRange(type), ValueRange(input),
                                                   ValueRange(output),
                                                   ArrayRef<AffineMap>{identity, identity}, loops,
                                                   body);
  return success();
}
