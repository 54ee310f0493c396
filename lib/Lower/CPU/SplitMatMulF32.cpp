//===- SplitMatMulF32.cpp - few rows of fp32 on a GPU -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A lane has one or two channels of a panel and decodes them in registers. A
// warp has several slots, each a panel of a group: neighbouring lanes read
// whole lines. What a group leaves meets the others in shared memory, where a
// thread a channel adds groups in their order. Without groups a lane has its
// channels to itself.

#include "BlockMatMulF32.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Warps of a block that shares groups, at most, and of one that has none.
static constexpr int64_t kSplitWarps = 8, kWholeWarps = 2;
/// Columns whose weights and activations are loaded before they are used.
static constexpr int64_t kStepColumns = 32;
/// Sums of groups that a block keeps at a time, beside their scales: 32 KiB.
static constexpr int64_t kSharedSums = 4096;
/// Blocks that keep a GPU busy: then a block may take more panels.
static constexpr int64_t kManyBlocks = 256;

namespace {
class Split {
public:
  /// A block has `height` rows.
  Split(KernelBuilder &b, const Product &p, int64_t height)
      : b(b), p(p), height(height), channels(p.groups == 1 ? 1 : 2),
        slots(kWarpLanes * channels / kLanes),
        columns(FloatWeights::columnsOf(p)),
        // Activations of several rows are as many registers.
        stepLines(std::max<int64_t>(
            kStepColumns / (height == 1 ? 1 : 2) / columns, 1)) {
    width = 1;
    for (int64_t candidate : {2, 4})
      if (p.panels % candidate == 0 && p.panels / candidate >= kManyBlocks)
        width = candidate;
    roundGroups = std::min(p.groups, kSharedSums / (height * width * kLanes));
    warps = std::min(kSplitWarps, (roundGroups * width + slots - 1) / slots);
  }

  void emitWhole();
  void emitShared();

private:
  void takeLane(const BlockThread &at) {
    int64_t lanes = kLanes / channels;
    part = {channels, b.mul(b.rem(at.lane, lanes), channels)};
    slot = b.add(b.mul(at.warp, slots), b.floorDiv(at.lane, lanes));
  }
  /// Rows behind the last repeat it.
  void takeRows(Value tile) {
    firstRow = b.mul(tile, height);
    for (int64_t r = 0; r < height; ++r)
      rows.push_back(height == 1
                         ? firstRow
                         : b.min(b.add(firstRow, r), b.sub(p.m, b.idx(1))));
  }
  Value hasRow(Value row) {
    return height == 1 ? b.constant(b.getI1Type(), 1) : b.less(row, p.m);
  }
  /// Numbers that threads add up, and those of a thread.
  int64_t numbers() const { return height * width * kLanes; }
  int64_t own() const {
    return llvm::divideCeil(numbers(), warps * kWarpLanes);
  }
  /// The i-th of them, if it is one.
  Value numberOf(int64_t i) {
    return b.add(at.thread(b), i * warps * kWarpLanes);
  }
  Value isNumber(Value number) { return b.less(number, b.idx(numbers())); }

  void emitBlock();
  void makeSums(Value firstGroup, Value groups);
  Value addSums(Value groups, Value number, Value total);
  Values addGroup(Value panel, Value group);
  Values addLines(const FloatWeights &weights, Value panel, Value line,
                  int64_t lines, int64_t count, Value zero, ValueRange sums);
  Values loadRow(Value row, Value first, int64_t unit, int64_t count);

  KernelBuilder &b;
  const Product &p;
  int64_t height, channels, slots, columns, stepLines, width, roundGroups,
      warps;
  BlockThread at;
  PanelPart part;
  Value firstRow, firstPanel, slot;
  Values rows;
};
} // namespace

/// Activations of a row from column `first` on, a multiple of `unit`.
Values Split::loadRow(Value row, Value first, int64_t unit, int64_t count) {
  Values result;
  bool inFours = hasAlignedColumns(p, unit, count);
  for (int64_t c = 0; c < count; c += inFours ? 4 : 1) {
    Value column = b.add(first, c);
    if (!inFours) {
      result.push_back(b.load(p.x, {row, column}));
      continue;
    }
    Value four = b.loadAligned(p.x, {row, column}, 4);
    for (int64_t i = 0; i < 4; ++i)
      result.push_back(b.create<vector::ExtractOp>(four, i));
  }
  return result;
}

/// The first `count` columns of some lines.
Values Split::addLines(const FloatWeights &weights, Value panel, Value line,
                       int64_t lines, int64_t count, Value zero,
                       ValueRange carried) {
  SmallVector<LineWords> words;
  for (int64_t i = 0; i < lines; ++i)
    words.push_back(weights.load(panel, b.add(line, i)));
  SmallVector<Values> x;
  for (Value row : rows)
    x.push_back(loadRow(row, b.mul(line, columns), lines * columns, count));
  Values sums(carried);
  for (int64_t c = 0; c < count; ++c) {
    Value w = weights.number(words[c / columns], c % columns, zero);
    for (auto [r, sum] : llvm::enumerate(sums))
      sum = b.fma(b.splat(x[r][c], channels), w, sum);
  }
  return sums;
}

