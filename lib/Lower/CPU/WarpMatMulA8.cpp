//===- WarpMatMulA8.cpp - int8 activations on warps of a GPU ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Two kernels. Few rows: the warps of a block share the groups of one panel, or
// pieces of them, and the lanes of a warp the columns; what they leave are
// integers, so that it does not matter who adds them. Many rows: tensor cores
// multiply 16 channels by 8 rows. The fp32 end is that of all targets: groups
// ascending, one fma each.

#include "WarpMatMulA8.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// From as many rows on tensor cores multiply: they take 8 at a time.
static constexpr int64_t kManyRows = 4;

//===-- few rows
//-----------------------------------------------------------===//

namespace {
/// Warps of a block of the kernel for few rows.
constexpr int64_t kSplitWarps = 8;
/// Pieces whose sums a block keeps at a time: 32 KiB.
constexpr int64_t kSharedPieces = 512;

/// One row and one panel: a block.
class SplitRow {
public:
  SplitRow(KernelBuilder &b, const Product &p) : b(b), p(p), lanes(b, p) {
    int64_t steps = lanes.stepsOf(std::min(p.groupSize, p.k));
    int64_t wanted =
        std::clamp<int64_t>((kSplitWarps + p.groups - 1) / p.groups, 1, steps);
    pieceSteps = (steps + wanted - 1) / wanted;
    groupPieces = (steps + pieceSteps - 1) / pieceSteps;
    groupSteps = steps;
    roundGroups = std::min(p.groups, kSharedPieces / groupPieces);
    warps = std::min(kSplitWarps, roundGroups * groupPieces);
  }

  void emit() {
    SharedBuffer sums{{roundGroups * groupPieces, kLanes}, b.getI32Type()};
    launchBlocks(b, b.mul(p.m, p.panels), warps, sums,
                 [&](const BlockThread &given) {
                   at = given;
                   row = b.floorDiv(at.block, p.panels);
                   panel = b.rem(at.block, p.panels);
                   g = b.floorDiv(at.lane, 4);
                   t = b.rem(at.lane, 4);
                   emitBlock();
                 });
  }

private:
  void emitBlock() {
    Value thread = at.thread(b);
    Value adds = b.less(thread, b.idx(kLanes));
    int64_t rounds = (p.groups + roundGroups - 1) / roundGroups;
    auto round = [&](Value number, Value total) {
      Value first = b.mul(number, roundGroups);
      Value groups = b.min(b.sub(b.idx(p.groups), first), b.idx(roundGroups));
      makeSums(first, groups);
      barrier(b);
      return b.ifThen(
          adds, [&] { return Values{addSums(first, groups, thread, total)}; },
          [&] { return Values{total}; })[0];
    };
    Value total = b.f32(0);
    if (rounds == 1)
      total = round(b.idx(0), total);
    else
      total = b.forLoop(b.idx(0), b.idx(rounds), 1, total,
                        [&](Value number, ValueRange carried) {
                          Value next = round(number, carried[0]);
                          barrier(b);
                          return Values{next};
                        })[0];
    b.ifThen(adds, [&] { lanes.finish(row, panel, thread, total); });
  }

  /// The warps' sums of a round's pieces, exact.
  void makeSums(Value firstGroup, Value groups) {
    b.forLoop(at.warp, b.mul(groups, groupPieces), warps, [&](Value piece) {
      Value group = b.add(firstGroup, b.floorDiv(piece, groupPieces));
      Value first = b.mul(b.rem(piece, groupPieces), pieceSteps);
      Value end = b.min(b.add(first, pieceSteps), b.idx(groupSteps));
      Values sums = addPiece(group, first, end);
      for (Value &sum : sums)
        for (int64_t distance : {1, 2})
          sum = b.create<arith::AddIOp>(sum, fromLaneAcross(b, sum, distance));
      b.ifThen(b.equal(t, b.idx(0)), [&] {
        for (int64_t i : {0, 1}) {
          Value channel = b.add(b.mul(g, 2), i);
          Value zero = b.create<arith::MulIOp>(
              lanes.zeroPoint(panel, group, channel), sums[2]);
          b.store(b.create<arith::SubIOp>(sums[i], zero), at.shared[0],
                  {piece, channel});
        }
      });
    });
  }

