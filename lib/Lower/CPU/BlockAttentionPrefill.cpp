//===- BlockAttentionPrefill.cpp - many queries on a GPU --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// AttentionPrefill.cpp by a block of a GPU, which has 16 queries of a head. A
// thread has one query: of a block of keys it finds three scores, then adds up
// four columns of the values or more. Keys and, after them, values of a block
// stand in shared memory.

#include "Attention.h"
#include "BlockRows.h"
#include "MathFunctions.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;
using Values = KernelBuilder::Values;

static constexpr int64_t kThreads = kRowBlockWarps * kWarpLanes;
/// Threads that share a query.
static constexpr int64_t kSharers = kThreads / kLanes;
/// Keys of a thread in a block of keys.
static constexpr int64_t kKeys = kPrefillKeys / kSharers;
/// Numbers of an access.
static constexpr int64_t kFour = 4;

namespace {
class BlockPrefill {
public:
  explicit BlockPrefill(const AttentionParts &p) : p(p), b(p.b) {}

  /// Whether a block's memory has room for the heads' widths.
  bool fits() const {
    int64_t numbers = (kPrefillKeys + kLanes) * stride() +
                      (kPrefillKeys + kRowBlockWarps) * kLanes;
    return numbers * 4 <= kSharedBytes;
  }
  void emit();

private:
  /// Of rows in shared memory: whole vectors, and four more for other banks.
  int64_t stride() const {
    return llvm::alignTo(std::max(p.width, p.valueWidth), kFour) + kFour;
  }
  /// Groups of four columns of the values, and those of a thread.
  int64_t fours() const { return llvm::divideCeil(p.valueWidth, kFour); }
  int64_t slots() const { return llvm::divideCeil(fours(), kSharers); }

  void emitBlock();
  void copyRows(Value memref, Value head, Value begin, Value last, int64_t rows,
                int64_t width, Value buffer, float factor);
  Values scores(Value begin, Value count);
  Value masked(Value score, Value key);
  Value highest(ValueRange scores, Value top);
  Values addValues(Value count, Value factor, ValueRange sums);
  void store(Value inverse, ValueRange sums);

  Value rows() { return at.shared[0]; } ///< keys, then values
  Value queries() { return at.shared[1]; }
  Value weights() { return at.shared[2]; } ///< [key][query]
  Value maxima() { return at.shared[3]; }  ///< [warp][query]
  Value four(int64_t slot) {
    return b.min(b.add(sharer, slot * kSharers), b.idx(fours() - 1));
  }

  const AttentionParts &p;
  KernelBuilder &b;
  BlockThread at;
  Value batch, head, kvHead, first;
  Value query, sharer, row; ///< of the thread; `row` is there
};
} // namespace

/// Copies `rows` rows times `factor` from `begin` on; those behind `last`
/// repeat it, columns behind the width are 0.
void BlockPrefill::copyRows(Value memref, Value ofHead, Value begin, Value last,
                            int64_t rows, int64_t width, Value buffer,
                            float factor) {
  int64_t padded = llvm::alignTo(width, kFour), ahead = 4;
  auto copy = [&](Value from, int64_t count) {
    SmallVector<std::pair<Values, Value>> loaded;
    for (int64_t i = 0; i < count; ++i) {
      Value number = b.add(from, i * kThreads);
      Value r = b.floorDiv(number, padded), c = b.rem(number, padded);
      Value inside = padded == width ? c : b.min(c, b.idx(width - 1));
      Value x =
          b.load(memref, {batch, ofHead, b.min(b.add(begin, r), last), inside});
      if (padded != width)
        x = b.create<arith::SelectOp>(b.less(c, b.idx(width)), x, b.f32(0));
      loaded.push_back({Values{r, c}, x});
    }
    for (auto &[place, x] : loaded)
      b.store(factor == 1 ? x : b.mulf(x, b.f32(factor)), buffer, place);
  };
  int64_t all = rows * padded, whole = all / (kThreads * ahead);
  Value end = b.idx(whole * kThreads * ahead);
  b.forLoop(at.thread(b), end, kThreads * ahead,
            [&](Value i) { copy(i, ahead); });
  b.forLoop(b.add(end, at.thread(b)), b.idx(all), kThreads,
            [&](Value i) { copy(i, 1); });
}

Value BlockPrefill::masked(Value score, Value key) {
  if (p.mask)
    score = b.addf(score, p.loadMask(batch, head, row, key));
  if (!p.causal)
    return score;
  Value limit = b.add(b.sub(p.keys, p.queries), b.add(first, query));
  return b.create<arith::SelectOp>(
      b.cmp(arith::CmpIPredicate::sle, key, limit), score,
      b.f32(-std::numeric_limits<float>::infinity()));
}

/// Scores of the thread's keys; -inf for those behind the last.
Values BlockPrefill::scores(Value begin, Value count) {
  Values places, result;
  for (int64_t i = 0; i < kKeys; ++i)
    places.push_back(b.add(sharer, i * kSharers));
  int64_t padded = llvm::alignTo(p.width, kFour);
  Values sums =
      b.forLoop(b.idx(0), b.idx(padded), kFour, Values(kKeys, b.f32(0)),
                [&](Value d, ValueRange carried) {
                  Value x = b.loadAligned(queries(), {query, d}, kFour);
                  Values next;
                  for (auto [place, sum] : llvm::zip(places, carried)) {
                    Value y = b.loadAligned(rows(), {place, d}, kFour);
                    for (int64_t i = 0; i < kFour; ++i)
                      sum = b.fma(b.create<vector::ExtractOp>(y, i),
                                  b.create<vector::ExtractOp>(x, i), sum);
                    next.push_back(sum);
                  }
                  return next;
                });
  Value lowest = b.f32(-std::numeric_limits<float>::infinity());
  for (auto [place, sum] : llvm::zip(places, sums))
    result.push_back(b.ifThen(
        b.less(place, count),
        [&] { return Values{masked(sum, b.add(begin, place))}; },
        [&] { return Values{lowest}; })[0]);
  return result;
}