/// A group's partial sums of the lane's channels, row by row.
Values Split::addGroup(Value panel, Value group) {
  FloatWeights weights(b, p, part);
  Value zero = weights.negativeZero(panel, group);
  Value first = b.mul(group, p.groupSize / columns);
  Value lines = b.idx(p.groupSize / columns);
  if (int64_t all = p.k / columns; p.k % p.groupSize)
    lines = b.min(lines, b.sub(b.idx(all), first));
  Value whole = b.mul(b.floorDiv(lines, stepLines), stepLines);
  Values sums(height, b.splatF32(0, channels));
  auto add = [&](Value from, Value to, int64_t step) {
    sums =
        b.forLoop(from, to, step, sums, [&](Value index, ValueRange carried) {
          return addLines(weights, panel, b.add(first, index), step,
                          step * columns, zero, carried);
        });
  };
  if (KernelBuilder::constantOf(whole) != 0)
    add(b.idx(0), whole, stepLines);
  if (stepLines > 1 && (p.groupSize / columns % stepLines ||
                        p.k % p.groupSize / columns % stepLines))
    add(whole, lines, 1);
  if (int64_t rest = p.k % columns)
    sums = b.ifThen(
        b.equal(group, b.idx(p.groups - 1)),
        [&] {
          return addLines(weights, panel, b.add(first, lines), 1, rest, zero,
                          sums);
        },
        [&] { return sums; });
  return sums;
}

void Split::emitWhole() {
  int64_t panels = kWholeWarps * slots;
  Value across = b.idx((p.panels + panels - 1) / panels);
  Value blocks = b.mul(b.ceilDiv(p.m, height), across);
  launchBlocks(b, blocks, kWholeWarps, {}, [&](const BlockThread &given) {
    takeRows(b.floorDiv(given.block, across));
    takeLane(given);
    Value panel = b.add(b.mul(b.rem(given.block, across), panels), slot);
    b.ifThen(b.less(panel, b.idx(p.panels)), [&] {
      Value group = b.idx(0);
      for (auto [r, sum] : llvm::enumerate(addGroup(panel, group))) {
        Value row = b.add(firstRow, int64_t(r));
        Value total =
            FloatWeights(b, p, part)
                .addScaled(sum, panel, group, b.splatF32(0, channels));
        b.ifThen(hasRow(row), [&] {
          for (int64_t c = 0; c < channels; ++c)
            storeElement(b, p, row, panel, b.add(part.first, c),
                         b.create<vector::ExtractOp>(total, c));
        });
      }
    });
  });
}

/// Partial sums and scales of a round's groups, a group of a panel a slot.
void Split::makeSums(Value firstGroup, Value groups) {
  b.forLoop(slot, b.mul(groups, width), warps * slots, [&](Value number) {
    Value place = b.floorDiv(number, width), offset = b.rem(number, width);
    Value group = b.add(firstGroup, place), panel = b.add(firstPanel, offset);
    Value column = b.add(b.mul(offset, kLanes), part.first);
    for (auto [r, sum] : llvm::enumerate(addGroup(panel, group)))
      b.storeAligned(sum, at.shared[0], {place, b.idx(int64_t(r)), column});
    b.storeAligned(FloatWeights(b, p, part).scale(panel, group), at.shared[1],
                   {place, column});
  });
}

/// total + scale * sum of each group of a round, ascending.
Value Split::addSums(Value groups, Value number, Value total) {
  Value row = b.floorDiv(number, width * kLanes),
        column = b.rem(number, width * kLanes);
  Values init{total};
  return b.forLoop(
      b.idx(0), groups, 1, init, [&](Value group, ValueRange carried) {
        return Values{b.fma(b.load(at.shared[0], {group, row, column}),
                            b.load(at.shared[1], {group, column}), carried[0])};
      })[0];
}

void Split::emitBlock() {
  Values totals = addInRounds(
      b, p.groups, roundGroups, Values(own(), b.f32(0)),
      [&](Value first, Value groups) { makeSums(first, groups); },
      [&](int64_t i, Value, Value groups, Value total) {
        Value number = numberOf(i);
        return b.ifThen(
            isNumber(number),
            [&] { return Values{addSums(groups, number, total)}; },
            [&] { return Values{total}; })[0];
      });
  for (auto [i, total] : llvm::enumerate(totals)) {
    Value number = numberOf(i);
    Value row = b.add(firstRow, b.floorDiv(number, width * kLanes));
    Value column = b.rem(number, width * kLanes);
    Value exists = b.create<arith::AndIOp>(isNumber(number), hasRow(row));
    b.ifThen(exists, [&, total = total] {
      storeElement(b, p, row, b.add(firstPanel, b.floorDiv(column, kLanes)),
                   b.rem(column, kLanes), total);
    });
  }
}

void Split::emitShared() {
  SharedBuffer sums{{roundGroups, height, width * kLanes}, b.getF32Type()};
  SharedBuffer scales{{roundGroups, width * kLanes}, b.getF32Type()};
  int64_t across = p.panels / width;
  launchBlocks(b, b.mul(b.ceilDiv(p.m, height), across), warps, {sums, scales},
               [&](const BlockThread &given) {
                 at = given;
                 takeRows(b.floorDiv(at.block, across));
                 firstPanel = b.mul(b.rem(at.block, across), width);
                 takeLane(at);
                 emitBlock();
               });
}

void quantc::emitSplitMatMulF32(KernelBuilder &b, const Product &p,
                                int64_t height) {
  Split split(b, p, height);
  if (p.groups == 1)
    split.emitWhole();
  else
    split.emitShared();
}
