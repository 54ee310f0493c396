//===- Signs.cpp - kernels of products of signs -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Places the words, scales and thresholds of binary products, and names their
// kernels.

#include "Selector.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

LogicalResult quantc::selectPackSigns(qnt::PackSignsOp op, Selector &s) {
  bool isFloat = typeOf(op.getInput()).getElementType().isF32();
  s.replace<kern::PackSignsOp>(op,
                               isFloat ? "pack_signs.f32" : "pack_signs.codes",
                               s.plain(op.getInput()));
  return success();
}

/// Values `[N, G]` of a channel in panels.
static Value channelPanels(Value value, Selector &s) {
  RankedTensorType type = typeOf(value);
  return s.weights.constant(
      s.rewriter, Selector::paramOf(value), "panels_ng",
      RankedTensorType::get(
          {panelCount(type.getDimSize(0)), type.getDimSize(1), 16},
          type.getElementType()));
}

/// What both products need beside their window; fails with a diagnostic.
template <typename Kernel, typename Op>
static LogicalResult
select(Op op, Value input, Value inputScale, StringRef kernel,
       SmallVector<NamedAttribute> attributes, Selector &s) {
  nn::ParamOp weight = Selector::paramOf(op.getWeight());
  Value perChannel = op.getScale() ? op.getScale() : op.getThresholds();
  if (!weight || !Selector::paramOf(perChannel))
    return op.emitError("has a weight, scales or thresholds that are computed");
  qnt::PackedType type = op.getWeight().getType();
  Builder &b = s.rewriter;
  int64_t panels = panelCount(type.getShape()[0]);
  auto words = RankedTensorType::get(
      {panels, type.getByteSize() / (panels * 16 * 8), 16}, b.getI64Type());
  SmallVector<Value> inputs = {
      s.plain(input), s.weights.constant(s.rewriter, weight, "rows", words),
      channelPanels(perChannel, s)};
  attributes.push_back(
      s.attr("columns", b.getI64IntegerAttr(type.getShape()[2])));
  if (op.getThresholds()) {
    attributes.push_back(s.attr("has_thresholds", b.getUnitAttr()));
  } else {
    DenseFPElementsAttr scale;
    if (!matchPattern(inputScale, m_Constant(&scale)) ||
        scale.getNumElements() != 1)
      return op.emitError("expects one constant scale of its input");
    attributes.push_back(
        s.attr("input_scale", *scale.getValues<Attribute>().begin()));
  }
  if (op.getBias()) {
    inputs.push_back(s.plain(op.getBias()));
    attributes.push_back(s.attr("has_bias", b.getUnitAttr()));
  }
  s.replace<Kernel>(op, kernel, inputs, attributes);
  return success();
}

LogicalResult quantc::selectBinaryMatMul(qnt::BinaryMatMulOp op, Selector &s) {
  return select<kern::BinaryMatMulOp>(op, op.getLhs(), op.getLhsScale(),
                                      "binary_matmul.b1", {}, s);
}

LogicalResult quantc::selectBinaryConv(qnt::BinaryConvOp op, Selector &s) {
  return select<kern::BinaryConvOp>(
      op, op.getInput(), op.getInputScale(), "binary_conv.b1",
      {s.attr("kernel_size", op.getKernelAttr()),
       s.attr("strides", op.getStridesAttr()), s.attr("pads", op.getPadsAttr()),
       s.attr("dilations", op.getDilationsAttr())},
      s);
}
