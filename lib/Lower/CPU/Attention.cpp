//===- Attention.cpp - scaled dot product attention -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates attention.f32: reads the operation, and chooses between one query
// and many, at run time where the number is dynamic. Both forms walk the keys
// in blocks with a running maximum and sum (Milakov and Gimelshein, 2018; Dao
// et al., 2022), and fix the order of every sum. A query that sees no key gives
// zeros.

#include "Attention.h"
#include "MathFunctions.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;

static MemRefType typeOf(Value memref) {
  return cast<MemRefType>(memref.getType());
}

//===-- shared parts
//-------------------------------------------------------===//

bool AttentionParts::maskHasQueries() const {
  int64_t rank = typeOf(mask).getRank();
  return rank >= 2 && typeOf(mask).getDimSize(rank - 2) != 1;
}

Value AttentionParts::loadMask(Value batchIndex, Value head, Value query,
                               Value key) const {
  Value all[] = {batchIndex, head, query, key};
  KernelBuilder::Values indices;
  int64_t rank = typeOf(mask).getRank();
  for (int64_t d = 0; d < rank; ++d) {
    // A size that is only known at run time may be one.
    Value last = b.sub(b.dim(mask, d), b.idx(1));
    bool single = typeOf(mask).getDimSize(d) == 1;
    indices.push_back(single ? b.idx(0) : b.min(all[4 - rank + d], last));
  }
  return b.load(mask, indices);
}

std::pair<Value, Value> quantc::rescaling(KernelBuilder &b, Value old,
                                          Value now) {
  Value lowest =
      b.constant(now.getType(), -std::numeric_limits<double>::infinity());
  Value none = b.create<arith::CmpFOp>(arith::CmpFPredicate::OEQ, now, lowest);
  Value finite =
      b.create<arith::SelectOp>(none, b.constant(now.getType(), 0), now);
  return {emitExp(b, b.subf(old, finite)), finite};
}

Value quantc::inverseSum(KernelBuilder &b, Value sum) {
  Value zero = b.constant(sum.getType(), 0);
  Value none = b.create<arith::CmpFOp>(arith::CmpFPredicate::OEQ, sum, zero);
  return b.create<arith::SelectOp>(none, zero,
                                   b.divf(b.constant(sum.getType(), 1), sum));
}

//===-- the operation
//------------------------------------------------------===//

static LogicalResult check(kern::AttentionOp op) {
  if (op.getKernel() != "attention.f32" && op.getKernel() != "attention")
    return unknownKernel(op, op.getKernel());
  if (failed(checkFloatRows(op)))
    return failure();
  size_t expected = op->hasAttr("has_mask") ? 4 : 3;
  if (op.getInputs().size() != expected)
    return op.emitOpError("needs ")
           << expected << " inputs, found " << op.getInputs().size();
  for (Value value : op.getInputs().take_front(3)) {
    MemRefType type = typeOf(value);
    if (type.getRank() != 4 || type.isDynamicDim(3))
      return op.emitOpError("needs [batch, heads, length, head size] with a "
                            "known head size, found ")
             << type;
  }
  if (expected == 4 && typeOf(op.getInputs()[3]).getRank() > 4)
    return op.emitOpError("needs a mask of at most 4 dimensions");
  if (!op->hasAttrOfType<FloatAttr>("scale"))
    return op.emitOpError("needs the attribute 'scale'");
  return success();
}

LogicalResult quantc::emitAttention(KernelBuilder &b, kern::AttentionOp op) {
  if (failed(check(op)))
    return failure();
  Value q = op.getInputs()[0], k = op.getInputs()[1], v = op.getInputs()[2];
  Value heads = b.dim(q, 1);
  AttentionParts parts{b,
                       q,
                       k,
                       v,
                       op->hasAttr("has_mask") ? op.getInputs()[3] : Value(),
                       op.getInits()[0],
                       b.dim(q, 0),
                       heads,
                       b.floorDiv(heads, b.dim(k, 1)),
                       b.dim(q, 2),
                       b.dim(k, 2),
                       typeOf(q).getDimSize(3),
                       typeOf(v).getDimSize(3),
                       op->getAttrOfType<FloatAttr>("scale").getValueAsDouble(),
                       op->hasAttr("causal")};
  bool isDevice = b.level().isDevice();
  b.ifThen(
      b.equal(parts.queries, b.idx(1)),
      [&] {
        isDevice ? emitBlockAttentionDecode(parts) : emitAttentionDecode(parts);
      },
      [&] {
        if (!isDevice || !emitBlockAttentionPrefill(parts))
          emitAttentionPrefill(parts);
      });
  return success();
}
