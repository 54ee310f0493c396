//===- MatMulSparse.cpp - products that leave out small inputs --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates matmul.sparse. Of one row the inputs above the threshold are listed
// first, then the columns of the weight that they stand for are read, each from
// end to end, and added, ascending, so that sums have the order of matmul.a16.
// Sums stand in the nearest cache. Several rows are dense, from the same
// columns (MatMulA16.cpp).

#include "AccumulateF32.h"
#include "DecodePanel.h"
#include "MatMul.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Panels in a tile of a column.
static constexpr int64_t kTilePanels = kColumnTile / kLanes;
/// Columns that are added together, so that sums are loaded and stored once for
/// all of them.
static constexpr int64_t kColumns = 4;
/// Lines of memory ahead of the loads that are fetched, about as many as arrive
/// while one does, and the columns that this may be. No prefetcher of a machine
/// knows which come next.
static constexpr int64_t kAheadLines = 128;
static constexpr int64_t kLeastAhead = 16, kMostAhead = 32;
/// Tiles of a work item: so much of a column is read at a stretch, sums and
/// zero points of as many channels stay in the nearest cache, and the inputs,
/// which each item lists for itself, are little beside it.
static constexpr int64_t kItemTiles = 16;

Value quantc::isAbove(KernelBuilder &b, const Product &p, Value x) {
  Value tau = b.load(p.threshold, {b.idx(0)});
  if (auto type = dyn_cast<VectorType>(x.getType()))
    tau = b.splat(tau, type.getNumElements());
  Value magnitude = b.create<math::AbsFOp>(x);
  return b.create<arith::CmpFOp>(arith::CmpFPredicate::UGT, magnitude, tau);
}

namespace {
/// The inputs of a row that are not left out, in sets of kColumns that end with
/// their group: where inputs are missing a set repeats the last column, times
/// 0.
struct ActiveInputs {
  Value numbers; ///< [K + ...] i32, ascending; behind the last: 0
  Value values;  ///< [K + ...] fp32
  Value ends;    ///< [G + 1] i32: group g has those from ends[g] to ends[g + 1]
};

class SparseRow {
public:
  /// `tiles`: most tiles of one item.
  SparseRow(KernelBuilder &b, const Product &p, int64_t tiles)
      : b(b), p(p), decoder(b, p), tiles(tiles) {
    int64_t lines = (tiles * columnTileBytes(p.bits) + kPanelLineBytes - 1) /
                    kPanelLineBytes;
    ahead = std::clamp(kAheadLines / lines, kLeastAhead, kMostAhead) /
            kColumns * kColumns;
  }

  /// Computes tiles [first, end) of the only row.
  void emit(Value firstTile, Value endTile) {
    first = firstTile, end = endTile;
    ActiveInputs active = list();
    b.forLoop(b.idx(0), b.idx(ahead), 1,
              [&](Value i) { fetchColumn(columnAt(active, i)); });
    for (Value *scratch : {&partial, &total, &offsets})
      *scratch = b.scratch({tiles * kTilePanels, kLanes}, b.getF32Type());
    forTiles([&](Value tile, int64_t count) {
      for (int64_t j = 0; j < count; ++j) {
        decoder.prefetchGroup(b.add(b.mul(tile, kTilePanels), j), b.idx(0));
        save(b.splatF32(0), total, tile, j);
      }
    });
    b.forLoop(b.idx(0), b.idx(p.groups), 1,
              [&](Value group) { addGroup(group, active); });
    forTiles([&](Value tile, int64_t count) {
      Values sums;
      for (int64_t j = 0; j < count; ++j)
        sums.push_back(restore(total, tile, j));
      storeTile(b, p, {1, count}, b.idx(0), b.mul(tile, kTilePanels), sums);
    });
  }

private:
  /// A tile and the panels that are there from it on.
  using TilesBody = llvm::function_ref<void(Value, int64_t)>;

  /// Covers the tiles, two at a time where registers suffice.
  void forTiles(TilesBody body) {
    int64_t wide = b.level().accumulators() >= 2 * kTilePanels ? 2 : 1;
    int64_t whole = p.panels / kTilePanels, rest = p.panels % kTilePanels;
    Value last = b.min(end, b.idx(whole)), split = first;
    if (wide > 1) {
      split = b.sub(last, b.rem(b.sub(last, first), wide));
      b.forLoop(first, split, wide,
                [&](Value tile) { body(tile, wide * kTilePanels); });
    }
    b.forLoop(split, last, 1, [&](Value tile) { body(tile, kTilePanels); });
    if (rest)
      b.ifThen(b.equal(end, b.idx(whole + 1)),
               [&] { body(b.idx(whole), rest); });
  }

  Values slot(Value tile, int64_t j) {
    return {b.add(b.mul(b.sub(tile, first), kTilePanels), j), b.idx(0)};
  }
  void save(Value vector, Value scratch, Value tile, int64_t j) {
    b.storeVec(vector, scratch, slot(tile, j));
  }
  Value restore(Value scratch, Value tile, int64_t j) {
    return b.loadVec(scratch, slot(tile, j));
  }

