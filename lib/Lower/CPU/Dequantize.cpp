//===- Dequantize.cpp - int8 codes to numbers -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates dequantize.tensor: x = (code - zero_point) * scale in fp32.

#include "Emitters.h"

using namespace mlir;
using namespace quantc;

/// Elements that one work item handles.
static constexpr int64_t kChunk = 16384;

LogicalResult quantc::emitDequantize(KernelBuilder &b, kern::DequantizeOp op) {
  if (op.getKernel() != "dequantize.tensor")
    return unknownKernel(op, op.getKernel());
  auto scale = op->getAttrOfType<FloatAttr>("scale");
  auto zeroPoint = op->getAttrOfType<IntegerAttr>("zero_point");
  if (!scale || !zeroPoint)
    return op.emitOpError("needs the attributes 'scale' and 'zero_point'");
  Value codes = b.flatten(op.getInputs()[0]), out = b.flatten(op.getInits()[0]);
  if (!codes || !out)
    return op.emitOpError("needs buffers without gaps");

  bool isUnsigned = op->hasAttr("is_unsigned");
  Value zero = b.constant(b.i32Vec(), zeroPoint.getInt());
  Value factor = b.splatF32(scale.getValueAsDouble());
  Value size = b.dim(codes, 0);
  auto decode = [&](Value bytes) {
    Value wide = isUnsigned
                     ? Value(b.create<arith::ExtUIOp>(b.i32Vec(), bytes))
                     : Value(b.create<arith::ExtSIOp>(b.i32Vec(), bytes));
    Value steps = b.create<arith::SubIOp>(wide, zero);
    return b.mulf(b.create<arith::SIToFPOp>(b.f32Vec(), steps), factor);
  };
  const int64_t chunkSize = b.chunk(kChunk);
  b.parallelFor(b.ceilDiv(size, chunkSize), [&](Value chunk) {
    Value begin = b.mul(chunk, chunkSize);
    Value end = b.min(b.add(begin, chunkSize), size);
    Value full = b.sub(end, b.rem(b.sub(end, begin), kLanes));
    b.forLoop(begin, full, kLanes, [&](Value i) {
      b.storeVec(decode(b.loadVec(codes, {i})), out, {i});
    });
    Value left = b.sub(end, full);
    b.ifThen(b.less(b.idx(0), left), [&] {
      b.storeTail(decode(b.loadTail(codes, {full}, left)), out, {full}, left);
    });
  });
  return success();
}
