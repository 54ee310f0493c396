//===- MatMulA8.cpp - low-bit weights, int8 activations ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates matmul.a8 and the products of conv.a8: exact int32 sums of each
// group, then the fp32 end in its fixed order. matmul.a8 of a GPU is in
// WarpMatMulA8.cpp.

#include "MatMulA8.h"
#include "DecodeSigns.h"
#include "WarpMatMulA8.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Bytes of activation codes that a work item keeps in the second cache.
static constexpr int64_t kRowBytes = 96 * 1024;

Blocking quantc::intBlocking(const KernelBuilder &b, const Product &p) {
  Blocking blocking;
  switch (b.level().kind) {
  case Level::Device:
    return {/*tile=*/{1, 1}, /*single=*/{1, 1}, /*blockRows=*/1,
            /*blockPanels=*/1};
  case Level::Generic:
    blocking.tile = {2, 1};
    break;
  case Level::V3:
    blocking.tile = {4, 1};
    break;
  case Level::V4:
    blocking.tile = {8, 2};
    break;
  }
  blocking.blockPanels = choosePanels(p.panels, {4, 2});
  // Two panels fill the 16 registers of x86-64-v3.
  blocking.single = {1, b.level().hasAVX2() ? 2 : blocking.blockPanels};
  int64_t rows = blocking.tile.rows;
  blocking.blockRows =
      std::clamp<int64_t>(kRowBytes / p.k, 24, 192) / rows * rows;
  if (KernelBuilder::constantOf(p.m) == 1)
    blocking.tile.rows = blocking.blockRows = 1;
  return blocking;
}

//===-- activations
//--------------------------------------------------------===//

int64_t quantc::paddedColumns(const IntDot &dot, const Product &p) {
  int64_t unit = dot.takesPairs() ? 64 : p.lineColumns();
  return (p.k + unit - 1) / unit * unit;
}

void quantc::splitPairs(KernelBuilder &b, CodeRows &rows, Value count,
                        int64_t maxRows, int64_t columns) {
  rows.even = b.scratch({maxRows, columns / 4}, b.getI32Type());
  rows.odd = b.scratch({maxRows, columns / 4}, b.getI32Type());
  VectorType words = b.vecType(b.getI16Type(), 32);
  Value eight = b.constant(words, 8);
  b.forLoop(b.idx(0), count, 1, [&](Value row) {
    b.forLoop(b.idx(0), b.idx(columns), 64, [&](Value column) {
      Value both = b.create<vector::BitCastOp>(
          words, b.loadVec(rows.codes, {row, column}, 64));
      Value odd = b.create<arith::ShRSIOp>(both, eight);
      Value even =
          b.create<arith::ShRSIOp>(b.create<arith::ShLIOp>(both, eight), eight);
      Value index = b.floorDiv(column, 4);
      b.storeVec(b.create<vector::BitCastOp>(b.i32Vec(), even), rows.even,
                 {row, index});
      b.storeVec(b.create<vector::BitCastOp>(b.i32Vec(), odd), rows.odd,
                 {row, index});
    });
  });
}

/// Rows of the item with zeros behind the last column.
static Value copyPadded(KernelBuilder &b, const Product &p,
                        const WorkItem &item, int64_t maxRows,
                        int64_t columns) {
  Value copy = b.scratch({maxRows, columns}, b.getI8Type());
  int64_t full = p.k / 16 * 16;
  b.forLoop(item.rowBegin, item.rowEnd, 1, [&](Value row) {
    Value to = b.sub(row, item.rowBegin);
    b.forLoop(b.idx(0), b.idx(full), 16, [&](Value k) {
      b.storeVec(b.loadVec(p.x, {row, k}), copy, {to, k});
    });
    Value none = b.constant(b.getI8Type(), 0);
    b.forLoop(b.idx(full), b.idx(columns), 1,
              [&](Value k) { b.store(none, copy, {to, k}); });
    b.forLoop(b.idx(full), b.idx(p.k), 1,
              [&](Value k) { b.store(b.load(p.x, {row, k}), copy, {to, k}); });
  });
  return copy;
}

/// Sums of `count` codes of a row from a column on.
static Value sumCodes(KernelBuilder &b, IntDot &dot, Value codes, Value row,
                      Value column, int64_t count) {
  Value sums = b.constant(b.i32Vec(), 0);
  int64_t done = 0;
  for (int64_t lanes : {64, 32, 16}) {
    int64_t end = count - (count - done) % lanes;
    sums = b.forLoop(
        b.idx(done), b.idx(end), lanes, sums, [&](Value i, ValueRange carried) {
          return Values{dot.addBytes(
              carried[0], b.loadVec(codes, {row, b.add(column, i)}, lanes))};
        })[0];
    done = end;
  }
  Value sum = b.create<vector::ReductionOp>(vector::CombiningKind::ADD, sums);
  return b.forLoop(
      b.idx(done), b.idx(count), 1, sum, [&](Value i, ValueRange carried) {
        Value code = b.create<arith::ExtSIOp>(
            b.getI32Type(), b.load(codes, {row, b.add(column, i)}));
        return Values{b.create<arith::AddIOp>(carried[0], code)};
      })[0];
}

