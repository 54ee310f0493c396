//===- TileSignProduct.cpp - products of signs on tensor cores --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// SignProduct for many rows on a GPU: a warp has the channels of a word of
// signs and 16 rows. Tensor cores count the bits that two operands have in
// common; what differs is what each has, by a product with ones, less twice
// that. Few rows are in BlockSignProduct.cpp. Lanes hold what Warps.h says.

#include "SignProduct.h"
#include "Warps.h"
#include "quantc/Target/SignRows.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Panels whose signs make a word.
static constexpr int64_t kWidth = kSignsPerWord / kLanes;
/// How often tensor cores take 8 rows in a tile.
static constexpr int64_t kParts = 2, kPartRows = 8;
/// Warps of a block: neighbours have the same panels.
static constexpr int64_t kTileWarps = 4;
/// Words of a row that a step takes, one for each of four lanes.
static constexpr int64_t kStepWords = 4;

namespace {
class SignTile {
public:
  SignTile(KernelBuilder &b, const SignProduct &s)
      : b(b), s(s), p(s.product), isWhole(s.words % kStepWords == 0) {}

  void emit() {
    Value across = b.ceilDiv(p.m, kParts * kPartRows);
    Value count = b.mul(across, llvm::divideCeil(p.panels, kWidth));
    launchWarps(b, count, kTileWarps, [&](Value tile, Value lane) {
      g = b.floorDiv(lane, 4);
      t = b.rem(lane, 4);
      first = b.mul(b.rem(tile, across), kParts * kPartRows);
      word = b.floorDiv(tile, across);
      addDots();
      for (int64_t part = 0; part < kParts; ++part)
        for (int64_t i = 0; i < 2; ++i)
          s.thresholds ? storeSigns(part, i) : storeNumbers(part, i);
    });
  }

private:
  /// Counts of a lane, four for each: panels with parts, ones with parts,
  /// panels with ones.
  static constexpr int64_t kCounts = kWidth * kParts + kParts + kWidth;

  void addDots() {
    int64_t steps = llvm::divideCeil(s.words, kStepWords);
    Values counts = b.forLoop(
        b.idx(0), b.idx(steps), 1, Values(4 * kCounts, b.i32(0)),
        [&](Value step, ValueRange carried) { return addStep(step, carried); });
    Value all = b.i32(static_cast<int32_t>(p.k)), two = b.i32(2);
    auto countOf = [&](int64_t i, int64_t element) {
      return counts[4 * i + element];
    };
    dots.clear();
    for (int64_t j = 0; j < kWidth; ++j)
      for (int64_t part = 0; part < kParts; ++part)
        for (int64_t e = 0; e < 4; ++e) {
          Value either =
              b.create<arith::AddIOp>(countOf(kWidth * kParts + part, e),
                                      countOf(kWidth * kParts + kParts + j, e));
          Value common = countOf(j * kParts + part, e);
          Value differs = b.create<arith::SubIOp>(
              either, b.create<arith::MulIOp>(common, two));
          dots.push_back(b.create<arith::SubIOp>(
              all, b.create<arith::MulIOp>(differs, two)));
        }
  }

  Values addStep(Value step, ValueRange carried) {
    Value wanted = b.add(b.mul(step, kStepWords), t);
    Value place = isWhole ? wanted : b.min(wanted, b.idx(s.words - 1));
    SmallVector<Values> weights, rows;
    for (int64_t j = 0; j < kWidth; ++j) {
      Values low = halves(load(p.weight, {panelAt(j), place, g}, wanted)),
             high = halves(
                 load(p.weight, {panelAt(j), place, b.add(g, 8)}, wanted));
      weights.push_back({low[0], high[0], low[1], high[1]});
    }
    Value last = b.sub(p.m, b.idx(1));
    for (int64_t part = 0; part < kParts; ++part) {
      Value row = b.min(b.add(b.add(first, part * kPartRows), g), last);
      rows.push_back(halves(load(p.x, {row, place}, wanted)));
    }
    Values next, ones(4, b.i32(-1));
    auto add = [&](ValueRange a, ValueRange x) {
      llvm::append_range(
          next, countCommonBits(b, a, x, carried.slice(next.size(), 4)));
    };
    for (const Values &w : weights)
      for (const Values &x : rows)
        add(w, x);
    for (const Values &x : rows)
      add(ones, x);
    for (const Values &w : weights)
      add(w, ValueRange(ones).take_front(2));
    return next;
  }

