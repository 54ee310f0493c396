//===- AttentionDecode.cpp - attention of one query a head ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The form for one query: a dot product along the head's width for each key,
// then softmax over a block of keys, then values weighted and added, lanes along
// the width. A single query is the last, so it sees all keys.

#include "Attention.h"
#include "MathFunctions.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;
using Values = KernelBuilder::Values;

/// Keys between two updates of the running maximum.
static constexpr int64_t kBlock = 256;

namespace {
class Decode {
public:
  Decode(const AttentionParts &p, Value batch, Value head)
      : p(p), b(p.b), batch(batch), head(head), kvHead(b.floorDiv(head, p.groups)),
        scores(b.scratch({kBlock}, b.getF32Type())) {}

  void emit();

private:
  /// The vectors that cover a row of the given width.
  SmallVector<Lanes> cover(int64_t width) {
    SmallVector<Lanes> result;
    for (int64_t i = 0; i < width; i += kLanes)
      result.push_back({b.idx(i), i + kLanes <= width ? Value() : b.idx(width - i)});
    return result;
  }
  Values loadRow(Value memref, ValueRange row, int64_t width) {
    Values result;
    for (Lanes lanes : cover(width))
      result.push_back(loadLanes(b, memref, row, lanes));
    return result;
  }
  Values kvRow(Value key) { return {batch, kvHead, key}; }

  void emitScores(Value begin, Value count);
  Values weigh(Value count, Value top, Value sum);

  const AttentionParts &p;
  KernelBuilder &b;
  Value batch, head, kvHead, scores;
  Values query;
};
} // namespace

void Decode::emitScores(Value begin, Value count) {
  b.forLoop(b.idx(0), count, 1, [&](Value j) {
    Value key = b.add(begin, j);
    Value dot = b.splatF32(0);
    for (auto [x, y] : llvm::zip(query, loadRow(p.k, kvRow(key), p.width)))
      dot = b.fma(x, y, dot);
    Value score = sumLanes(b, dot);
    if (p.mask)
      score = b.addf(score, p.loadMask(batch, head, b.idx(0), key));
    b.store(score, scores, {j});
  });
}

/// Turns the block's scores into weights; returns the new maximum, the new sum
/// and the factor of what was summed before.
Values Decode::weigh(Value count, Value top, Value sum) {
  Value lowest = b.splatF32(-std::numeric_limits<float>::infinity());
  auto best = forLanes(b, count, ValueRange{lowest}, [&](Lanes lanes, ValueRange carried) {
    Value s = fillLanes(b, loadLanes(b, scores, {}, lanes), lanes, lowest);
    return Values{maxIgnoringNaN(b, carried[0], s)};
  });
  Value newTop = maxIgnoringNaN(b, top, maxLanes(b, best[0]));
  auto [factor, shift] = rescaling(b, top, newTop);
  auto total = forLanes(b, count, ValueRange{b.splatF32(0)}, [&](Lanes lanes, ValueRange carried) {
    Value e = emitExp(b, b.subf(loadLanes(b, scores, {}, lanes), b.splat(shift)));
    storeLanes(b, e, scores, {}, lanes);
    return Values{b.addf(carried[0], fillLanes(b, e, lanes, b.splatF32(0)))};
  });
  return {newTop, b.fma(sum, factor, sumLanes(b, total[0])), factor};
}

void Decode::emit() {
  Value scale = b.splatF32(p.scale);
  for (Value x : loadRow(p.q, ValueRange{batch, head, b.idx(0)}, p.width))
    query.push_back(b.mulf(x, scale));
  auto columns = cover(p.valueWidth);
  Values init{b.f32(-std::numeric_limits<float>::infinity()), b.f32(0)};
  init.append(columns.size(), b.splatF32(0));
  auto last = b.forLoop(b.idx(0), p.keys, kBlock, init, [&](Value begin, ValueRange carried) {
    Value count = b.min(b.sub(p.keys, begin), b.idx(kBlock));
    emitScores(begin, count);
    Values state = weigh(count, carried[0], carried[1]);
    Value factor = b.splat(state.pop_back_val());
    Values sums;
    for (Value y : carried.drop_front(2))
      sums.push_back(b.mulf(y, factor));
    sums = b.forLoop(b.idx(0), count, 1, sums, [&](Value j, ValueRange inner) {
      Value weight = b.loadSplat(scores, {j});
      Values next;
      for (auto [y, x] : llvm::zip(inner, loadRow(p.v, kvRow(b.add(begin, j)), p.valueWidth)))
        next.push_back(b.fma(weight, x, y));
      return next;
    });
    state.append(sums);
    return state;
  });
  Value inverse = b.splat(inverseSum(b, last[1]));
  for (auto [lanes, y] : llvm::zip(columns, ArrayRef<Value>(last).drop_front(2)))
    storeLanes(b, b.mulf(y, inverse), p.out, {batch, head, b.idx(0)}, lanes);
}

void quantc::emitAttentionDecode(const AttentionParts &p) {
  KernelBuilder &b = p.b;
  b.parallelFor(b.mul(p.batch, p.heads), [&](Value item) {
    Values at = delinearize(b, item, {p.batch, p.heads});
    Decode(p, at[0], at[1]).emit();
  });
}
