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
  Split(KernelBuilder &b, const Product &p)
      : b(b), p(p), channels(p.groups == 1 ? 1 : 2),
        slots(kWarpLanes * channels / kLanes),
        columns(FloatWeights::columnsOf(p)),
        stepLines(std::max<int64_t>(kStepColumns / columns, 1)) {
    width = 1;
    for (int64_t candidate : {2, 4})
      if (p.panels % candidate == 0 && p.panels / candidate >= kManyBlocks)
        width = candidate;
    roundGroups = std::min(p.groups, kSharedSums / (width * kLanes));
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

  void emitBlock();
  void makeSums(Value firstGroup, Value groups);
  Value addSums(Value groups, Value total);
  Value addGroup(Value panel, Value group);
  Value addLines(const FloatWeights &weights, Value panel, Value line,
                 int64_t lines, int64_t count, Value zero, Value sums);
  Values loadRow(Value first, int64_t unit, int64_t count);

  KernelBuilder &b;
  const Product &p;
  int64_t channels, slots, columns, stepLines, width, roundGroups, warps;
  BlockThread at;
  PanelPart part;
  Value row, firstPanel, slot;
};
} // namespace

/// Activations of the row from column `first` on, a multiple of `unit`.
Values Split::loadRow(Value first, int64_t unit, int64_t count) {
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
Value Split::addLines(const FloatWeights &weights, Value panel, Value line,
                      int64_t lines, int64_t count, Value zero, Value sums) {
  SmallVector<LineWords> words;
  for (int64_t i = 0; i < lines; ++i)
    words.push_back(weights.load(panel, b.add(line, i)));
  Values x = loadRow(b.mul(line, columns), lines * columns, count);
  for (int64_t c = 0; c < count; ++c)
    sums = b.fma(b.splat(x[c], channels),
                 weights.number(words[c / columns], c % columns, zero), sums);
  return sums;
}

/// A group's partial sums of the lane's channels.
Value Split::addGroup(Value panel, Value group) {
  FloatWeights weights(b, p, part);
  Value zero = weights.negativeZero(panel, group);
  Value first = b.mul(group, p.groupSize / columns);
  Value lines = b.idx(p.groupSize / columns);
  if (int64_t all = p.k / columns; p.k % p.groupSize)
    lines = b.min(lines, b.sub(b.idx(all), first));
  Value whole = b.mul(b.floorDiv(lines, stepLines), stepLines);
  Value sums = b.splatF32(0, channels);
  auto add = [&](Value from, Value to, int64_t step) {
    sums =
        b.forLoop(from, to, step, sums, [&](Value index, ValueRange carried) {
          return Values{addLines(weights, panel, b.add(first, index), step,
                                 step * columns, zero, carried[0])};
        })[0];
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
          return Values{addLines(weights, panel, b.add(first, lines), 1, rest,
                                 zero, sums)};
        },
        [&] { return Values{sums}; })[0];
  return sums;
}

void Split::emitWhole() {
  int64_t panels = kWholeWarps * slots;
  Value across = b.idx((p.panels + panels - 1) / panels);
  launchBlocks(
      b, b.mul(p.m, across), kWholeWarps, {}, [&](const BlockThread &given) {
        row = b.floorDiv(given.block, across);
        takeLane(given);
        Value panel = b.add(b.mul(b.rem(given.block, across), panels), slot);
        b.ifThen(b.less(panel, b.idx(p.panels)), [&] {
          Value group = b.idx(0), sums = addGroup(panel, group);
          Value total =
              FloatWeights(b, p, part)
                  .addScaled(sums, panel, group, b.splatF32(0, channels));
          for (int64_t c = 0; c < channels; ++c)
            storeElement(b, p, row, panel, b.add(part.first, c),
                         b.create<vector::ExtractOp>(total, c));
        });
      });
}

/// Partial sums and scales of a round's groups, a group of a panel a slot.
void Split::makeSums(Value firstGroup, Value groups) {
  b.forLoop(slot, b.mul(groups, width), warps * slots, [&](Value number) {
    Value place = b.floorDiv(number, width), offset = b.rem(number, width);
    Value group = b.add(firstGroup, place), panel = b.add(firstPanel, offset);
    Value column = b.add(b.mul(offset, kLanes), part.first);
    b.storeAligned(addGroup(panel, group), at.shared[0], {place, column});
    b.storeAligned(FloatWeights(b, p, part).scale(panel, group), at.shared[1],
                   {place, column});
  });
}

/// total + scale * sum of each group of a round, ascending.
Value Split::addSums(Value groups, Value total) {
  Values init{total};
  return b.forLoop(
      b.idx(0), groups, 1, init, [&](Value group, ValueRange carried) {
        Values place{group, at.thread(b)};
        return Values{b.fma(b.load(at.shared[0], place),
                            b.load(at.shared[1], place), carried[0])};
      })[0];
}

void Split::emitBlock() {
  Value thread = at.thread(b), adds = b.less(thread, b.idx(width * kLanes));
  int64_t rounds = (p.groups + roundGroups - 1) / roundGroups;
  auto round = [&](Value number, Value total) {
    Value first = b.mul(number, roundGroups);
    Value groups = b.min(b.sub(b.idx(p.groups), first), b.idx(roundGroups));
    makeSums(first, groups);
    barrier(b);
    return b.ifThen(
        adds, [&] { return Values{addSums(groups, total)}; },
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
  b.ifThen(adds, [&] {
    storeElement(b, p, row, b.add(firstPanel, b.floorDiv(thread, kLanes)),
                 b.rem(thread, kLanes), total);
  });
}

void Split::emitShared() {
  SharedBuffer numbers{{roundGroups, width * kLanes}, b.getF32Type()};
  int64_t across = p.panels / width;
  // A thread a channel adds up groups.
  warps = std::max(warps, (width * kLanes + kWarpLanes - 1) / kWarpLanes);
  launchBlocks(b, b.mul(p.m, across), warps, {numbers, numbers},
               [&](const BlockThread &given) {
                 at = given;
                 row = b.floorDiv(at.block, across);
                 firstPanel = b.mul(b.rem(at.block, across), width);
                 takeLane(at);
                 emitBlock();
               });
}

void quantc::emitSplitMatMulF32(KernelBuilder &b, const Product &p) {
  Split split(b, p);
  if (p.groups == 1)
    split.emitWhole();
  else
    split.emitShared();
}
