//===- Planes.cpp - weights that are read at several widths -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Places planes and what each width has of its own. Which of them a run reads
// is decided by the kernel when it runs.

#include "Selector.h"

using namespace mlir;
using namespace quantc;

/// One constant for each width of values `[W, N, G]`, in panels.
static void takeWidths(Value values, StringRef pack, Type element, Selector &s,
                       SmallVectorImpl<Value> &inputs) {
  auto type = cast<RankedTensorType>(values.getType());
  int64_t widths = type.getDimSize(0), panels = panelCount(type.getDimSize(1)),
          groups = type.getDimSize(2);
  auto whole = RankedTensorType::get({widths, panels, groups, 16}, element);
  auto one = RankedTensorType::get({panels, groups, 16}, element);
  int64_t bytes = one.getNumElements() * element.getIntOrFloatBitWidth() / 8;
  for (int64_t i = 0; i < widths; ++i)
    inputs.push_back(s.weights.part(s.rewriter, Selector::paramOf(values), pack,
                                    whole, i * bytes, one));
}

LogicalResult quantc::takePlanes(qnt::MatMulOp op, Selector &s,
                                 SmallVectorImpl<Value> &inputs) {
  nn::ParamOp weight = Selector::paramOf(op.getWeight());
  Value sums = op.getWeightSums();
  if (!weight || !Selector::paramOf(op.getScale()) ||
      (sums && !Selector::paramOf(sums)))
    return op.emitError("has planes, scales or sums that are computed");
  qnt::PackedType type = op.getWeight().getType();
  int64_t n = type.getShape()[0], k = type.getShape()[1];
  Type byte = s.rewriter.getI8Type();
  auto whole = RankedTensorType::get({type.getByteSize()}, byte);
  int64_t offset = 0, count = planeCount(type.getScheme().getBits());
  for (int64_t plane = 0; plane < count; ++plane) {
    int64_t lines = planeLines(k) * planeLineCount(plane);
    auto part =
        RankedTensorType::get({panelCount(n), lines, kPanelLineBytes}, byte);
    inputs.push_back(
        s.weights.part(s.rewriter, weight, "rows", whole, offset, part));
    offset += planeBytes(n, k, plane);
  }
  bool isHalf = type.getScheme().getScale() == qnt::ScaleKind::F16;
  takeWidths(op.getScale(), isHalf ? "panels_ng_f16" : "panels_ng",
             isHalf ? Type(s.rewriter.getF16Type())
                    : Type(s.rewriter.getF32Type()),
             s, inputs);
  return success();
}

void quantc::takePlaneSums(qnt::MatMulOp op, Selector &s,
                           SmallVectorImpl<Value> &inputs) {
  takeWidths(op.getWeightSums(), "panels_ng", s.rewriter.getF32Type(), s,
             inputs);
}
