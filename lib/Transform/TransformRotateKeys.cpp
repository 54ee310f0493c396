//===- TransformRotateKeys.cpp - rotation of queries and keys ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Puts one rotation behind the queries and the keys of an attention, to be
// computed when the model runs (R3 of QuaRot, Ashkboos et al., 2024). What
// weights can take in is done by TransformRotateHeads.cpp.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Transform/Passes.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_TRANSFORMROTATEKEYS
#include "quantc/Transform/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
struct TransformRotateKeys
    : quantc::impl::TransformRotateKeysBase<TransformRotateKeys> {
  using Base::Base;

  void runOnOperation() override {
    layers = 0;
    // Attentions that share keys share their rotation.
    llvm::MapVector<Value, SmallVector<nn::AttentionOp>> byKeys;
    getOperation().walk(
        [&](nn::AttentionOp op) { byKeys[op.getKey()].push_back(op); });
    for (auto &[keys, attentions] : byKeys)
      rotate(keys, attentions);
  }

private:
  void rotate(Value keys, ArrayRef<nn::AttentionOp> attentions) {
    int64_t size = cast<RankedTensorType>(keys.getType()).getShape().back();
    int64_t block =
        ShapedType::isDynamic(size) ? 1 : qnt::largestHadamardBlock(size);
    auto append = keys.getDefiningOp<nn::KVAppendOp>();
    Value fresh = append ? append.getFresh() : keys;
    if (fresh.getDefiningOp<qnt::RotateOp>())
      return;
    bool isRefused = block == 1 || (append && !feedsOnly(keys, attentions));
    if (isRefused) {
      refused += attentions.size();
      return;
    }
    Value turned = rotationOf(fresh, block);
    if (append)
      append.getFreshMutable().set(turned);
    for (nn::AttentionOp op : attentions) {
      if (!append)
        op.getKeyMutable().set(turned);
      op.getQueryMutable().set(rotationOf(op.getQuery(), block));
    }
    rotated += attentions.size();
    ++layers;
  }

  /// True if a cache goes nowhere but to the keys of `attentions` and out of
  /// the model.
  static bool feedsOnly(Value keys, ArrayRef<nn::AttentionOp> attentions) {
    return llvm::all_of(keys.getUses(), [&](OpOperand &use) {
      if (isa<func::ReturnOp, tensor::DimOp>(use.getOwner()))
        return true;
      auto op = dyn_cast<nn::AttentionOp>(use.getOwner());
      return op && llvm::is_contained(attentions, op) &&
             use.getOperandNumber() == op.getKeyMutable().getOperandNumber();
    });
  }

  /// Each layer has signs of its own.
  Value rotationOf(Value value, int64_t block) {
    OpBuilder b(value.getContext());
    b.setInsertionPointAfterValue(value);
    return qnt::RotateOp::create(b, value.getLoc(), value.getType(), value,
                                 block, seed + layers);
  }

  uint64_t layers = 0;
};
} // namespace
