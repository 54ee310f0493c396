//===- WarpMatMulA8.cpp - int8 activations on warps of a GPU ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Chooses a kernel by the number of rows, and has the one for many: a warp has
// a few panels and 16 rows, and tensor cores multiply 16 channels by 8 rows.
// Few rows are in SplitMatMulA8.cpp. The fp32 end is that of all targets:
// groups ascending, one fma each.

#include "WarpMatMulA8.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// From as many rows on tensor cores multiply: they take 8 at a time.
static constexpr int64_t kTileRows = 4;
/// From as many rows on there are warps enough without sharing groups.
static constexpr int64_t kManyRows = 128;

namespace {
/// Warps of a block of the kernel for many rows: neighbours have the same
/// panels.
constexpr int64_t kTileWarps = 4;
/// How often tensor cores take rows in a tile.
constexpr int64_t kTileParts = 2;
/// Steps whose loads a lane has under way at a time.
constexpr int64_t kStepsAhead = 2;

/// A few panels and 16 rows: a warp.
class MmaTile {
public:
  MmaTile(KernelBuilder &b, const Product &p)
      : b(b), p(p), lanes(b, p), width(p.panels % 4 == 0   ? 4
                                       : p.panels % 2 == 0 ? 2
                                                           : 1) {}

  void emit() {
    Value across = b.ceilDiv(p.m, kMmaRows * kTileParts);
    Value count = b.mul(across, p.panels / width);
    launchWarps(b, count, kTileWarps, [&](Value tile, Value lane) {
      g = b.floorDiv(lane, 4);
      t = b.rem(lane, 4);
      row = b.mul(b.rem(tile, across), kMmaRows * kTileParts);
      panel = b.mul(b.floorDiv(tile, across), width);
      emitTile();
    });
  }

private:
  /// Products of a warp: those with weights, panel by panel, then the sums of
  /// the codes of the rows.
  int64_t products() const { return (width + 1) * kTileParts; }

  void emitTile() {
    int64_t full = p.k / p.groupSize;
    Values totals(4 * width * kTileParts, b.f32(0));
    totals = b.forLoop(b.idx(0), b.idx(full), 1, totals,
                       [&](Value group, ValueRange carried) {
                         return addGroup(group, p.groupSize, carried);
                       });
    if (int64_t rest = p.k % p.groupSize)
      totals = addGroup(b.idx(full), rest, totals);
    for (int64_t i = 0; i < width * kTileParts; ++i)
      for (int64_t element = 0; element < 4; ++element)
        finish(i, element, totals[4 * i + element]);
  }

  Values addGroup(Value group, int64_t size, ValueRange totals) {
    Value end = lanes.endOf(group);
    Values sums(4 * products(), b.i32(0));
    int64_t steps = lanes.stepsOf(size);
    // With groups the registers that this takes cost more than it brings.
    int64_t ahead = p.groups > 1 || steps % kStepsAhead ? 1 : kStepsAhead;
    sums = b.forLoop(b.idx(0), b.idx(steps), ahead, sums,
                     [&](Value step, ValueRange carried) {
                       SmallVector<Operands> operands;
                       for (int64_t i = 0; i < ahead; ++i)
                         operands.push_back(
                             load(lanes.lineOf(group, b.add(step, i), t), end));
                       Values next(carried);
                       for (const Operands &loaded : operands)
                         next = addStep(loaded, next);
                       return next;
                     });
    Values next;
    for (int64_t j = 0; j < width; ++j)
      for (int64_t part = 0; part < kTileParts; ++part)
        for (int64_t element = 0; element < 4; ++element) {
          int64_t i = 4 * (j * kTileParts + part) + element;
          Value at = b.add(panel, j), channel = channelOf(element);
          Value ofRow = sums[4 * (width * kTileParts + part) + element % 2];
          Value exact = lanes.exactSum(at, group, channel, sums[i], ofRow);
          Value number = lanes.number(at, group, channel, exact, ofRow);
          next.push_back(
              b.fma(number, lanes.scale(at, group, channel), totals[i]));
        }
    return next;
  }

  /// What a lane has of a step: words of the panels, ones last, and of rows.
  struct Operands {
    SmallVector<Values> weights, rows;
  };

  Operands load(Value line, Value end) {
    Operands loaded;
    for (int64_t j = 0; j < width; ++j)
      loaded.weights.push_back(lanes.weightWords(b.add(panel, j), line, g));
    loaded.weights.push_back(Values(2 * lanes.words(), b.i32(0x01010101)));
    Value last = b.sub(p.m, b.idx(1));
    for (int64_t part = 0; part < kTileParts; ++part) {
      Value wanted = b.add(b.add(row, part * kMmaRows), g);
      loaded.rows.push_back(
          lanes.activationWords(b.min(wanted, last), line, end));
    }
    return loaded;
  }

  Values addStep(const Operands &loaded, ValueRange carried) {
    Values sums;
    for (int64_t i = 0; i < products(); ++i) {
      const Values &w = loaded.weights[i / kTileParts],
                   &x = loaded.rows[i % kTileParts];
      Values four(carried.slice(4 * i, 4));
      for (int64_t k = 0; k < lanes.words(); k += 2)
        four = multiplyBytes(b, ValueRange(w).slice(2 * k, 4),
                             ValueRange(x).slice(k, 2), four);
      llvm::append_range(sums, four);
    }
    return sums;
  }

  /// The channel and row of an element that the lane has.
  Value channelOf(int64_t element) { return b.add(b.mul(g, 2), element / 2); }
  Value rowOf(int64_t part, int64_t element) {
    return b.add(b.add(row, part * kMmaRows), b.add(b.mul(t, 2), element % 2));
  }

  void finish(int64_t product, int64_t element, Value total) {
    Value at = rowOf(product % kTileParts, element);
    b.ifThen(b.less(at, p.m), [&] {
      lanes.finish(at, b.add(panel, product / kTileParts), channelOf(element),
                   total);
    });
  }

  KernelBuilder &b;
  const Product &p;
  LaneOperands lanes;
  int64_t width;
  Value g, t, row, panel;
};
} // namespace

void quantc::emitWarpMatMulA8(KernelBuilder &b, const Product &p) {
  b.ifThen(
      b.less(p.m, b.idx(kManyRows)),
      [&] {
        b.ifThen(
            b.less(p.m, b.idx(kTileRows)), [&] { emitSplitMatMulA8(b, p, 1); },
            [&] { emitSplitMatMulA8(b, p, 2 * kMmaRows); });
      },
      [&] { MmaTile(b, p).emit(); });
}
