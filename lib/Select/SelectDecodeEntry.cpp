//===- SelectDecodeEntry.cpp - caches as state updated in place -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes the entry @decode from @main. Choosing kernels is not done here.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Select/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_SELECTDECODEENTRY
#include "quantc/Select/Passes.h.inc"
} // namespace quantc

namespace {
/// One cache: the argument that holds the past, its append, the result that
/// hands the new cache out.
struct Cache {
  unsigned argument;
  unsigned result;
  quantc::nn::KVAppendOp append;
};

/// True when `value` is used only by `append` and to ask for its sizes.
bool isOnlyExtended(Value value, Operation *append) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return user == append || isa<tensor::DimOp>(user);
  });
}

/// The caches of `main`, or nothing unless every append is one and all extend
/// along dimensions of the same past length.
SmallVector<Cache> findCaches(func::FuncOp main) {
  SmallVector<Cache> caches;
  Operation *exit = main.getBody().front().getTerminator();
  bool isComplete = true;
  main.walk([&](quantc::nn::KVAppendOp append) {
    auto past = dyn_cast<BlockArgument>(append.getPast());
    auto uses = append.getResult().getUses();
    auto exitUse = llvm::find_if(
        uses, [&](OpOperand &use) { return use.getOwner() == exit; });
    if (!past || exitUse == uses.end() || !isOnlyExtended(past, append) ||
        !append.getPast().getType().isDynamicDim(append.getAxis())) {
      isComplete = false;
      return;
    }
    caches.push_back(
        {past.getArgNumber(), exitUse->getOperandNumber(), append});
  });
  return isComplete ? caches : SmallVector<Cache>();
}

/// Replaces questions for the past length by `length`.
void replaceLength(BlockArgument state, int64_t axis, Value length) {
  for (Operation *user : llvm::make_early_inc_range(state.getUsers())) {
    auto dim = dyn_cast<tensor::DimOp>(user);
    if (dim && dim.getConstantIndex() == axis)
      dim.replaceAllUsesWith(length);
  }
}

/// The append as a write behind the filled positions, and a view of all of
/// them.
void appendInPlace(quantc::nn::KVAppendOp append, Value length) {
  OpBuilder b(append);
  Location loc = append.getLoc();
  int64_t axis = append.getAxis();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, loc, append.getFresh());
  SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  SmallVector<OpFoldResult> start = offsets;
  start[axis] = length;
  Value fresh = getValueOrCreateConstantIndexOp(b, loc, sizes[axis]);
  Value state = tensor::InsertSliceOp::create(
      b, loc, append.getFresh(), append.getPast(), start, sizes, strides);
  sizes[axis] = arith::AddIOp::create(b, loc, length, fresh).getResult();
  auto view = tensor::ExtractSliceOp::create(b, loc, append.getType(), state,
                                             offsets, sizes, strides);
  append.replaceAllUsesWith(view.getResult());
  append.erase();
}

struct SelectDecodeEntry
    : quantc::impl::SelectDecodeEntryBase<SelectDecodeEntry> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal() || getOperation().lookupSymbol("decode"))
      return;
    if (findCaches(main).empty())
      return;
    func::FuncOp decode = main.clone();
    decode.setName("decode");
    SymbolTable(getOperation()).insert(decode, std::next(main->getIterator()));
    SmallVector<Cache> caches = findCaches(decode);
    makeStateful(decode, caches);
    states += caches.size();
  }

  void makeStateful(func::FuncOp decode, ArrayRef<Cache> caches) {
    Builder b(&getContext());
    llvm::BitVector dropped(decode.getNumResults());
    unsigned position = decode.getNumArguments();
    auto name = b.getNamedAttr("nn.name", b.getStringAttr("past_length"));
    (void)decode.insertArgument(position, b.getIndexType(),
                                b.getDictionaryAttr(name), decode.getLoc());
    Value length = decode.getArgument(position);
    for (Cache cache : caches) {
      int64_t axis = cache.append.getAxis();
      decode.setArgAttr(cache.argument, "kern.state_axis",
                        b.getI64IntegerAttr(axis));
      replaceLength(decode.getArgument(cache.argument), axis, length);
      dropped.set(cache.result);
    }
    decode.getBody().front().getTerminator()->eraseOperands(dropped);
    (void)decode.eraseResults(dropped);
    returnNewPositions(decode, caches.front().append);
    for (Cache cache : caches)
      appendInPlace(cache.append, length);
  }

  /// Adds a last result: how many positions a call appends.
  void returnNewPositions(func::FuncOp decode, quantc::nn::KVAppendOp append) {
    Operation *exit = decode.getBody().front().getTerminator();
    OpBuilder b(exit);
    Value count = b.createOrFold<tensor::DimOp>(
        append.getLoc(), append.getFresh(), append.getAxis());
    exit->insertOperands(exit->getNumOperands(), count);
    auto name = b.getNamedAttr("nn.name", b.getStringAttr("new_positions"));
    (void)decode.insertResult(decode.getNumResults(), b.getIndexType(),
                              b.getDictionaryAttr(name));
  }
};
} // namespace