Value quantc::sumGroups(KernelBuilder &b, IntDot &dot, const Product &p,
                        Value codes, Value count, int64_t maxRows) {
  Value sums = b.scratch({maxRows, p.groups}, b.getI32Type());
  int64_t full = p.k / p.groupSize;
  auto one = [&](Value row, Value group, int64_t size) {
    Value column = b.mul(group, p.groupSize);
    b.store(sumCodes(b, dot, codes, row, column, size), sums, {row, group});
  };
  b.forLoop(b.idx(0), count, 1, [&](Value row) {
    b.forLoop(b.idx(0), b.idx(full), 1,
              [&](Value group) { one(row, group, p.groupSize); });
    if (int64_t rest = p.k % p.groupSize)
      one(row, b.idx(full), rest);
  });
  return sums;
}

//===-- tiles
//--------------------------------------------------------------===//

Values IntTile::finishGroup(Value group, ValueRange sums, ValueRange totals) {
  Values zeros, scales, next;
  bool isReal = p.hasSigns || p.hasRealZeros();
  for (int64_t j = 0; j < tile.panels; ++j) {
    if (tile.rows == 1)
      decoder.prefetchGroup(b.add(panel, tile.panels + j), group);
    zeros.push_back(isReal ? decoder.negativeZeroPoint(b.add(panel, j), group)
                           : decoder.zeroPoint(b.add(panel, j), group));
    scales.push_back(decoder.scale(b.add(panel, j), group));
  }
  for (int64_t i = 0; i < tile.size(); ++i) {
    int64_t j = i % tile.panels;
    Value at = b.sub(b.add(row, i / tile.panels), rows.first);
    Value sumOfX = b.loadSplat(groupSums, {at, group});
    if (isReal) {
      Value sum = p.hasSigns ? sumOfSigns(b, sums[i], sumOfX, zeros[j])
                             : sumOfCodes(b, sums[i], sumOfX, zeros[j]);
      next.push_back(b.fma(sum, scales[j], totals[i]));
      continue;
    }
    Value correction = b.create<arith::MulIOp>(zeros[j], sumOfX);
    Value exact = b.create<arith::SubIOp>(sums[i], correction);
    if (columnSums)
      exact =
          b.create<arith::SubIOp>(exact, columnSums(b.add(panel, j), group));
    Value sum = b.create<arith::SIToFPOp>(b.f32Vec(), exact);
    next.push_back(b.fma(sum, scales[j], totals[i]));
  }
  return next;
}

void IntTile::emit() {
  int64_t full = p.k / p.groupSize, groupLines = p.groupSize / p.lineColumns();
  auto addGroup = [&](Value group, int64_t lines, ValueRange totals) {
    Value first = b.mul(group, groupLines);
    Values sums = accumulateInt(b, dot, rows, tile, row, panel, first, lines);
    return finishGroup(group, sums, totals);
  };
  Values totals = zeroTotals();
  if (p.groups == 1)
    totals = addGroup(b.idx(0), p.lines(), totals);
  else
    totals = b.forLoop(b.idx(0), b.idx(full), 1, totals,
                       [&](Value group, ValueRange carried) {
                         return addGroup(group, groupLines, carried);
                       });
  if (p.groups > 1 && p.k % p.groupSize)
    totals = addGroup(b.idx(full), p.lines() - full * groupLines, totals);
  if (p.rowZeros)
    totals = correctForRowZeros(totals);
  for (int64_t i = 0; i < tile.size(); ++i) {
    Value scale = p.rowScales
                      ? b.loadSplat(p.rowScales, {b.add(row, i / tile.panels)})
                      : b.splatF32(rowScale);
    totals[i] = b.mulf(totals[i], scale);
  }
  storeTile(b, p, tile, row, panel, totals);
}

Values IntTile::correctForRowZeros(ValueRange totals) {
  Values sums, corrected;
  for (int64_t j = 0; j < tile.panels; ++j)
    sums.push_back(
        b.loadVec(p.weightSums, {b.add(panel, j), b.idx(0), b.idx(0)}));
  Value minus;
  for (int64_t i = 0; i < tile.size(); ++i) {
    if (i % tile.panels == 0) {
      Value code = b.create<arith::ExtSIOp>(
          b.getI32Type(), b.load(p.rowZeros, {b.add(row, i / tile.panels)}));
      Value zero = b.create<arith::SIToFPOp>(b.getF32Type(), code);
      minus = b.splat(b.create<arith::NegFOp>(zero));
    }
    corrected.push_back(b.fma(minus, sums[i % tile.panels], totals[i]));
  }
  return corrected;
}

Values IntTile::zeroTotals() { return Values(tile.size(), b.splatF32(0)); }

void quantc::emitMatMulA8(KernelBuilder &b, const Product &p) {
  if (b.level().isDevice())
    return emitWarpMatMulA8(b, p);
  Blocking blocking = intBlocking(b, p);
  std::unique_ptr<IntDot> dot = IntDot::create(b, p);
  int64_t columns = paddedColumns(*dot, p),
          maxRows = blocking.blockRows + blocking.tile.rows;
  forBlocks(b, p, blocking, [&](const WorkItem &item) {
    // Buffers of the item start at its first row.
    CodeRows rows;
    rows.first = item.rowBegin;
    Value count = b.sub(item.rowEnd, item.rowBegin);
    if (columns == p.k)
      rows.codes = b.rowsFrom(p.x, item.rowBegin, count);
    else
      rows.codes = copyPadded(b, p, item, maxRows, columns);
    if (dot->takesPairs())
      splitPairs(b, rows, count, maxRows, columns);
    Value sums = sumGroups(b, *dot, p, rows.codes, count, maxRows);
    forTiles(b, item, blocking, [&](Tile tile, Value row, Value panel) {
      IntTile{b, *dot, p, rows, sums, tile, row, panel}.emit();
    });
  });
}
