//===- LowerTransposes.cpp - views in place of transposed copies -*- C++ -*-==//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass lower-transposes. Buffers may serve several values one after the
// other, so what it asks is in the order of the block: who touches a buffer
// next. It does not look into branches or loops: there are none at this place.

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Lower/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERTRANSPOSES
#include "quantc/Lower/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// The allocation that `memref` is, or is a view of; null for other memory.
static memref::AllocOp rootOf(Value memref) {
  while (auto view = memref.getDefiningOp<ViewLikeOpInterface>())
    memref = view.getViewSource();
  return memref.getDefiningOp<memref::AllocOp>();
}

namespace {
/// Operations that touch a buffer, in the order of their block.
struct Uses {
  SmallVector<Operation *> ops;
  bool hasViews = false;

  explicit Uses(memref::AllocOp alloc) {
    SmallVector<Value> aliases{alloc};
    llvm::SmallPtrSet<Operation *, 8> found;
    while (!aliases.empty())
      for (Operation *user : aliases.pop_back_val().getUsers()) {
        if (isa<memref::DimOp>(user))
          continue;
        if (auto view = dyn_cast<ViewLikeOpInterface>(user)) {
          hasViews = true;
          llvm::append_range(aliases, view->getResults());
        } else {
          found.insert(alloc->getBlock()->findAncestorOpInBlock(*user));
        }
      }
    ops.assign(found.begin(), found.end());
    llvm::sort(
        ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  }

  /// The place of `op`, which is one of them.
  size_t find(Operation *op) const { return llvm::find(ops, op) - ops.begin(); }
};
} // namespace

/// True if `op` may write the buffer, or that is not known.
static bool writes(Operation *op, memref::AllocOp buffer) {
  auto effects = dyn_cast<MemoryEffectOpInterface>(op);
  if (!effects || op->getNumRegions() > 1)
    return true;
  SmallVector<MemoryEffects::EffectInstance> all;
  effects.getEffects(all);
  return llvm::any_of(all, [&](const MemoryEffects::EffectInstance &effect) {
    return isa<MemoryEffects::Write>(effect.getEffect()) &&
           (!effect.getValue() || rootOf(effect.getValue()) == buffer);
  });
}

/// True if `op` replaces all that is in the buffer, and does not read it.
static bool replaces(Operation *op, memref::AllocOp buffer) {
  if (!isa<linalg::TransposeOp, kern::AttentionOp, kern::RopeOp>(op))
    return false;
  auto destination = cast<DestinationStyleOpInterface>(op);
  return llvm::is_contained(destination.getDpsInits(), buffer.getResult()) &&
         llvm::none_of(destination.getDpsInputs(),
                       [&](Value input) { return rootOf(input) == buffer; });
}

/// A view of `memref` whose dimension i is its dimension order[i].
static Value viewOf(OpBuilder &b, Location loc, Value memref,
                    ArrayRef<int64_t> order) {
  SmallVector<unsigned> dims(order.begin(), order.end());
  auto map = AffineMap::getPermutationMap(dims, b.getContext());
  return memref::TransposeOp::create(b, loc, memref, AffineMapAttr::get(map));
}

namespace {
struct LowerTransposes : quantc::impl::LowerTransposesBase<LowerTransposes> {
  void runOnOperation() override {
    SmallVector<linalg::TransposeOp> transposes;
    for (auto function : getOperation().getOps<func::FuncOp>())
      for (Block &block : function.getBody())
        llvm::append_range(transposes, block.getOps<linalg::TransposeOp>());
    for (linalg::TransposeOp op : transposes) {
      ArrayRef<int64_t> order = op.getPermutation();
      // Kernels want rows whose elements are neighbours.
      if (order.empty() || order.back() != int64_t(order.size()) - 1)
        continue;
      if (failed(readThrough(op)) && failed(writeThrough(op)))
        continue;
      Value ends[] = {op.getInput(), op.getInit()};
      op.erase();
      for (Value end : ends)
        if (auto alloc = end.getDefiningOp<memref::AllocOp>();
            alloc && alloc->use_empty())
          alloc.erase();
      ++numTransposes;
    }
  }

  /// Lets the readers of the copy read the source.
  static LogicalResult readThrough(linalg::TransposeOp op) {
    memref::AllocOp copy = op.getInit().getDefiningOp<memref::AllocOp>(),
                    source = rootOf(op.getInput());
    if (!copy || !source || copy == source)
      return failure();
    Uses uses(copy), ofSource(source);
    if (uses.hasViews)
      return failure();
    size_t next = uses.find(op) + 1, end = next;
    for (; end < uses.ops.size() && !replaces(uses.ops[end], copy); ++end) {
      auto rope = dyn_cast<kern::RopeOp>(uses.ops[end]);
      if (!rope || rope.getInputs().front() != copy.getResult() ||
          llvm::count(rope->getOperands(), copy.getResult()) != 1)
        return failure();
    }
    if (next == end)
      return failure();
    Operation *last = uses.ops[end - 1];
    for (Operation *user : ArrayRef(ofSource.ops).drop_front(ofSource.find(op)))
      if (user != op && user->isBeforeInBlock(last->getNextNode()) &&
          writes(user, source))
        return failure();
    OpBuilder b(op);
    Value view = viewOf(b, op.getLoc(), op.getInput(), op.getPermutation());
    for (Operation *reader : ArrayRef(uses.ops).slice(next, end - next))
      reader->replaceUsesOfWith(copy, view);
    return success();
  }

  /// Lets the writer of the source write the copy.
  static LogicalResult writeThrough(linalg::TransposeOp op) {
    auto source = op.getInput().getDefiningOp<memref::AllocOp>(),
         copy = op.getInit().getDefiningOp<memref::AllocOp>();
    if (!copy || !source || copy == source)
      return failure();
    Uses uses(source), ofCopy(copy);
    size_t place = uses.find(op);
    if (uses.hasViews || place == 0)
      return failure();
    auto writer = dyn_cast<kern::AttentionOp>(uses.ops[place - 1]);
    if (!writer || !replaces(writer, source) ||
        (place + 1 < uses.ops.size() && !replaces(uses.ops[place + 1], source)))
      return failure();
    for (Operation *user : ofCopy.ops)
      if (!user->isBeforeInBlock(writer) && user->isBeforeInBlock(op))
        return failure();
    if (!copy->isBeforeInBlock(writer)) {
      for (Value operand : copy->getOperands())
        if (Operation *size = operand.getDefiningOp();
            size && size->getBlock() == writer->getBlock() &&
            !size->isBeforeInBlock(writer))
          return failure();
      copy->moveBefore(writer);
    }
    OpBuilder b(writer);
    SmallVector<int64_t> inverse(op.getPermutation().size());
    for (auto [i, dim] : llvm::enumerate(op.getPermutation()))
      inverse[dim] = i;
    writer->replaceUsesOfWith(source, viewOf(b, op.getLoc(), copy, inverse));
    return success();
  }
};
} // namespace