/// The highest of `top` and all scores of the query. Waits for the block.
Value BlockPrefill::highest(ValueRange scores, Value top) {
  Value best = b.f32(-std::numeric_limits<float>::infinity());
  for (Value score : scores)
    best = maxIgnoringNaN(b, best, score);
  Value bits = b.create<arith::BitcastOp>(b.getI32Type(), best);
  Value across = b.create<arith::BitcastOp>(b.getF32Type(),
                                            fromLaneAcross(b, bits, kLanes));
  best = maxIgnoringNaN(b, best, across);
  b.store(best, maxima(), {at.warp, query});
  barrier(b);
  for (int64_t warp = 0; warp < kRowBlockWarps; ++warp)
    top = maxIgnoringNaN(b, top, b.load(maxima(), {b.idx(warp), query}));
  return top;
}

/// The sum of weights, then those of the thread's columns.
Values BlockPrefill::addValues(Value count, Value factor, ValueRange sums) {
  Values scaled{b.mulf(sums[0], factor)};
  for (Value sum : sums.drop_front())
    scaled.push_back(b.mulf(sum, b.splat(factor, kFour)));
  return b.forLoop(
      b.idx(0), count, 1, scaled, [&](Value j, ValueRange carried) {
        Value weight = b.load(weights(), {j, query});
        Values next{b.addf(carried[0], weight)};
        for (int64_t slot = 0; slot < slots(); ++slot) {
          Value x = b.loadAligned(rows(), {j, b.mul(four(slot), kFour)}, kFour);
          next.push_back(b.fma(x, b.splat(weight, kFour), carried[1 + slot]));
        }
        return next;
      });
}

void BlockPrefill::store(Value inverse, ValueRange sums) {
  b.ifThen(b.less(b.add(first, query), p.queries), [&] {
    for (auto [slot, sum] : llvm::enumerate(sums))
      for (int64_t i = 0; i < kFour; ++i) {
        Value c =
            b.add(b.mul(b.add(sharer, int64_t(slot) * kSharers), kFour), i);
        b.ifThen(b.less(c, b.idx(p.valueWidth)), [&, sum = sum] {
          b.store(b.mulf(b.create<vector::ExtractOp>(sum, i), inverse), p.out,
                  {batch, head, row, c});
        });
      }
  });
}

void BlockPrefill::emitBlock() {
  Value zero = b.idx(0), lastKey = b.sub(p.keys, b.idx(1));
  Value end = p.keys;
  if (p.causal) // what some query of the block sees
    end = b.min(
        b.max(b.add(b.add(b.sub(p.keys, p.queries), first), kLanes), zero),
        p.keys);
  copyRows(p.q, head, first, b.sub(p.queries, b.idx(1)), kLanes, p.width,
           queries(), static_cast<float>(p.scale));
  Values init{b.f32(-std::numeric_limits<float>::infinity()), b.f32(0)};
  init.append(slots(), b.splatF32(0, kFour));
  auto last = b.forLoop(
      zero, end, kPrefillKeys, init, [&](Value begin, ValueRange carried) {
        Value count = b.min(b.sub(end, begin), b.idx(kPrefillKeys));
        barrier(b);
        copyRows(p.k, kvHead, begin, lastKey, kPrefillKeys, p.width, rows(), 1);
        barrier(b);
        Values found = scores(begin, count);
        Value top = highest(found, carried[0]);
        auto [factor, shift] = rescaling(b, carried[0], top);
        for (auto [i, score] : llvm::enumerate(found))
          b.store(emitExp(b, b.subf(score, shift)), weights(),
                  {b.add(sharer, int64_t(i) * kSharers), query});
        copyRows(p.v, kvHead, begin, lastKey, kPrefillKeys, p.valueWidth,
                 rows(), 1);
        barrier(b);
        Values state{top};
        state.append(addValues(count, factor, carried.drop_front()));
        return state;
      });
  store(inverseSum(b, last[1]), ValueRange(last).drop_front(2));
}

void BlockPrefill::emit() {
  Type f32 = b.getF32Type();
  SharedBuffer buffers[] = {{{kPrefillKeys, stride()}, f32},
                            {{kLanes, stride()}, f32},
                            {{kPrefillKeys, kLanes}, f32},
                            {{kRowBlockWarps, kLanes}, f32}};
  Value blocks = b.ceilDiv(p.queries, kLanes);
  launchBlocks(b, b.mul(b.mul(p.batch, p.heads), blocks), kRowBlockWarps,
               buffers, [&](const BlockThread &given) {
                 at = given;
                 Values place =
                     delinearize(b, at.block, {p.batch, p.heads, blocks});
                 batch = place[0];
                 head = place[1];
                 kvHead = b.floorDiv(head, p.groups);
                 first = b.mul(place[2], kLanes);
                 query = b.rem(at.thread(b), kLanes);
                 sharer = b.floorDiv(at.thread(b), kLanes);
                 row = b.min(b.add(first, query), b.sub(p.queries, b.idx(1)));
                 emitBlock();
               });
}

bool quantc::emitBlockAttentionPrefill(const AttentionParts &p) {
  BlockPrefill prefill(p);
  if (!prefill.fits())
    return false;
  prefill.emit();
  return true;
}
