//===- AttentionDecode.cpp - attention of one query a head ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The form for one query: a dot product along the head's width for each key,
// then softmax over a block of keys, then values weighted and added, lanes
// along the width. Heads that share keys are done together, so that keys and
// values come from memory once. A single query is the last, so it sees all
// keys.

#include "Attention.h"
#include "MathFunctions.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;
using Values = KernelBuilder::Values;

/// The values of as many keys stay in the nearest cache while the heads of a
/// work item use them.
static constexpr int64_t kBlock = kDecodeKeys;
/// The most heads of a work item.
static constexpr int64_t kMaxHeads = 4;

namespace {
class Decode {
public:
  /// `count` heads from `head` on, which share their keys.
  Decode(const AttentionParts &p, Value batch, Value head, int64_t count)
      : p(p), b(p.b), batch(batch), kvHead(b.floorDiv(head, p.groups)),
        count(count), scores(b.scratch({count, kBlock}, b.getF32Type())),
        sums(b.scratch({count, int64_t(llvm::alignTo(p.valueWidth, kLanes))},
                       b.getF32Type())) {
    for (int64_t h = 0; h < count; ++h)
      heads.push_back(b.add(head, h));
  }

  void emit();

private:
  /// The vectors that cover a row of the given width.
  SmallVector<Lanes> cover(int64_t width) {
    SmallVector<Lanes> result;
    for (int64_t i = 0; i < width; i += kLanes)
      result.push_back(
          {b.idx(i), i + kLanes <= width ? Value() : b.idx(width - i)});
    return result;
  }
  Values loadRow(Value memref, ValueRange row, int64_t width) {
    Values result;
    for (Lanes lanes : cover(width))
      result.push_back(loadLanes(b, memref, row, lanes));
    return result;
  }
  /// The vectors of a row of `sums`, which has room for whole ones.
  Values loadSums(Value head) {
    Values result;
    for (Lanes lanes : cover(p.valueWidth))
      result.push_back(b.loadVec(sums, {head, lanes.begin}));
    return result;
  }
  void storeSums(Value head, ArrayRef<Value> vectors) {
    for (auto [lanes, y] : llvm::zip(cover(p.valueWidth), vectors))
      b.storeVec(y, sums, {head, lanes.begin});
  }
  Values kvRow(Value key) { return {batch, kvHead, key}; }

  void emitScores(Value begin, Value keys);
  Values weigh(Value head, Value keys, Value top, Value sum);
  void addValues(Value head, Value begin, Value keys, Value factor);

  const AttentionParts &p;
  KernelBuilder &b;
  Value batch, kvHead;
  int64_t count;
  Value scores, sums;
  Values heads;
  SmallVector<Values> queries;
};
} // namespace

void Decode::emitScores(Value begin, Value keys) {
  b.forLoop(b.idx(0), keys, 1, [&](Value j) {
    Value key = b.add(begin, j);
    Values row = loadRow(p.k, kvRow(key), p.width);
    for (int64_t h = 0; h < count; ++h) {
      Value dot = b.mulf(queries[h][0], row[0]);
      for (auto [x, y] : llvm::drop_begin(llvm::zip(queries[h], row)))
        dot = b.fma(x, y, dot);
      Value score = sumLanes(b, dot);
      if (p.mask)
        score = b.addf(score, p.loadMask(batch, heads[h], b.idx(0), key));
      b.store(score, scores, {b.idx(h), j});
    }
  });
}