  /// A word, 0 behind the last of a row.
  Value load(Value from, ArrayRef<Value> place, Value wanted) {
    Value found = b.load(from, place);
    if (isWhole)
      return found;
    return b.create<arith::SelectOp>(b.less(wanted, b.idx(s.words)), found,
                                     b.constant(b.getI64Type(), 0));
  }

  Values halves(Value bits) {
    Type type = b.getI32Type();
    Value high = b.create<arith::ShRUIOp>(bits, b.constant(b.getI64Type(), 32));
    return {b.create<arith::TruncIOp>(type, bits),
            b.create<arith::TruncIOp>(type, high)};
  }

  /// The last panel stands for those behind it.
  Value panelAt(int64_t j) {
    Value wanted = b.add(b.mul(word, kWidth), j);
    return p.panels % kWidth ? b.min(wanted, b.idx(p.panels - 1)) : wanted;
  }
  Value exists(int64_t j) {
    return b.less(b.add(b.mul(word, kWidth), j), b.idx(p.panels));
  }
  Value rowOf(int64_t part, int64_t i) {
    return b.add(b.add(first, part * kPartRows), b.add(b.mul(t, 2), i));
  }
  Value channelOf(int64_t high) { return b.add(g, 8 * high); }
  /// Of channel g or g + 8 of a panel and row 2t or 2t + 1 of a part.
  Value dotOf(int64_t j, int64_t part, int64_t high, int64_t i) {
    return dots[4 * (j * kParts + part) + 2 * high + i];
  }

  void storeNumbers(int64_t part, int64_t i) {
    Value row = rowOf(part, i), hasRow = b.less(row, p.m);
    for (int64_t j = 0; j < kWidth; ++j) {
      b.ifThen(b.create<arith::AndIOp>(hasRow, exists(j)), [&] {
        for (int64_t high = 0; high < 2; ++high) {
          Value channel = channelOf(high), panel = panelAt(j);
          Value scale = b.load(p.scales, {panel, b.idx(0), channel});
          Value number = b.create<arith::SIToFPOp>(b.getF32Type(),
                                                   dotOf(j, part, high, i));
          storeElement(b, p, row, panel, channel,
                       b.mulf(b.mulf(number, scale), b.f32(s.inputScale)));
        }
      });
    }
  }

  /// Each lane has two bits of 16 of each panel, lanes of other channels the
  /// rest.
  void storeSigns(int64_t part, int64_t i) {
    Value place = b.create<arith::IndexCastOp>(b.getI32Type(), g), signs;
    for (int64_t half = 0; half < 2; ++half) {
      Value bits = b.i32(0);
      for (int64_t k = 0; k < 4; ++k) {
        int64_t j = 2 * half + k / 2, high = k % 2;
        Value shift = b.create<arith::AddIOp>(place, b.i32(8 * int32_t(k)));
        Value bit = b.create<arith::ExtUIOp>(
            b.getI32Type(), isSet(j, high, dotOf(j, part, high, i)));
        bits =
            b.create<arith::OrIOp>(bits, b.create<arith::ShLIOp>(bit, shift));
      }
      for (int64_t distance : {4, 8, 16})
        bits = b.create<arith::OrIOp>(bits, fromLaneAcross(b, bits, distance));
      Value wide = b.create<arith::ExtUIOp>(b.getI64Type(), bits);
      signs = half == 0
                  ? wide
                  : Value(b.create<arith::OrIOp>(
                        signs, b.create<arith::ShLIOp>(
                                   wide, b.constant(b.getI64Type(), 32))));
    }
    Value row = rowOf(part, i);
    Value own = b.create<arith::AndIOp>(b.equal(g, b.idx(0)), b.less(row, p.m));
    b.ifThen(own, [&] { b.store(signs, p.out, {row, word}); });
  }

  Value isSet(int64_t j, int64_t high, Value dot) {
    Value channel = channelOf(high), panel = panelAt(j);
    Value low = b.load(s.thresholds, {panel, b.idx(0), channel});
    Value end = b.load(s.thresholds, {panel, b.idx(1), channel});
    Value isInside =
        b.create<arith::AndIOp>(b.cmp(arith::CmpIPredicate::sge, dot, low),
                                b.cmp(arith::CmpIPredicate::slt, dot, end));
    return b.create<arith::AndIOp>(exists(j), isInside);
  }

  KernelBuilder &b;
  const SignProduct &s;
  const Product &p;
  bool isWhole; ///< a row is whole steps
  Value g, t, first, word;
  Values dots; ///< panel by panel and part by part, as tensor cores give them
};
} // namespace

void SignProduct::emitTiles(KernelBuilder &b) const {
  SignTile(b, *this).emit();
}
