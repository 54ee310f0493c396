//===- Softmax.cpp - softmax over the last dimension ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates softmax.f32: the maximum, then exponentials and their sum, then the
// division, three passes over a row. A row of -inf alone gives NaN, as in ONNX.

#include "Emitters.h"
#include "MathFunctions.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;

static void emitSoftmaxRow(KernelBuilder &b, Value x, Value out, Value width,
                           Value row) {
  using Values = KernelBuilder::Values;
  auto from = rowIndices(b, x, row), to = rowIndices(b, out, row);
  Value lowest = b.splatF32(-std::numeric_limits<float>::infinity());
  auto best = forLanes(
      b, width, ValueRange{lowest}, [&](Lanes lanes, ValueRange carried) {
        Value v = fillLanes(b, loadLanes(b, x, from, lanes), lanes, lowest);
        return Values{maxIgnoringNaN(b, carried[0], v)};
      });
  Value top = b.splat(maxLanes(b, best[0]));
  auto sum =
      forLanes(b, width, ValueRange{b.splatF32(0)},
               [&](Lanes lanes, ValueRange carried) {
                 Value e =
                     emitExp(b, b.subf(loadLanes(b, x, from, lanes), top));
                 storeLanes(b, e, out, to, lanes);
                 return Values{
                     b.addf(carried[0], fillLanes(b, e, lanes, b.splatF32(0)))};
               });
  Value total = b.splat(sumLanes(b, sum[0]));
  forLanes(b, width, [&](Lanes lanes) {
    storeLanes(b, b.divf(loadLanes(b, out, to, lanes), total), out, to, lanes);
  });
}

LogicalResult quantc::emitSoftmax(KernelBuilder &b, kern::SoftmaxOp op) {
  if (op.getKernel() != "softmax.f32" && op.getKernel() != "softmax")
    return unknownKernel(op, op.getKernel());
  if (failed(checkFloatRows(op)))
    return failure();
  Value x = op.getInputs()[0], out = op.getInits()[0];
  Value width = b.dim(x, cast<MemRefType>(x.getType()).getRank() - 1);
  forRows(b, b.rows(x), width,
          [&](Value row) { emitSoftmaxRow(b, x, out, width, row); });
  return success();
}
