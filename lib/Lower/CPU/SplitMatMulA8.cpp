//===- SplitMatMulA8.cpp - few rows on all warps of a block -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The kernel of matmul.a8 for few rows: the warps of a block share the groups
// of one panel, or pieces of them. What they leave are integers, so that it
// does not matter who adds them. One row is multiplied four codes at a time, 16
// rows by tensor cores. Many rows are in WarpMatMulA8.cpp.

#include "WarpMatMulA8.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

namespace {
/// Warps of a block.
constexpr int64_t kSplitWarps = 8;
/// Numbers that a block keeps at a time: 32 KiB.
constexpr int64_t kSharedNumbers = 8192;
/// Steps whose loads a lane has under way at a time.
constexpr int64_t kStepsAhead = 8;

/// Some rows and one panel: a block.
class SplitRows {
public:
  /// `rows`: 1 or 16.
  SplitRows(KernelBuilder &b, const Product &p, int64_t rows)
      : b(b), p(p), lanes(b, p), rows(rows) {
    int64_t steps = lanes.stepsOf(std::min(p.groupSize, p.k));
    int64_t wanted =
        std::clamp<int64_t>((kSplitWarps + p.groups - 1) / p.groups, 1, steps);
    pieceSteps = (steps + wanted - 1) / wanted;
    groupPieces = (steps + pieceSteps - 1) / pieceSteps;
    groupSteps = steps;
    roundGroups = std::clamp<int64_t>(
        kSharedNumbers / (rows * kLanes * groupPieces), 1, p.groups);
    warps = std::min(kSplitWarps, roundGroups * groupPieces);
    // Registers of tensor cores' operands are more.
    int64_t most = rows == 1 ? kStepsAhead : kStepsAhead / 4;
    if (steps % pieceSteps == 0)
      while (ahead < most && pieceSteps % (2 * ahead) == 0)
        ahead *= 2;
  }

  void emit() {
    int64_t pieces = roundGroups * groupPieces;
    SmallVector<SharedBuffer> shared{{{pieces, rows, kLanes}, b.getI32Type()}};
    if (p.hasRealZeros())
      shared.push_back({{pieces, rows}, b.getI32Type()});
    Value tiles = b.ceilDiv(p.m, rows);
    launchBlocks(b, b.mul(tiles, p.panels), warps, shared,
                 [&](const BlockThread &given) {
                   at = given;
                   firstRow = b.mul(b.floorDiv(at.block, p.panels), rows);
                   panel = b.rem(at.block, p.panels);
                   g = b.floorDiv(at.lane, 4);
                   t = b.rem(at.lane, 4);
                   emitBlock();
                 });
  }

private:
  /// Elements of the block's result that a thread adds up.
  int64_t elements() const {
    int64_t threads = warps * kWarpLanes;
    return (rows * kLanes + threads - 1) / threads;
  }
  /// Where the i-th of them is.
  struct Element {
    Value row, channel, exists;
  };
  Element element(int64_t i) {
    Value number = b.add(at.thread(b), i * warps * kWarpLanes);
    Value row = b.floorDiv(number, kLanes);
    Value exists = b.less(number, b.idx(rows * kLanes));
    return {row, b.rem(number, kLanes), exists};
  }

  void emitBlock() {
    Values totals = addInRounds(
        b, p.groups, roundGroups, Values(elements(), b.f32(0)),
        [&](Value first, Value groups) { makeSums(first, groups); },
        [&](int64_t i, Value first, Value groups, Value total) {
          Element of = element(i);
          return b.ifThen(
              of.exists,
              [&] { return Values{addSums(first, groups, of, total)}; },
              [&] { return Values{total}; })[0];
        });
    for (auto [i, total] : llvm::enumerate(totals)) {
      Element of = element(i);
      Value row = b.add(firstRow, of.row);
      Value exists = rows == 1
                         ? of.exists
                         : b.create<arith::AndIOp>(of.exists, b.less(row, p.m));
      b.ifThen(exists, [&] { lanes.finish(row, panel, of.channel, total); });
    }
  }

  /// The warps' sums of a round's pieces, exact.
  void makeSums(Value firstGroup, Value groups) {
    b.forLoop(at.warp, b.mul(groups, groupPieces), warps, [&](Value piece) {
      Value group = b.add(firstGroup, b.floorDiv(piece, groupPieces));
      Value first = b.mul(b.rem(piece, groupPieces), pieceSteps);
      Value end = b.min(b.add(first, pieceSteps), b.idx(groupSteps));
      if (rows == 1)
        keepRow(piece, group, addPiece(group, first, end));
      else
        keepTile(piece, group, addPiece(group, first, end));
    });
  }

  /// A lane's sums over the steps of a piece.
  Values addPiece(Value group, Value firstStep, Value endStep) {
    Value end = lanes.endOf(group);
    Values zeros(rows == 1 ? 3 : 4 * 2 * (rows / kMmaRows), b.i32(0));
    return b.forLoop(
        firstStep, endStep, ahead, zeros, [&](Value step, ValueRange carried) {
          SmallVector<Value> lines;
          SmallVector<Values> weights;
          SmallVector<SmallVector<Values>> activations;
          for (int64_t i = 0; i < ahead; ++i) {
            Value line = lanes.lineOf(group, b.add(step, i), t);
            weights.push_back(lanes.weightWords(panel, line, g));
            activations.push_back(rowWords(line, end));
          }
          Values sums(carried);
          for (int64_t i = 0; i < ahead; ++i)
            sums = rows == 1 ? addRow(weights[i], activations[i][0], sums)
                             : addTile(weights[i], activations[i], sums);
          return sums;
        });
  }