  Value toI32(Value index) {
    return b.create<arith::IndexCastOp>(b.getI32Type(), index);
  }
  Value toIndex(Value number) {
    return b.create<arith::IndexCastOp>(b.getIndexType(), number);
  }

  Value columnAt(const ActiveInputs &active, Value i) {
    return toIndex(b.load(active.numbers, {i}));
  }
  /// The lanes of a vector that the mask has, brought together.
  Value compress(Value vector, Value mask) {
    return b
        .create<LLVM::CallIntrinsicOp>(
            vector.getType(),
            b.getStringAttr("llvm.experimental.vector.compress"),
            ValueRange{vector, mask,
                       b.create<LLVM::PoisonOp>(vector.getType())})
        ->getResult(0);
  }

  ActiveInputs list() {
    int64_t most = p.k + kColumns * p.groups + std::max(ahead, kLanes);
    ActiveInputs active{b.scratch({most}, b.getI32Type()),
                        b.scratch({most}, b.getF32Type()),
                        b.scratch({p.groups + 1}, b.getI32Type())};
    b.store(b.i32(0), active.ends, {b.idx(0)});
    Value count = b.forLoop(
        b.idx(0), b.idx(p.groups), 1, {b.idx(0)},
        [&](Value group, ValueRange before) -> Values {
          Value after = listGroup(group, before[0], active);
          Value last =
              b.load(active.numbers, {b.max(b.sub(after, b.idx(1)), b.idx(0))});
          for (int64_t i = 0; i + 1 < kColumns; ++i) {
            b.store(last, active.numbers, {b.add(after, i)});
            b.store(b.f32(0), active.values, {b.add(after, i)});
          }
          after = b.mul(b.ceilDiv(after, kColumns), kColumns);
          b.store(toI32(after), active.ends, {b.add(group, 1)});
          return {after};
        })[0];
    for (int64_t i = 0; i < ahead; ++i)
      b.store(b.i32(0), active.numbers, {b.add(count, i)});
    return active;
  }

  /// Lists the active inputs of a group from `begin` on; returns their end.
  /// Without a branch for an input: which are large follows no pattern.
  Value listGroup(Value group, Value begin, const ActiveInputs &active) {
    Value from = b.mul(group, p.groupSize);
    Value to = b.min(b.add(from, p.groupSize), b.idx(p.k));
    bool isWhole = p.groupSize % kLanes == 0 && p.k % kLanes == 0;
    Value lanes = b.create<vector::StepOp>(b.vecType(b.getIndexType()));
    lanes = b.create<arith::IndexCastOp>(b.i32Vec(), lanes);
    auto addInputs = [&](Value k, ValueRange count) -> Values {
      Value left = b.sub(to, k);
      Value x = isWhole ? b.loadVec(p.x, {b.idx(0), k})
                        : b.loadTail(p.x, {b.idx(0), k}, left);
      Value isActive = isAbove(b, p, x);
      if (!isWhole)
        isActive = b.create<arith::AndIOp>(
            isActive, b.create<vector::CreateMaskOp>(b.vecType(b.getI1Type()),
                                                     ValueRange{left}));
      Value numbers = b.create<arith::AddIOp>(lanes, b.splat(toI32(k)));
      b.storeVec(compress(numbers, isActive), active.numbers, {count[0]});
      b.storeVec(compress(x, isActive), active.values, {count[0]});
      Value bits = b.create<vector::ExtractOp>(
          b.create<vector::BitCastOp>(b.vecType(b.getIntegerType(kLanes), 1),
                                      isActive),
          ArrayRef<int64_t>{0});
      bits = b.create<arith::ExtUIOp>(b.getI32Type(), bits);
      return {b.add(count[0], toIndex(b.create<math::CtPopOp>(bits)))};
    };
    return b.forLoop(from, to, kLanes, {begin}, addInputs)[0];
  }

  /// total + scale * (the group's partial sums).
  void addGroup(Value group, const ActiveInputs &active) {
    forTiles([&](Value tile, int64_t count) {
      Value panel = b.mul(tile, kTilePanels);
      for (int64_t j = 0; j < count; ++j) {
        // Lie far apart: nothing else fetches them in time.
        decoder.prefetchGroup(b.add(panel, j), b.add(group, 1));
        Value zero = decoder.negativeZeroPoint(b.add(panel, j), group);
        // The sum of a number and the bias would not be exact.
        if (!p.hasRealZeros())
          zero = b.subf(zero, b.splatF32(biasOf(j)));
        save(zero, offsets, tile, j);
        save(b.splatF32(0), partial, tile, j);
      }
    });
    Value begin = toIndex(b.load(active.ends, {group}));
    Value last = toIndex(b.load(active.ends, {b.add(group, 1)}));
    b.forLoop(begin, last, kColumns,
              [&](Value set) { addColumns(set, active); });
    forTiles([&](Value tile, int64_t count) {
      Value panel = b.mul(tile, kTilePanels);
      for (int64_t j = 0; j < count; ++j)
        save(b.fma(restore(partial, tile, j),
                   decoder.scale(b.add(panel, j), group),
                   restore(total, tile, j)),
             total, tile, j);
    });
  }

