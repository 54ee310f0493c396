//===- NormalizeOrder.cpp - orders operations by need -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Two models that compute the same then have the same text. Nothing is added or
// removed.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZEORDER
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// Operations of `block` that `op` needs directly, also from inside its
/// regions.
SmallVector<Operation *> neededBy(Operation *op, Block *block) {
  llvm::SetVector<Operation *> needed;
  op->walk<WalkOrder::PreOrder>([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (Operation *producer = operand.getDefiningOp();
          producer && producer->getBlock() == block)
        needed.insert(producer);
  });
  return needed.takeVector();
}

/// All operations of `block`, each after what it needs, in the order of a
/// depth-first walk from the terminator. What nothing needs comes last.
llvm::SetVector<Operation *> orderByNeed(Block &block) {
  llvm::SetVector<Operation *> order;
  SmallVector<std::pair<Operation *, bool>> stack;
  auto visit = [&](Operation *root) {
    stack.emplace_back(root, false);
    while (!stack.empty()) {
      auto [op, isReady] = stack.pop_back_val();
      if (order.contains(op))
        continue;
      if (isReady) {
        order.insert(op);
        continue;
      }
      stack.emplace_back(op, true);
      SmallVector<Operation *> needed = neededBy(op, &block);
      for (Operation *producer : llvm::reverse(needed))
        stack.emplace_back(producer, false);
    }
  };
  for (Operation *needed : neededBy(block.getTerminator(), &block))
    visit(needed);
  for (Operation &op : block.without_terminator())
    visit(&op);
  return order;
}

struct NormalizeOrder : quantc::impl::NormalizeOrderBase<NormalizeOrder> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      for (Block &block : function.getBody())
        orderBlock(block);
    orderData();
  }

  void orderBlock(Block &block) {
    if (!llvm::all_of(block.without_terminator(),
                      [](Operation &op) { return isMemoryEffectFree(&op); }))
      return;
    Operation *place = &block.front();
    for (Operation *op : orderByNeed(block))
      place = moveTo(op, place);
  }

  /// Constants stand in front, those of the first function first.
  void orderData() {
    llvm::SetVector<Operation *> order;
    SymbolTable symbols(getOperation());
    getOperation().walk<WalkOrder::PreOrder>([&](nn::ParamOp param) {
      if (auto data = symbols.lookup<nn::DataOp>(param.getName()))
        order.insert(data);
    });
    for (auto data : getOperation().getOps<nn::DataOp>())
      order.insert(data);
    Operation *place =
        order.empty() ? nullptr : &getOperation().getBody()->front();
    for (Operation *data : order)
      place = moveTo(data, place);
  }

  /// Puts `op` in front of `place` and returns what comes next.
  Operation *moveTo(Operation *op, Operation *place) {
    if (op == place)
      return place->getNextNode();
    op->moveBefore(place);
    ++moved;
    return place;
  }
};
} // namespace
