//===- Rows.cpp - loops over rows and over lanes ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Rows.h.

#include "Rows.h"

using namespace mlir;
using namespace quantc;

KernelBuilder::Values quantc::delinearize(KernelBuilder &b, Value index,
                                          ValueRange sizes) {
  KernelBuilder::Values result(sizes.size());
  // Nothing needs to be divided once all dimensions that are left have size
  // one.
  size_t outermost = 0;
  while (outermost < sizes.size() &&
         KernelBuilder::constantOf(sizes[outermost]) == 1)
    result[outermost++] = b.idx(0);
  for (size_t d = sizes.size(); d-- > outermost;) {
    if (d == outermost) {
      result[d] = index;
    } else if (KernelBuilder::constantOf(sizes[d]) == 1) {
      result[d] = b.idx(0);
    } else {
      result[d] = b.rem(index, sizes[d]);
      index = b.floorDiv(index, sizes[d]);
    }
  }
  return result;
}

KernelBuilder::Values quantc::rowIndices(KernelBuilder &b, Value memref,
                                         Value row) {
  KernelBuilder::Values sizes;
  for (int64_t d = 0, e = cast<MemRefType>(memref.getType()).getRank() - 1;
       d < e; ++d)
    sizes.push_back(b.dim(memref, d));
  return delinearize(b, row, sizes);
}

void quantc::forRows(KernelBuilder &b, Value rows, Value elements,
                     function_ref<void(Value)> body) {
  Value chunk = b.level().isDevice()
                    ? b.idx(1)
                    : b.ceilDiv(b.idx(kGrain), b.max(elements, b.idx(1)));
  b.parallelFor(b.ceilDiv(rows, chunk), [&](Value item) {
    Value begin = b.mul(item, chunk);
    b.forLoop(begin, b.min(b.add(begin, chunk), rows), 1, body);
  });
}

KernelBuilder::Values
quantc::forLanes(KernelBuilder &b, Value size, ValueRange init,
                 function_ref<KernelBuilder::Values(Lanes, ValueRange)> body) {
  Value tail = b.rem(size, kLanes);
  Value full = b.sub(size, tail);
  KernelBuilder::Values carried(init);
  if (KernelBuilder::constantOf(full) != 0)
    carried = b.forLoop(
        b.idx(0), full, kLanes, init,
        [&](Value i, ValueRange values) { return body({i, nullptr}, values); });
  using Branch = function_ref<KernelBuilder::Values()>;
  return b.ifThen(b.less(b.idx(0), tail),
                  Branch([&] { return body({full, tail}, carried); }),
                  Branch([&] { return carried; }));
}

void quantc::forLanes(KernelBuilder &b, Value size,
                      function_ref<void(Lanes)> body) {
  forLanes(b, size, {}, [&](Lanes lanes, ValueRange) {
    body(lanes);
    return KernelBuilder::Values();
  });
}

static KernelBuilder::Values withLast(ValueRange row, Value last) {
  KernelBuilder::Values indices(row);
  indices.push_back(last);
  return indices;
}

Value quantc::loadLanes(KernelBuilder &b, Value memref, ValueRange row,
                        Lanes lanes) {
  auto indices = withLast(row, lanes.begin);
  return lanes.count ? b.loadTail(memref, indices, lanes.count, lanes.lanes)
                     : b.loadVec(memref, indices, lanes.lanes);
}

void quantc::storeLanes(KernelBuilder &b, Value vector, Value memref,
                        ValueRange row, Lanes lanes) {
  auto indices = withLast(row, lanes.begin);
  if (lanes.count)
    b.storeTail(vector, memref, indices, lanes.count);
  else
    b.storeVec(vector, memref, indices);
}

Value quantc::fillLanes(KernelBuilder &b, Value vector, Lanes lanes,
                        Value value) {
  if (!lanes.count)
    return vector;
  Value mask = b.create<vector::CreateMaskOp>(
      b.vecType(b.getI1Type(), lanes.lanes), ValueRange{lanes.count});
  return b.create<arith::SelectOp>(mask, vector, value);
}

Value quantc::reduceLanes(KernelBuilder &b, Value vector,
                          function_ref<Value(Value, Value)> combine) {
  for (int64_t n = cast<VectorType>(vector.getType()).getNumElements() / 2;
       n > 0; n /= 2) {
    auto half = [&](int64_t offset) -> Value {
      return b.create<vector::ExtractStridedSliceOp>(
          vector, ArrayRef<int64_t>{offset}, ArrayRef<int64_t>{n},
          ArrayRef<int64_t>{1});
    };
    vector = combine(half(0), half(n));
  }
  return b.create<vector::ExtractOp>(vector, 0);
}

Value quantc::sumLanes(KernelBuilder &b, Value vector) {
  return reduceLanes(b, vector, [&](Value x, Value y) { return b.addf(x, y); });
}

Value quantc::maxLanes(KernelBuilder &b, Value vector) {
  return reduceLanes(b, vector,
                     [&](Value x, Value y) { return maxIgnoringNaN(b, x, y); });
}

Value quantc::maxIgnoringNaN(KernelBuilder &b, Value a, Value c) {
  Value less = b.create<arith::CmpFOp>(arith::CmpFPredicate::OLT, a, c);
  return b.create<arith::SelectOp>(less, c, a);
}

bool quantc::hasContiguousRows(Value memref) {
  return cast<MemRefType>(memref.getType()).isLastDimUnitStride();
}

LogicalResult quantc::checkFloatRows(Operation *op) {
  for (auto [number, type] : llvm::enumerate(op->getOperandTypes())) {
    auto memref = dyn_cast<MemRefType>(type);
    if (!memref || !memref.getElementType().isF32() ||
        !memref.isLastDimUnitStride())
      return op->emitOpError("has operand #")
             << number << " of type " << type
             << "; the CPU kernel needs f32 in contiguous rows";
  }
  return success();
}
