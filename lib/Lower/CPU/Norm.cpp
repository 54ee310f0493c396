//===- Norm.cpp - root mean square and layer norm ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates norm.rms and norm.layer. Sums are taken in 16 lanes and combined as
// a tree, so the result depends on the row alone. The variance is summed from
// differences to the mean (two passes).

#include "Emitters.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;

namespace {
class NormEmitter {
public:
  NormEmitter(KernelBuilder &b, kern::NormOp op, float epsilon)
      : b(b), x(op.getInputs()[0]), gamma(op.getInputs()[1]),
        out(op.getInits()[0]), epsilon(epsilon) {
    if (op->hasAttr("has_beta"))
      beta = op.getInputs()[2];
    width = b.dim(x, cast<MemRefType>(x.getType()).getRank() - 1);
    Value i = b.create<arith::IndexCastOp>(b.getI32Type(), width);
    floatWidth = b.create<arith::SIToFPOp>(b.getF32Type(), i);
  }

  void rms(Value row) {
    Value squares =
        sum(row, [&](Value v, Lanes, Value acc) { return b.fma(v, v, acc); });
    scale(row, nullptr, b.splat(inverseRoot(squares)));
  }

  void layer(Value row) {
    Value total =
        sum(row, [&](Value v, Lanes, Value acc) { return b.addf(acc, v); });
    Value mean = b.splat(b.divf(total, floatWidth));
    Value squares = sum(row, [&](Value v, Lanes lanes, Value acc) {
      Value d = fillLanes(b, b.subf(v, mean), lanes, b.splatF32(0));
      return b.fma(d, d, acc);
    });
    scale(row, mean, b.splat(inverseRoot(squares)));
  }

  Value width;

private:
  Value sum(Value row, function_ref<Value(Value, Lanes, Value)> step) {
    auto indices = rowIndices(b, x, row);
    auto acc =
        forLanes(b, width, ValueRange{b.splatF32(0)},
                 [&](Lanes lanes, ValueRange carried) {
                   return KernelBuilder::Values{step(
                       loadLanes(b, x, indices, lanes), lanes, carried[0])};
                 });
    return sumLanes(b, acc[0]);
  }

  /// 1 / sqrt(sum / width + epsilon).
  Value inverseRoot(Value total) {
    Value mean = b.divf(total, floatWidth);
    return b.divf(b.f32(1),
                  b.create<math::SqrtOp>(b.addf(mean, b.f32(epsilon))));
  }

  /// out = (x - mean) * factor * gamma + beta.
  void scale(Value row, Value mean, Value factor) {
    auto from = rowIndices(b, x, row), to = rowIndices(b, out, row);
    forLanes(b, width, [&](Lanes lanes) {
      Value v = loadLanes(b, x, from, lanes);
      if (mean)
        v = b.subf(v, mean);
      v = b.mulf(b.mulf(v, factor), loadLanes(b, gamma, {}, lanes));
      if (beta)
        v = b.addf(v, loadLanes(b, beta, {}, lanes));
      storeLanes(b, v, out, to, lanes);
    });
  }

  KernelBuilder &b;
  Value x, gamma, beta, out, floatWidth;
  float epsilon;
};
} // namespace

LogicalResult quantc::emitNorm(KernelBuilder &b, kern::NormOp op) {
  bool isLayer = op.getKernel() == "norm.layer";
  if (!isLayer && op.getKernel() != "norm.rms")
    return unknownKernel(op, op.getKernel());
  auto epsilon = op->getAttrOfType<FloatAttr>("epsilon");
  if (!epsilon)
    return op.emitOpError("needs the attribute 'epsilon'");
  if (failed(checkFloatRows(op)))
    return failure();
  NormEmitter emitter(b, op, epsilon.getValueAsDouble());
  forRows(b, b.rows(op.getInputs()[0]), emitter.width, [&](Value row) {
    if (isLayer)
      emitter.layer(row);
    else
      emitter.rms(row);
  });
  return success();
}