  /// A lane's products with two channels, and its codes of the row.
  Values addPiece(Value group, Value firstStep, Value endStep) {
    Value end = lanes.endOf(group);
    Values zeros(3, b.i32(0));
    return b.forLoop(
        firstStep, endStep, 1, zeros, [&](Value step, ValueRange carried) {
          Value line = lanes.lineOf(group, step, t);
          Values w = lanes.weightWords(panel, line, g);
          Values x = lanes.activationWords(row, line, end);
          Values sums(carried);
          for (int64_t i = 0; i < lanes.words(); ++i) {
            sums[0] = addByteProducts(b, w[2 * i], x[i], sums[0]);
            sums[1] = addByteProducts(b, w[2 * i + 1], x[i], sums[1]);
            sums[2] = addByteProducts(b, b.i32(0x01010101), x[i], sums[2]);
          }
          return sums;
        });
  }

  /// total + scale * sum of each group of a round, ascending.
  Value addSums(Value firstGroup, Value groups, Value channel, Value total) {
    Values init{total};
    return b.forLoop(
        b.idx(0), groups, 1, init, [&](Value group, ValueRange carried) {
          Value sum = b.i32(0);
          for (int64_t i = 0; i < groupPieces; ++i) {
            Value piece = b.add(b.mul(group, groupPieces), i);
            sum = b.create<arith::AddIOp>(
                sum, b.load(at.shared[0], {piece, channel}));
          }
          Value number = b.create<arith::SIToFPOp>(b.getF32Type(), sum);
          Value scale = lanes.scale(panel, b.add(firstGroup, group), channel);
          return Values{b.fma(number, scale, carried[0])};
        })[0];
  }

  KernelBuilder &b;
  const Product &p;
  LaneOperands lanes;
  int64_t groupSteps, pieceSteps, groupPieces, roundGroups, warps;
  BlockThread at;
  Value row, panel, g, t;
};

//===-- many rows
//----------------------------------------------------------===//

/// Warps of a block of the kernel for many rows: neighbours have the same
/// panels.
constexpr int64_t kTileWarps = 4;
/// Rows that tensor cores take at a time, and how often in a tile.
constexpr int64_t kMmaRows = 8, kTileParts = 2;

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
    launchBlocks(b, b.ceilDiv(count, kTileWarps), kTileWarps, {},
                 [&](const BlockThread &at) {
                   Value tile = b.add(b.mul(at.block, kTileWarps), at.warp);
                   g = b.floorDiv(at.lane, 4);
                   t = b.rem(at.lane, 4);
                   b.ifThen(b.less(tile, count), [&] {
                     row = b.mul(b.rem(tile, across), kMmaRows * kTileParts);
                     panel = b.mul(b.floorDiv(tile, across), width);
                     emitTile();
                   });
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
    sums =
        b.forLoop(b.idx(0), b.idx(lanes.stepsOf(size)), 1, sums,
                  [&](Value step, ValueRange carried) {
                    return addStep(lanes.lineOf(group, step, t), end, carried);
                  });
    Values next;
    for (int64_t j = 0; j < width; ++j)
      for (int64_t part = 0; part < kTileParts; ++part)
        for (int64_t element = 0; element < 4; ++element) {
          int64_t i = 4 * (j * kTileParts + part) + element;
          Value at = b.add(panel, j), channel = channelOf(element);
          Value ofRow = sums[4 * (width * kTileParts + part) + element % 2];
          Value zero = b.create<arith::MulIOp>(
              lanes.zeroPoint(at, group, channel), ofRow);
          Value exact = b.create<arith::SubIOp>(sums[i], zero);
          Value number = b.create<arith::SIToFPOp>(b.getF32Type(), exact);
          next.push_back(
              b.fma(number, lanes.scale(at, group, channel), totals[i]));
        }
    return next;
  }

  Values addStep(Value line, Value end, ValueRange carried) {
    SmallVector<Values> weights, rows;
    for (int64_t j = 0; j < width; ++j)
      weights.push_back(lanes.weightWords(b.add(panel, j), line, g));
    weights.push_back(Values(2 * lanes.words(), b.i32(0x01010101)));
    Value last = b.sub(p.m, b.idx(1));
    for (int64_t part = 0; part < kTileParts; ++part) {
      Value wanted = b.add(b.add(row, part * kMmaRows), g);
      rows.push_back(lanes.activationWords(b.min(wanted, last), line, end));
    }
    Values sums;
    for (int64_t i = 0; i < products(); ++i) {
      const Values &w = weights[i / kTileParts], &x = rows[i % kTileParts];
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
      b.less(p.m, b.idx(kManyRows)), [&] { SplitRow(b, p).emit(); },
      [&] { MmaTile(b, p).emit(); });
}
