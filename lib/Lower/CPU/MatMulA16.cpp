//===- MatMulA16.cpp - low-bit weights, fp32 activations --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates matmul.a16 and the products of conv.a16. Few rows decode weights in
// registers; many rows decode a piece of a panel once, into scratch, and share
// it. Both add in the same order: k ascending inside a group, groups ascending.
// matmul.a16 of a GPU is in BlockMatMulF32.h.

#include "AccumulateF32.h"
#include "BlockMatMulF32.h"
#include "DecodePanel.h"
#include "MatMul.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Columns that are decoded at once: 16 KiB of fp32.
static constexpr int64_t kPiece = 256;
/// Panels that are decoded in registers side by side: as many chains of fma as
/// registers allow, since each waits for itself.
static int64_t directPanels(Level level) {
  return level.kind == Level::V4 ? 4 : 2;
}
/// Bytes ahead of the loads at which weights are fetched.
static constexpr int64_t kPrefetchBytes = 2048;

namespace {
/// One row, the weights decoded in registers.
class DirectRow {
public:
  DirectRow(KernelBuilder &b, const Product &p, const RowSource &rows)
      : b(b), p(p), rows(rows), decoder(b, p) {}

  void emit(Tile tile, Value row, Value panel) {
    int64_t full = p.k / p.groupSize;
    Values sums = b.forLoop(b.idx(0), b.idx(full), 1, zeroTile(b, tile),
                            [&](Value group, ValueRange carried) {
                              return addGroup(tile, row, panel, group,
                                              p.groupSize, carried);
                            });
    if (int64_t rest = p.k % p.groupSize)
      sums = addGroup(tile, row, panel, b.idx(full), rest, sums);
    storeTile(b, p, tile, row, panel, sums);
  }

private:
  /// sums + scale * (the group's partial sums).
  Values addGroup(Tile tile, Value row, Value panel, Value group, int64_t count,
                  ValueRange sums) {
    int64_t columns = p.lineColumns(), lines = count / columns;
    Values zeros;
    for (int64_t j = 0; j < tile.panels; ++j) {
      zeros.push_back(decoder.negativeZeroPoint(b.add(panel, j), group));
      // Scales of short rows are far apart: nothing else fetches them in time.
      decoder.prefetchGroup(b.add(panel, tile.panels + j), group);
    }
    Value firstLine = b.mul(group, p.groupSize / columns);
    auto addLine = [&](Value index, int64_t present, ValueRange partial) {
      return this->addLine(tile, row, panel, b.add(firstLine, index), present,
                           zeros, partial);
    };
    Values partial = b.forLoop(b.idx(0), b.idx(lines), 1, zeroTile(b, tile),
                               [&](Value line, ValueRange carried) {
                                 return addLine(line, columns, carried);
                               });
    if (count % columns)
      partial = addLine(b.idx(lines), count % columns, partial);
    Values next;
    for (int64_t j = 0; j < tile.panels; ++j)
      next.push_back(
          b.fma(partial[j], decoder.scale(b.add(panel, j), group), sums[j]));
    return next;
  }

  Values addLine(Tile tile, Value row, Value panel, Value line, int64_t present,
                 ValueRange zeros, ValueRange partial) {
    SmallVector<LineWords> words;
    for (int64_t j = 0; j < tile.panels; ++j) {
      Value at = b.add(panel, j);
      decoder.prefetch(at, line, kPrefetchBytes, tile.panels);
      words.push_back(decoder.loadWords(at, line));
    }
    Values next(partial);
    Value first = b.mul(line, p.lineColumns());
    for (int64_t c = 0; c < present; ++c) {
      Value x = b.load(rows.x, {b.sub(row, rows.first), b.add(first, c)});
      auto add = [&] {
        Values sums(next);
        for (int64_t j = 0; j < tile.panels; ++j)
          sums[j] =
              b.fma(b.splat(x), decoder.number(words[j], c, zeros[j]), next[j]);
        return sums;
      };
      next = p.threshold ? b.ifThen(isPresent(x), add, [&] { return next; })
                         : add();
    }
    return next;
  }

  /// Whether a product with a threshold takes an input.
  Value isPresent(Value x) {
    Value severalRows = b.cmp(arith::CmpIPredicate::ne, p.m, b.idx(1));
    return b.create<arith::OrIOp>(severalRows, isAbove(b, p, x));
  }

  KernelBuilder &b;
  const Product &p;
  const RowSource &rows;
  PanelDecoder decoder;
};

/// Many rows: pieces of the panels are decoded into scratch. Sums stand in
/// scratch too, by tile, since overlapping tiles must not add twice.
class UnpackedRows {
public:
  UnpackedRows(KernelBuilder &b, const Product &p, const Blocking &blocking,
               const WorkItem &item, const RowSource &rows)
      : b(b), p(p), item(item), source(rows), height(blocking.tile.rows),
        decoder(b, p) {
    int64_t piece =
        std::min(kPiece / p.lineColumns() * p.lineColumns(), p.groupSize);
    pieceColumns = std::min(piece, p.k);
    Type f32 = b.getF32Type();
    weights = b.scratch({blocking.tile.panels, pieceColumns, kLanes}, f32);
    int64_t maxRows = blocking.blockRows + height;
    totals = b.scratch({maxRows, blocking.tile.panels, kLanes}, f32);
    partials = b.scratch({maxRows, blocking.tile.panels, kLanes}, f32);
  }