  void addColumns(Value set, const ActiveInputs &active) {
    Values columns, later, inputs;
    for (int64_t c = 0; c < kColumns; ++c) {
      columns.push_back(columnAt(active, b.add(set, c)));
      later.push_back(columnAt(active, b.add(set, ahead + c)));
      inputs.push_back(b.loadSplat(active.values, {b.add(set, c)}));
    }
    forTiles([&](Value tile, int64_t count) {
      Values sums, zeros;
      for (int64_t j = 0; j < count; ++j) {
        sums.push_back(restore(partial, tile, j));
        zeros.push_back(restore(offsets, tile, j));
      }
      for (int64_t c = 0; c < kColumns; ++c) {
        fetch(later[c], tile, (count + kTilePanels - 1) / kTilePanels);
        Value words;
        for (int64_t j = 0; j < count; ++j) {
          if (j % kTilePanels == 0)
            words =
                decoder.loadColumn(b.add(tile, j / kTilePanels), columns[c]);
          sums[j] = b.fma(inputs[c], number(words, j, zeros[j]), sums[j]);
        }
      }
      for (int64_t j = 0; j < count; ++j)
        save(sums[j], partial, tile, j);
    });
  }

  /// Fetches some tiles of a column. Where they begin inside of a line, its
  /// next one is fetched with the tiles behind.
  void fetch(Value column, Value tile, int64_t count) {
    int64_t bytes = count * columnTileBytes(p.bits);
    for (int64_t at = 0; at < bytes; at += kPanelLineBytes)
      b.prefetch(p.weight, {column, tile, b.idx(at)});
  }

  /// Fetches this item's part of a column.
  void fetchColumn(Value column) {
    Value bytes = b.mul(b.sub(end, first), columnTileBytes(p.bits));
    b.forLoop(b.idx(0), bytes, kPanelLineBytes,
              [&](Value at) { b.prefetch(p.weight, {column, first, at}); });
  }

  /// Where the code of panel `j` is left in its word.
  int64_t shiftOf(int64_t j) const {
    return p.bits == 8 ? 0 : j % kTilePanels * p.bits;
  }

  /// What `number` adds to the codes of panel `j`.
  float biasOf(int64_t j) const {
    return static_cast<float>(int64_t(1) << (23 - shiftOf(j)));
  }

  /// code - zero point as in EvenSteps.cpp: exact, or rounded once where the
  /// zero point is a number.
  Value number(Value words, int64_t j, Value offset) {
    int64_t shift = shiftOf(j), at = j % kTilePanels * p.bits;
    if (at != shift)
      words = b.create<arith::ShRUIOp>(words, b.constant(b.i32Vec(), at));
    int64_t ones = ((int64_t(1) << p.bits) - 1) << shift;
    Value code = b.create<arith::AndIOp>(words, b.constant(b.i32Vec(), ones));
    Value raised = b.create<arith::OrIOp>(
        code, b.constant(b.i32Vec(), (127 + 23 - shift) << 23));
    Value number = b.create<arith::BitcastOp>(b.f32Vec(), raised);
    if (p.hasRealZeros())
      number = b.addf(number, b.splatF32(-biasOf(j)));
    return b.addf(number, offset);
  }

  KernelBuilder &b;
  const Product &p;
  PanelDecoder decoder;
  int64_t tiles, ahead;          ///< tiles of the item; columns
  Value first, end;              ///< tiles
  Value partial, total, offsets; ///< of each panel of the item
};
} // namespace

static void emitOneRow(KernelBuilder &b, const Product &p) {
  int64_t tiles = columnTiles(p.n);
  int64_t items = (tiles + kItemTiles - 1) / kItemTiles;
  int64_t share = (tiles + items - 1) / items;
  share += share % 2; // pairs of tiles
  items = (tiles + share - 1) / share;
  b.parallelFor(b.idx(items), [&](Value item) {
    Value first = b.mul(item, share);
    // Gives the list back.
    auto scope = b.create<memref::AllocaScopeOp>(TypeRange());
    OpBuilder::InsertionGuard guard(b);
    b.createBlock(&scope.getBodyRegion());
    SparseRow(b, p, share)
        .emit(first, b.min(b.add(first, share), b.idx(tiles)));
    b.create<memref::AllocaScopeReturnOp>();
  });
}

void quantc::emitMatMulSparse(KernelBuilder &b, const Product &p) {
  Blocking blocking = floatBlocking(b, p);
  auto rows = [&](const Product &product) {
    forBlocks(b, product, blocking, [&](const WorkItem &item) {
      emitA16Product(b, product, item, blocking, {product.x, b.idx(0)});
    });
  };
  // A thread of a GPU has one panel: it passes over columns as it meets them.
  if (b.level().isDevice())
    return rows(p);
  Product dense = p;
  dense.threshold = nullptr;
  b.ifThen(
      b.equal(p.m, b.idx(1)), [&] { emitOneRow(b, p); }, [&] { rows(dense); });
}
