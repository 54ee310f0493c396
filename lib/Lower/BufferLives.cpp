//===- BufferLives.cpp - which buffers may share memory -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Greedy interval colouring in program order.

#include "BufferLives.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace quantc;

using Positions = llvm::DenseMap<Operation *, int64_t>;

/// The last position at which `buffer` or a view of it is used.
static int64_t lastUse(Value buffer, Block *block, const Positions &positions) {
  int64_t last = -1;
  SmallVector<Value> aliases = {buffer};
  while (!aliases.empty()) {
    Value alias = aliases.pop_back_val();
    for (Operation *user : alias.getUsers()) {
      last =
          std::max(last, positions.lookup(block->findAncestorOpInBlock(*user)));
      for (Value result : user->getResults())
        if (isa<BaseMemRefType>(result.getType()))
          aliases.push_back(result);
    }
  }
  return last;
}

SmallVector<BufferLife> quantc::findBufferLives(func::FuncOp function) {
  Block &block = function.getBody().front();
  Positions positions;
  for (auto [i, op] : llvm::enumerate(block))
    positions[&op] = i;
  SmallVector<BufferLife> lives;
  for (auto alloc : block.getOps<memref::AllocOp>()) {
    int64_t begin = positions[alloc];
    lives.push_back(
        {alloc, begin, std::max(begin, lastUse(alloc, &block, positions))});
  }
  return lives;
}

static int64_t estimate(MemRefType type, int64_t assumedSize) {
  int64_t bytes = std::max<int64_t>(1, type.getElementType().isIndex()
                                           ? 8
                                           : type.getElementTypeBitWidth() / 8);
  for (int64_t size : type.getShape())
    bytes *= ShapedType::isDynamic(size) ? assumedSize : size;
  return bytes;
}

unsigned quantc::assignSlots(MutableArrayRef<BufferLife> lives,
                             int64_t assumedSize) {
  struct Slot {
    int64_t bytes;
    int64_t freeAfter;
  };
  SmallVector<Slot> slots;
  for (BufferLife &life : lives) {
    int64_t bytes = estimate(life.alloc.getType(), assumedSize);
    auto cost = [&](const Slot &slot) { // growth first, then waste
      return std::make_pair(std::max<int64_t>(0, bytes - slot.bytes),
                            std::max<int64_t>(0, slot.bytes - bytes));
    };
    Slot *best = nullptr;
    for (Slot &slot : slots)
      if (slot.freeAfter < life.begin && (!best || cost(slot) < cost(*best)))
        best = &slot;
    if (!best) {
      slots.push_back({0, 0});
      best = &slots.back();
    }
    best->bytes = std::max(best->bytes, bytes);
    best->freeAfter = life.end;
    life.slot = best - slots.begin();
  }
  return slots.size();
}
