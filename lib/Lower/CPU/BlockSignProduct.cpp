//===- BlockSignProduct.cpp - products of signs on a GPU --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// SignProduct by blocks of a GPU. A warp has a panel, 16 lanes its channels,
// the two halves every other word; counts are integers, so that it does not
// matter who adds them. The four panels of a block make a word of signs.

#include "BlockRows.h"
#include "SignProduct.h"
#include "quantc/Target/SignRows.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Warps of a block, each with a panel.
static constexpr int64_t kWarps = kSignsPerWord / kLanes;

Values SignProduct::addWordsOfLane(KernelBuilder &b, ArrayRef<Value> rows,
                                   Value first, Value panel, Value lane,
                                   ValueRange counts) const {
  Value channel = b.rem(lane, kLanes);
  return b.forLoop(b.floorDiv(lane, kLanes), b.idx(words), kWarpLanes / kLanes,
                   counts, [&](Value word, ValueRange carried) {
                     Value weight = b.load(
                         product.weight, {panel, b.add(first, word), channel});
                     Values next;
                     for (auto [row, count] : llvm::zip_equal(rows, carried)) {
                       Value differs = b.create<arith::XOrIOp>(
                           b.load(product.x, {row, word}), weight);
                       Value ones = b.create<arith::TruncIOp>(
                           b.getI32Type(), b.create<math::CtPopOp>(differs));
                       next.push_back(b.create<arith::AddIOp>(count, ones));
                     }
                     return next;
                   });
}

namespace {
/// What a block has: some rows, and a panel a warp.
class SignBlock {
public:
  SignBlock(KernelBuilder &b, const SignProduct &s, const BlockThread &at,
            int64_t height)
      : b(b), s(s), p(s.product), at(at), channel(b.rem(at.lane, kLanes)),
        half(b.floorDiv(at.lane, kLanes)) {
    int64_t across = llvm::divideCeil(p.panels, kWarps);
    first = b.mul(b.floorDiv(at.block, across), height);
    word = b.rem(at.block, across);
    Value wanted = b.add(b.mul(word, kWarps), at.warp);
    exists = b.less(wanted, b.idx(p.panels));
    panel = b.min(wanted, b.idx(p.panels - 1));
    Value last = b.sub(p.m, b.idx(1));
    for (int64_t r = 0; r < height; ++r)
      rows.push_back(b.min(b.add(first, r), last));
  }

  void emit(SignProduct::CountsOfLane countsOf,
            function_ref<Value(Value)> signsOf) {
    Values counts = countsOf(rows, panel, at.lane), dots;
    for (auto [row, count] : llvm::zip_equal(rows, counts)) {
      Value both =
          b.create<arith::AddIOp>(count, fromLaneAcross(b, count, kLanes));
      Value twice = b.create<arith::AddIOp>(both, both);
      dots.push_back(b.create<arith::SubIOp>(signsOf(row), twice));
    }
    if (s.thresholds)
      storeSigns(dots);
    else
      storeNumbers(dots);
  }

private:
  /// The halves take turns.
  void storeNumbers(ArrayRef<Value> dots) {
    Value scale = b.load(p.scales, {panel, b.idx(0), channel});
    for (auto [r, dot] : llvm::enumerate(dots)) {
      Value own =
          b.create<arith::AndIOp>(exists, b.equal(half, b.idx(int64_t(r) % 2)));
      own = b.create<arith::AndIOp>(own, b.less(b.add(first, int64_t(r)), p.m));
      b.ifThen(own, [&, r = r, dot = dot] {
        Value number = b.create<arith::SIToFPOp>(b.getF32Type(), dot);
        storeElement(b, p, rows[r], panel, channel,
                     b.mulf(b.mulf(number, scale), b.f32(s.inputScale)));
      });
    }
  }

  /// A bit from each lane, 16 from each warp, a word from the block.
  void storeSigns(ArrayRef<Value> dots) {
    Value low = b.load(s.thresholds, {panel, b.idx(0), channel});
    Value end = b.load(s.thresholds, {panel, b.idx(1), channel});
    Value place = b.create<arith::IndexCastOp>(b.getI32Type(), channel);
    for (auto [r, dot] : llvm::enumerate(dots)) {
      Value isAbove = b.cmp(arith::CmpIPredicate::sge, dot, low);
      Value isBelow = b.cmp(arith::CmpIPredicate::slt, dot, end);
      Value isSet = b.create<arith::AndIOp>(
          exists, b.create<arith::AndIOp>(isAbove, isBelow));
      Value bit = b.create<arith::ShLIOp>(
          b.create<arith::ExtUIOp>(b.getI32Type(), isSet), place);
      Value bits = combineLanes(b, bit, [&](Value one, Value other) -> Value {
        return b.create<arith::OrIOp>(one, other);
      });
      b.ifThen(b.equal(at.lane, b.idx(0)), [&, r = r] {
        b.store(bits, at.shared[0], {b.idx(int64_t(r)), at.warp});
      });
    }
    barrier(b);
    Value thread = at.thread(b), row = b.add(first, thread);
    Value own = b.create<arith::AndIOp>(
        b.less(thread, b.idx(int64_t(dots.size()))), b.less(row, p.m));
    b.ifThen(own, [&] {
      Value signs;
      for (int64_t warp = 0; warp < kWarps; ++warp) {
        Value part = b.create<arith::ExtUIOp>(
            b.getI64Type(), b.load(at.shared[0], {thread, b.idx(warp)}));
        part = b.create<arith::ShLIOp>(
            part, b.constant(b.getI64Type(), warp * kLanes));
        signs = signs ? Value(b.create<arith::OrIOp>(signs, part)) : part;
      }
      b.store(signs, p.out, {row, word});
    });
  }

  KernelBuilder &b;
  const SignProduct &s;
  const Product &p;
  const BlockThread &at;
  Value channel, half, first, word, panel;
  Value exists; ///< whether the warp's panel does
  Values rows;  ///< those behind the last repeat it
};
} // namespace

void SignProduct::emitBlocks(KernelBuilder &b, int64_t height,
                             CountsOfLane countsOf,
                             function_ref<Value(Value)> signsOf) const {
  SmallVector<SharedBuffer> shared;
  if (thresholds)
    shared.push_back({{height, kWarps}, b.getI32Type()});
  Value blocks = b.mul(b.ceilDiv(product.m, height),
                       llvm::divideCeil(product.panels, kWarps));
  launchBlocks(b, blocks, kWarps, shared, [&](const BlockThread &at) {
    SignBlock(b, *this, at, height).emit(countsOf, signsOf);
  });
}
