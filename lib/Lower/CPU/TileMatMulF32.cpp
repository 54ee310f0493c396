//===- TileMatMulF32.cpp - many rows of fp32 on a GPU -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A block has up to 64 channels and as many rows as give each thread eight
// rows of four channels. Piece by piece of a group's columns, threads decode
// the weights and copy the rows into shared memory, both with the column
// outside, so that a step reads four channels and four rows at once.

#include "BlockMatMulF32.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Warps of a block; channels and rows of a thread.
static constexpr int64_t kTileWarps = 4, kSide = 4, kRows = 8;
static constexpr int64_t kThreads = kTileWarps * kWarpLanes;
/// Columns that are in shared memory at a time, if they are no shorter than a
/// line.
static constexpr int64_t kPieceColumns = 32;

namespace {
class RowTile {
public:
  RowTile(KernelBuilder &b, const Product &p)
      : b(b), p(p), columns(FloatWeights::columnsOf(p)),
        width(p.panels % 4 == 0   ? 4
              : p.panels % 2 == 0 ? 2
                                  : 1),
        across(width * kLanes / kSide), height(kThreads / across * kRows) {
    int64_t lines = std::max<int64_t>(kPieceColumns / columns, 1);
    int64_t all = (p.groupSize + columns - 1) / columns;
    pieceColumns = std::min(lines, all) * columns;
  }

  void emit();

private:
  void emitBlock();
  Values addGroup(Value group, int64_t count, ValueRange totals);
  Values addPiece(Value group, Value column, int64_t count, ValueRange partial);
  void loadWeights(Value group, Value column, int64_t count);
  void loadRows(Value column, int64_t count);
  void store(ValueRange totals);

  /// Calls `body` for the numbers below `count`, dealt out to threads.
  void deal(int64_t count, llvm::function_ref<void(Value)> body) {
    b.forLoop(at.thread(b), b.idx(count), kThreads, body);
  }

  KernelBuilder &b;
  const Product &p;
  int64_t columns, width;
  int64_t across, height; ///< threads side by side in a row; rows of a tile
  int64_t pieceColumns;
  BlockThread at;
  Value firstRow, firstPanel;
  Value panel, row; ///< of the thread: its panel, its first row in the tile
  PanelPart part;
};
} // namespace

/// Decodes a piece's weights: [column][channel].
void RowTile::loadWeights(Value group, Value column, int64_t count) {
  int64_t channels = p.scales ? 2 : 4, parts = kLanes / channels;
  int64_t lines = (count + columns - 1) / columns;
  Value firstLine = b.floorDiv(column, columns);
  deal(lines * width * parts, [&](Value number) {
    PanelPart own{channels, b.mul(b.rem(number, parts), channels)};
    Value rest = b.floorDiv(number, parts), offset = b.rem(rest, width);
    Value line = b.floorDiv(rest, width), from = b.add(firstPanel, offset);
    FloatWeights weights(b, p, own);
    LineWords words = weights.load(from, b.add(firstLine, line));
    Value zero = weights.negativeZero(from, group);
    Value channel = b.add(b.mul(offset, kLanes), own.first);
    for (int64_t c = 0; c < columns; ++c)
      b.storeAligned(weights.number(words, c, zero), at.shared[0],
                     {b.add(b.mul(line, columns), c), channel});
  });
}

/// Copies a piece of the rows: [column][row]. Rows behind the last repeat it.
void RowTile::loadRows(Value column, int64_t count) {
  Value last = b.sub(p.m, b.idx(1));
  bool inFours = hasAlignedColumns(p, columns, count);
  int64_t step = inFours ? 4 : 1, steps = count / step;
  // Four neighbours read 64 bytes of a row; eight rows are in other banks.
  int64_t near = steps % 4 == 0 ? 4 : steps;
  deal(steps * height, [&](Value number) {
    Value rest = b.floorDiv(number, near), to = b.rem(rest, height);
    Value place =
        b.mul(b.add(b.mul(b.floorDiv(rest, height), near), b.rem(number, near)),
              step);
    Value from = b.min(b.add(firstRow, to), last), first = b.add(column, place);
    if (!inFours)
      return b.store(b.load(p.x, {from, first}), at.shared[1], {place, to});
    Value four = b.loadAligned(p.x, {from, first}, 4);
    for (int64_t i = 0; i < 4; ++i)
      b.store(b.create<vector::ExtractOp>(four, i), at.shared[1],
              {b.add(place, i), to});
  });
}

