//===- BlockRows.cpp - rows that a GPU's block has --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See BlockRows.h. Each warp folds the whole row, which costs no more time than
// one warp that hands the result on.

#include "BlockRows.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Elements of a lane that are loaded before they are folded.
static constexpr int64_t kAhead = 4;

Value quantc::combineLanes(KernelBuilder &b, Value number, Combine combine) {
  Type type = number.getType(), word = b.getI32Type();
  auto as = [&](Type wanted, Value value) {
    return value.getType() == wanted
               ? value
               : Value(b.create<arith::BitcastOp>(wanted, value));
  };
  for (int64_t distance = kLanes / 2; distance; distance /= 2) {
    Value other = fromLaneAcross(b, as(word, number), distance);
    number = combine(number, as(type, other));
  }
  return number;
}

Value quantc::foldRow(KernelBuilder &b, const BlockThread &at, Value size,
                      Value init, llvm::function_ref<Value(Value)> load,
                      Combine step, Combine combine) {
  Value lane = b.rem(at.lane, kLanes);
  constexpr int64_t ahead = kAhead * kLanes;
  Value whole = b.mul(b.floorDiv(size, ahead), ahead);
  auto fold = [&](Value from, Value to, int64_t count, Value first) {
    return b.forLoop(from, to, count * kLanes, first,
                     [&](Value i, ValueRange carried) {
                       Values loaded;
                       for (int64_t j = 0; j < count; ++j)
                         loaded.push_back(load(b.add(i, j * kLanes)));
                       Value acc = carried[0];
                       for (Value v : loaded)
                         acc = step(v, acc);
                       return Values{acc};
                     })[0];
  };
  Value acc = fold(lane, whole, kAhead, init);
  if (KernelBuilder::constantOf(b.sub(size, whole)) != 0)
    acc = fold(b.add(whole, lane), size, 1, acc);
  return combineLanes(b, acc, combine);
}

void quantc::dealRow(KernelBuilder &b, const BlockThread &at, Value size,
                     int64_t lanes, llvm::function_ref<void(Value)> body) {
  b.forLoop(b.mul(at.thread(b), lanes), size,
            kRowBlockWarps * kWarpLanes * lanes, body);
}

int64_t quantc::rowVector(ArrayRef<Value> memrefs) {
  for (Value memref : memrefs) {
    auto type = cast<MemRefType>(memref.getType());
    int64_t width = type.getShape().back();
    if (ShapedType::isDynamic(width) || width % 4 ||
        !type.getLayout().isIdentity())
      return 1;
  }
  return 4;
}
