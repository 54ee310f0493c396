//===- Rope.cpp - rotary position embedding ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates rope.f32: (a, b) -> (a cos - b sin, b cos + a sin), each with one
// product and one fma. Pairs are the halves of a row, or neighbours.

#include "Emitters.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;

namespace {
class RopeEmitter {
public:
  RopeEmitter(KernelBuilder &b, kern::RopeOp op)
      : b(b), x(op.getInputs()[0]), cosines(op.getInputs()[1]),
        sines(op.getInputs()[2]), out(op.getInits()[0]),
        rank(cast<MemRefType>(x.getType()).getRank()) {
    half = b.dim(cosines, cast<MemRefType>(cosines.getType()).getRank() - 1);
  }

  void halves(Value row) {
    auto from = rowIndices(b, x, row), to = rowIndices(b, out, row),
         angle = angleRow(from);
    forLanes(b, half, [&](Lanes low) {
      Lanes high{b.add(low.begin, half), low.count};
      auto [ya, yb] = rotate(
          loadLanes(b, x, from, low), loadLanes(b, x, from, high),
          loadLanes(b, cosines, angle, low), loadLanes(b, sines, angle, low));
      storeLanes(b, ya, out, to, low);
      storeLanes(b, yb, out, to, high);
    });
  }

  void neighbours(Value row) {
    auto from = rowIndices(b, x, row), to = rowIndices(b, out, row),
         angle = angleRow(from);
    forLanes(b, half, [&](Lanes lanes) {
      Lanes pair{b.mul(lanes.begin, 2),
                 lanes.count ? b.mul(lanes.count, 2) : Value(), 2 * kLanes};
      auto split =
          b.create<vector::DeinterleaveOp>(loadLanes(b, x, from, pair));
      auto [ya, yb] = rotate(split.getRes1(), split.getRes2(),
                             loadLanes(b, cosines, angle, lanes),
                             loadLanes(b, sines, angle, lanes));
      storeLanes(b, b.create<vector::InterleaveOp>(ya, yb), out, to, pair);
    });
  }

  /// Pair `i` of a row alone.
  void pair(Value row, Value i, bool areNeighbours) {
    auto from = rowIndices(b, x, row), to = rowIndices(b, out, row),
         angle = angleRow(from);
    Value first = areNeighbours ? b.mul(i, 2) : i;
    Value second = b.add(first, areNeighbours ? b.idx(1) : half);
    auto place = [](KernelBuilder::Values indices, Value last) {
      indices.push_back(last);
      return indices;
    };
    auto [ya, yb] = rotate(
        b.load(x, place(from, first)), b.load(x, place(from, second)),
        b.load(cosines, place(angle, i)), b.load(sines, place(angle, i)));
    b.store(ya, out, place(to, first));
    b.store(yb, out, place(to, second));
  }

  Value half;

private:
  std::pair<Value, Value> rotate(Value a, Value c, Value cosine, Value sine) {
    Value minus = b.create<arith::NegFOp>(b.mulf(c, sine));
    return {b.fma(a, cosine, minus), b.fma(c, cosine, b.mulf(a, sine))};
  }

  /// The leading indices of the angles of a row of x: [T] or [B, T].
  KernelBuilder::Values angleRow(ValueRange from) {
    Value position = from[rank - 2];
    if (cast<MemRefType>(cosines.getType()).getRank() == 2)
      return {position};
    // Angles for one batch entry hold for all.
    bool shared = KernelBuilder::constantOf(b.dim(cosines, 0)) == 1;
    return {shared ? b.idx(0) : from[0], position};
  }

  KernelBuilder &b;
  Value x, cosines, sines, out;
  int64_t rank;
};
} // namespace

LogicalResult quantc::emitRope(KernelBuilder &b, kern::RopeOp op) {
  if (op.getKernel() != "rope.f32" && op.getKernel() != "rope")
    return unknownKernel(op, op.getKernel());
  if (failed(checkFloatRows(op)))
    return failure();
  Value x = op.getInputs()[0];
  int64_t rank = cast<MemRefType>(x.getType()).getRank();
  int64_t angleRank = cast<MemRefType>(op.getInputs()[1].getType()).getRank();
  if (rank < 3 || angleRank < 2 || angleRank > 3)
    return op.emitOpError(
        "needs an input [B, H, T, D] and angles [T, D/2] or [B, T, D/2]");
  RopeEmitter emitter(b, op);
  bool areNeighbours = op->hasAttr("interleaved");
  if (b.level().isDevice()) {
    b.parallelFor(b.mul(b.rows(x), emitter.half), [&](Value item) {
      emitter.pair(b.floorDiv(item, emitter.half), b.rem(item, emitter.half),
                   areNeighbours);
    });
    return success();
  }
  forRows(b, b.rows(x), b.dim(x, rank - 1), [&](Value row) {
    if (areNeighbours)
      emitter.neighbours(row);
    else
      emitter.halves(row);
  });
  return success();
}