Values RowTile::addPiece(Value group, Value column, int64_t count,
                         ValueRange partial) {
  barrier(b);
  loadWeights(group, column, count);
  loadRows(column, count);
  barrier(b);
  Value channel = b.mul(b.rem(at.thread(b), across), kSide);
  return b.forLoop(
      b.idx(0), b.idx(count), 1, partial, [&](Value k, ValueRange carried) {
        Value w = b.loadAligned(at.shared[0], {k, channel}, kSide);
        Values x, next;
        for (int64_t r = 0; r < kRows; r += 4)
          x.push_back(b.loadAligned(at.shared[1], {k, b.add(row, r)}, 4));
        for (auto [i, sum] : llvm::enumerate(carried)) {
          Value own = b.create<vector::ExtractOp>(x[i / 4], int64_t(i % 4));
          next.push_back(b.fma(b.splat(own, kSide), w, sum));
        }
        return next;
      });
}

/// The first `count` columns of a group.
Values RowTile::addGroup(Value group, int64_t count, ValueRange totals) {
  Value first = b.mul(group, p.groupSize);
  int64_t pieces = count / pieceColumns, rest = count % pieceColumns;
  Values partial(kRows, b.splatF32(0, kSide));
  if (pieces == 1)
    partial = addPiece(group, first, pieceColumns, partial);
  else if (pieces)
    partial = b.forLoop(b.idx(0), b.idx(pieces), 1, partial,
                        [&](Value piece, ValueRange carried) {
                          Value column =
                              b.add(first, b.mul(piece, pieceColumns));
                          return addPiece(group, column, pieceColumns, carried);
                        });
  if (rest)
    partial =
        addPiece(group, b.add(first, pieces * pieceColumns), rest, partial);
  FloatWeights weights(b, p, part);
  Values next;
  for (auto [sum, total] : llvm::zip_equal(partial, totals))
    next.push_back(weights.addScaled(sum, panel, group, total));
  return next;
}

void RowTile::store(ValueRange totals) {
  for (auto [r, total] : llvm::enumerate(totals)) {
    Value to = b.add(b.add(firstRow, row), int64_t(r));
    b.ifThen(b.less(to, p.m), [&] {
      for (int64_t c = 0; c < kSide; ++c)
        storeElement(b, p, to, panel, b.add(part.first, c),
                     b.create<vector::ExtractOp>(total, c));
    });
  }
}

void RowTile::emitBlock() {
  Value thread = at.thread(b), place = b.rem(thread, across);
  row = b.mul(b.floorDiv(thread, across), kRows);
  int64_t parts = kLanes / kSide;
  panel = b.add(firstPanel, b.floorDiv(place, parts));
  part = {kSide, b.mul(b.rem(place, parts), kSide)};
  Values totals(kRows, b.splatF32(0, kSide));
  int64_t full = p.k / p.groupSize;
  if (full == 1)
    totals = addGroup(b.idx(0), p.groupSize, totals);
  else
    totals = b.forLoop(b.idx(0), b.idx(full), 1, totals,
                       [&](Value group, ValueRange carried) {
                         return addGroup(group, p.groupSize, carried);
                       });
  if (int64_t rest = p.k % p.groupSize)
    totals = addGroup(b.idx(full), rest, totals);
  store(totals);
}

void RowTile::emit() {
  Type f32 = b.getF32Type();
  // Four more rows: other banks, and still on 16 bytes.
  SharedBuffer weights{{pieceColumns, width * kLanes}, f32},
      rows{{pieceColumns, height + 4}, f32};
  Value down = b.ceilDiv(p.m, height);
  launchBlocks(b, b.mul(down, p.panels / width), kTileWarps, {weights, rows},
               [&](const BlockThread &given) {
                 at = given;
                 firstRow = b.mul(b.rem(at.block, down), height);
                 firstPanel = b.mul(b.floorDiv(at.block, down), width);
                 emitBlock();
               });
}

void quantc::emitTileMatMulF32(KernelBuilder &b, const Product &p) {
  RowTile(b, p).emit();
}