  SmallVector<Values> rowWords(Value line, Value end) {
    if (rows == 1)
      return {lanes.activationWords(firstRow, line, end)};
    SmallVector<Values> words;
    Value last = b.sub(p.m, b.idx(1));
    for (int64_t part = 0; part < rows / kMmaRows; ++part) {
      Value row = b.add(b.add(firstRow, part * kMmaRows), g);
      words.push_back(lanes.activationWords(b.min(row, last), line, end));
    }
    return words;
  }

  //===-- one row
  //-----------------------------------------------------------===//

  /// Products with the lane's two channels, and the codes of the row.
  Values addRow(ValueRange w, ValueRange x, Values sums) {
    for (int64_t i = 0; i < lanes.words(); ++i) {
      sums[0] = addByteProducts(b, w[2 * i], x[i], sums[0]);
      sums[1] = addByteProducts(b, w[2 * i + 1], x[i], sums[1]);
      sums[2] = addByteProducts(b, b.i32(0x01010101), x[i], sums[2]);
    }
    return sums;
  }

  void keepRow(Value piece, Value group, Values sums) {
    for (Value &sum : sums)
      for (int64_t distance : {1, 2})
        sum = b.create<arith::AddIOp>(sum, fromLaneAcross(b, sum, distance));
    b.ifThen(b.equal(t, b.idx(0)), [&] {
      for (int64_t i : {0, 1}) {
        Value channel = b.add(b.mul(g, 2), i);
        keep(piece, group, b.idx(0), channel, sums[i], sums[2]);
      }
    });
  }

  //===-- rows of tensor cores
  //----------------------------------------------===//

  /// Products with weights, part by part, then those with ones: the codes.
  Values addTile(ValueRange w, ArrayRef<Values> x, ValueRange sums) {
    Values ones(w.size(), b.i32(0x01010101)), next;
    int64_t parts = rows / kMmaRows;
    for (int64_t i = 0; i < 2 * parts; ++i) {
      ValueRange left = i < parts ? w : ValueRange(ones);
      Values four(sums.slice(4 * i, 4));
      for (int64_t k = 0; k < lanes.words(); k += 2)
        four = multiplyBytes(b, left.slice(2 * k, 4),
                             ValueRange(x[i % parts]).slice(k, 2), four);
      llvm::append_range(next, four);
    }
    return next;
  }

  void keepTile(Value piece, Value group, ValueRange sums) {
    int64_t parts = rows / kMmaRows;
    for (int64_t part = 0; part < parts; ++part)
      for (int64_t element = 0; element < 4; ++element) {
        Value row = b.add(b.mul(t, 2), part * kMmaRows + element % 2);
        Value channel = b.add(b.mul(g, 2), element / 2);
        keep(piece, group, row, channel, sums[4 * part + element],
             sums[4 * (parts + part) + element]);
      }
  }

  /// The sum of the products less what the zero point adds to them; beside it
  /// that of the codes if the zero point is real.
  void keep(Value piece, Value group, Value row, Value channel, Value sum,
            Value ofRow) {
    b.store(lanes.exactSum(panel, group, channel, sum, ofRow), at.shared[0],
            {piece, row, channel});
    if (p.hasRealZeros())
      b.ifThen(b.equal(channel, b.idx(0)),
               [&] { b.store(ofRow, at.shared[1], {piece, row}); });
  }

  /// total + scale * sum of each group of a round, ascending.
  Value addSums(Value firstGroup, Value groups, const Element &of,
                Value total) {
    Values init{total};
    return b.forLoop(
        b.idx(0), groups, 1, init, [&](Value group, ValueRange carried) {
          Value sum = b.i32(0), sumOfX = b.i32(0);
          for (int64_t i = 0; i < groupPieces; ++i) {
            Value piece = b.add(b.mul(group, groupPieces), i);
            sum = b.create<arith::AddIOp>(
                sum, b.load(at.shared[0], {piece, of.row, of.channel}));
            if (p.hasRealZeros())
              sumOfX = b.create<arith::AddIOp>(
                  sumOfX, b.load(at.shared[1], {piece, of.row}));
          }
          Value which = b.add(firstGroup, group);
          Value number = lanes.number(panel, which, of.channel, sum, sumOfX);
          Value scale = lanes.scale(panel, which, of.channel);
          return Values{b.fma(number, scale, carried[0])};
        })[0];
  }

  KernelBuilder &b;
  const Product &p;
  LaneOperands lanes;
  int64_t rows, groupSteps, pieceSteps, groupPieces, roundGroups, warps,
      ahead = 1;
  BlockThread at;
  Value firstRow, panel, g, t;
};
} // namespace

void quantc::emitSplitMatMulA8(KernelBuilder &b, const Product &p,
                               int64_t rows) {
  SplitRows(b, p, rows).emit();
}