  void emit(int64_t panelCount, Value firstPanel) {
    tile = {height, panelCount};
    panel = firstPanel;
    forRowTiles(b, item, height, [&](Value number, Value) {
      save(totals, number, zeroTile(b, tile));
    });
    int64_t full = p.k / p.groupSize;
    b.forLoop(b.idx(0), b.idx(full), 1,
              [&](Value group) { addGroup(group, p.groupSize); });
    if (int64_t rest = p.k % p.groupSize)
      addGroup(b.idx(full), rest);
    forRowTiles(b, item, height, [&](Value number, Value row) {
      storeTile(b, p, tile, row, panel, restore(totals, number));
    });
  }

private:
  void addGroup(Value group, int64_t count) {
    if (count <= pieceColumns)
      return addPiece(group, b.idx(0), count,
                      /*isFirst=*/b.constant(b.getI1Type(), 1),
                      /*isLast=*/true);
    int64_t full = count / pieceColumns, rest = count % pieceColumns;
    b.forLoop(b.idx(0), b.idx(full), 1, [&](Value index) {
      addPiece(group, b.mul(index, pieceColumns), pieceColumns,
               b.equal(index, b.idx(0)), false);
    });
    if (rest)
      addPiece(group, b.idx(full * pieceColumns), rest,
               b.constant(b.getI1Type(), 0), false);
    finishGroup(group);
  }

  /// Columns [first, first + count) of a group.
  void addPiece(Value group, Value first, int64_t count, Value isFirst,
                bool isLast) {
    Value column = b.add(b.mul(group, p.groupSize), first);
    Value line = b.floorDiv(column, p.lineColumns());
    for (int64_t j = 0; j < tile.panels; ++j)
      decoder.unpack(b.add(panel, j), line, count, group, weights, j);
    forRowTiles(b, item, height, [&](Value number, Value row) {
      Values init = b.ifThen(
          isFirst, [&] { return zeroTile(b, tile); },
          [&] { return restore(partials, number); });
      FloatOperands operands{source.x, b.sub(row, source.first),
                             column,   weights,
                             b.idx(0), b.idx(0)};
      Values sums = accumulateF32(b, operands, tile, count, init);
      if (isLast)
        save(totals, number, scaled(group, sums, restore(totals, number)));
      else
        save(partials, number, sums);
    });
  }

  void finishGroup(Value group) {
    forRowTiles(b, item, height, [&](Value number, Value) {
      save(totals, number,
           scaled(group, restore(partials, number), restore(totals, number)));
    });
  }

  Values scaled(Value group, ValueRange partial, ValueRange total) {
    Values scales, next;
    for (int64_t j = 0; j < tile.panels; ++j)
      scales.push_back(decoder.scale(b.add(panel, j), group));
    for (int64_t i = 0; i < tile.size(); ++i)
      next.push_back(b.fma(partial[i], scales[i % tile.panels], total[i]));
    return next;
  }

  void save(Value scratch, Value number, ValueRange values) {
    for (int64_t i = 0; i < tile.size(); ++i)
      b.storeVec(values[i], scratch, slot(number, i));
  }

  Values restore(Value scratch, Value number) {
    Values values;
    for (int64_t i = 0; i < tile.size(); ++i)
      values.push_back(b.loadVec(scratch, slot(number, i)));
    return values;
  }

  Values slot(Value number, int64_t i) {
    return {b.add(b.mul(number, height), i / tile.panels),
            b.idx(i % tile.panels), b.idx(0)};
  }

  KernelBuilder &b;
  const Product &p;
  const WorkItem &item;
  const RowSource &source;
  int64_t height, pieceColumns;
  PanelDecoder decoder;
  Value weights, totals, partials, panel;
  Tile tile{1, 1};
};
} // namespace

void quantc::emitA16Product(KernelBuilder &b, const Product &p,
                            const WorkItem &item, const Blocking &blocking,
                            const RowSource &rows) {
  auto direct = [&] {
    b.forLoop(item.rowBegin, item.rowEnd, 1, [&](Value row) {
      forPanels(b, item, directPanels(b.level()), [&](int64_t n, Value panel) {
        DirectRow(b, p, rows).emit({1, n}, row, panel);
      });
    });
  };
  if (blocking.tile.rows == 1)
    return direct();
  auto unpacked = [&] {
    UnpackedRows unpackedRows(b, p, blocking, item, rows);
    forPanels(b, item, blocking.tile.panels,
              [&](int64_t n, Value panel) { unpackedRows.emit(n, panel); });
  };
  b.ifThen(hasRows(b, item, blocking.tile.rows), unpacked, direct);
}

void quantc::emitMatMulA16(KernelBuilder &b, const Product &p) {
  if (b.level().isDevice())
    return emitBlockMatMulF32(b, p);
  Blocking blocking = floatBlocking(b, p);
  forBlocks(b, p, blocking, [&](const WorkItem &item) {
    emitA16Product(b, p, item, blocking, {p.x, b.idx(0)});
  });
}
