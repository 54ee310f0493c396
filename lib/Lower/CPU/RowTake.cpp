//===- RowTake.cpp - channels of one row ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Copies numbers one by one: their places are only known when the program runs,
// and a row has few.

#include "RowTake.h"

using namespace mlir;
using namespace quantc;

FailureOr<RowTake> RowTake::of(KernelBuilder &b, Operation *op,
                               ValueRange inputs) {
  auto channels = inputs.size() < 2 ? MemRefType()
                                    : dyn_cast<MemRefType>(inputs[1].getType());
  if (!channels || !channels.getElementType().isInteger(32) ||
      channels.getRank() != 1 || !channels.hasStaticShape())
    return op->emitOpError("needs a fixed number of channels, i32, behind its "
                           "rows");
  RowTake take;
  take.channels = inputs[1];
  take.rowWidth = channels.getDimSize(0);
  if (!op->hasAttr("append"))
    return take;
  auto rows = cast<MemRefType>(inputs[0].getType());
  take.appendedTo = rows.getShape().back();
  if (ShapedType::isDynamic(take.appendedTo))
    return op->emitOpError("appends channels to rows of unknown size");
  take.rowWidth += take.appendedTo;
  return take;
}

void RowTake::emit(KernelBuilder &b, Value from, ValueRange fromRow, Value to,
                   ValueRange toRow, Value thread, int64_t threads) const {
  auto at = [](ValueRange row, Value last) {
    KernelBuilder::Values indices(row);
    indices.push_back(last);
    return indices;
  };
  Value first = thread ? thread : b.idx(0);
  b.forLoop(first, b.idx(appendedTo), threads, [&](Value i) {
    b.store(b.load(from, at(fromRow, i)), to, at(toRow, i));
  });
  b.forLoop(first, b.idx(rowWidth - appendedTo), threads, [&](Value i) {
    Value channel =
        b.create<arith::IndexCastOp>(b.getIndexType(), b.load(channels, {i}));
    b.store(b.load(from, at(fromRow, channel)), to,
            at(toRow, b.add(i, appendedTo)));
  });
}