/// Turns a head's scores of the block into weights; returns the new maximum,
/// the new sum and the factor of what was summed before.
Values Decode::weigh(Value head, Value keys, Value top, Value sum) {
  Value lowest = b.splatF32(-std::numeric_limits<float>::infinity());
  auto best = forLanes(
      b, keys, ValueRange{lowest}, [&](Lanes lanes, ValueRange carried) {
        Value s =
            fillLanes(b, loadLanes(b, scores, {head}, lanes), lanes, lowest);
        return Values{maxIgnoringNaN(b, carried[0], s)};
      });
  Value newTop = maxIgnoringNaN(b, top, maxLanes(b, best[0]));
  auto [factor, shift] = rescaling(b, top, newTop);
  Value shifts = b.splat(shift);
  auto total = forLanes(
      b, keys, ValueRange{b.splatF32(0)}, [&](Lanes lanes, ValueRange carried) {
        Value e =
            emitExp(b, b.subf(loadLanes(b, scores, {head}, lanes), shifts));
        storeLanes(b, e, scores, {head}, lanes);
        return Values{
            b.addf(carried[0], fillLanes(b, e, lanes, b.splatF32(0)))};
      });
  return {newTop, b.fma(sum, factor, sumLanes(b, total[0])), factor};
}

void Decode::addValues(Value head, Value begin, Value keys, Value factor) {
  Value factors = b.splat(factor);
  Values acc;
  for (Value y : loadSums(head))
    acc.push_back(b.mulf(y, factors));
  acc = b.forLoop(b.idx(0), keys, 1, acc, [&](Value j, ValueRange carried) {
    Value weight = b.loadSplat(scores, {head, j});
    Values next;
    for (auto [y, x] :
         llvm::zip(carried, loadRow(p.v, kvRow(b.add(begin, j)), p.valueWidth)))
      next.push_back(b.fma(weight, x, y));
    return next;
  });
  storeSums(head, acc);
}

void Decode::emit() {
  Value scale = b.splatF32(p.scale);
  Values init;
  for (int64_t h = 0; h < count; ++h) {
    Values &query = queries.emplace_back();
    for (Value x : loadRow(p.q, ValueRange{batch, heads[h], b.idx(0)}, p.width))
      query.push_back(b.mulf(x, scale));
    storeSums(b.idx(h), Values(cover(p.valueWidth).size(), b.splatF32(0)));
    init.append({b.f32(-std::numeric_limits<float>::infinity()), b.f32(0)});
  }
  auto last = b.forLoop(
      b.idx(0), p.keys, kBlock, init, [&](Value begin, ValueRange carried) {
        Value keys = b.min(b.sub(p.keys, begin), b.idx(kBlock));
        emitScores(begin, keys);
        Values state;
        for (int64_t h = 0; h < count; ++h) {
          Values now =
              weigh(b.idx(h), keys, carried[2 * h], carried[2 * h + 1]);
          addValues(b.idx(h), begin, keys, now.pop_back_val());
          state.append(now);
        }
        return state;
      });
  for (int64_t h = 0; h < count; ++h) {
    Value inverse = b.splat(inverseSum(b, last[2 * h + 1]));
    for (auto [lanes, y] : llvm::zip(cover(p.valueWidth), loadSums(b.idx(h))))
      storeLanes(b, b.mulf(y, inverse), p.out, {batch, heads[h], b.idx(0)},
                 lanes);
  }
}

/// How many heads make a work item: as many as share keys, but few enough to
/// leave work for a second thread. One, if the numbers are not known.
static int64_t headsOfItem(const AttentionParts &p) {
  std::optional<int64_t> groups = KernelBuilder::constantOf(p.groups);
  std::optional<int64_t> heads = KernelBuilder::constantOf(p.heads);
  if (!groups || !heads)
    return 1;
  int64_t best = 1;
  for (int64_t n = 2; n <= kMaxHeads; ++n)
    if (*groups % n == 0 && *heads / n >= 2)
      best = n;
  return best;
}

void quantc::emitAttentionDecode(const AttentionParts &p) {
  KernelBuilder &b = p.b;
  int64_t count = headsOfItem(p);
  Value items = b.floorDiv(p.heads, count);
  b.parallelFor(b.mul(p.batch, items), [&](Value item) {
    Values at = delinearize(b, item, {p.batch, items});
    Decode(p, at[0], b.mul(at[1], count), count).emit();
  });
}
