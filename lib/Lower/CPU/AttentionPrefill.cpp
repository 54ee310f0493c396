//===- AttentionPrefill.cpp - attention of many queries ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The form for many queries. A work item is 16 queries of a head, one in each
// lane; what depends on a query lies transposed in scratch: the queries
// [D][16], scores and then weights of a block of keys [48][16], sums of values
// [DV][16]. Keys and values stay where they are: each element is read once for
// all lanes. Both products keep a tile of accumulators in registers:
//
//   scores[key][lane] = sum_d k[key][d] * query[d][lane]
//   sums[c][lane]     = factor[lane] * sums[c][lane] + sum_key v[key][c] *
//   weights[key][lane]
//
// Every sum runs in ascending order whatever the tile, so its size may differ
// between instruction sets. Lanes behind the last query repeat it.

#include "Attention.h"
#include "MathFunctions.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;
using Values = KernelBuilder::Values;

/// A multiple of any tile.
static constexpr int64_t kBlock = kPrefillKeys;

namespace {
class Prefill {
public:
  Prefill(const AttentionParts &p, Value batch, Value head, Value block)
      : p(p), b(p.b), batch(batch), head(head),
        kvHead(b.floorDiv(head, p.groups)), first(b.mul(block, kLanes)),
        tile(b.level().hasVNNI() ? 12 : 6) {
    query = b.scratch({p.width, kLanes}, b.getF32Type());
    weights = b.scratch({kBlock, kLanes}, b.getF32Type());
    sums = b.scratch({p.valueWidth, kLanes}, b.getF32Type());
    if (p.mask && p.maskHasQueries())
      maskBlock = b.scratch({kBlock, kLanes}, b.getF32Type());
  }

  void emit();

private:
  void loadQueries();
  void loadMaskBlock(Value begin, Value count);
  Value visibleKeys();
  Value emitScores(Value begin, Value count, Value top);
  Value maskScore(Value score, Value key, Value row);
  Value weigh(Value count, Value shift, Value sum);
  void addValues(Value begin, Value count, Value factor);
  void addValuesTile(Value begin, Value count, Value factor, Value column,
                     int64_t columns);
  void storeResult(Value inverse);

  Value zero() { return b.idx(0); }
  Value lastQuery() { return b.sub(p.queries, b.idx(1)); }

  const AttentionParts &p;
  KernelBuilder &b;
  Value batch, head, kvHead, first;
  int64_t tile;
  Value query, weights, sums, maskBlock, limits;
};
} // namespace

void Prefill::loadQueries() {
  Value scale = b.f32(p.scale);
  b.forLoop(zero(), b.idx(kLanes), 1, [&](Value lane) {
    Value row = b.min(b.add(first, lane), lastQuery());
    b.forLoop(zero(), b.idx(p.width), 1, [&](Value d) {
      b.store(b.mulf(b.load(p.q, {batch, head, row, d}), scale), query,
              {d, lane});
    });
  });
  b.forLoop(zero(), b.idx(p.valueWidth), 1,
            [&](Value c) { b.storeVec(b.splatF32(0), sums, {c, zero()}); });
  if (!p.causal)
    return;
  // The last key that each lane's query sees.
  Value offset = b.add(b.sub(p.keys, p.queries), first);
  SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(0, kLanes));
  Value lanes = b.create<arith::ConstantOp>(b.getI32VectorAttr(numbers));
  Value start = b.splat(b.create<arith::IndexCastOp>(b.getI32Type(), offset));
  limits = b.create<arith::AddIOp>(start, lanes);
}

/// How many keys some query of the block may see.
Value Prefill::visibleKeys() {
  if (!p.causal)
    return p.keys;
  Value end = b.add(b.add(b.sub(p.keys, p.queries), first), b.idx(kLanes));
  return b.min(b.max(end, zero()), p.keys);
}

/// Transposes the mask of the block, whole tiles of keys.
void Prefill::loadMaskBlock(Value begin, Value count) {
  Value padded = b.mul(b.ceilDiv(count, tile), tile);
  Value lastKey = b.sub(p.keys, b.idx(1));
  b.forLoop(zero(), b.idx(kLanes), 1, [&](Value lane) {
    Value row = b.min(b.add(first, lane), lastQuery());
    b.forLoop(zero(), padded, 1, [&](Value j) {
      Value key = b.min(b.add(begin, j), lastKey);
      b.store(p.loadMask(batch, head, row, key), maskBlock, {j, lane});
    });
  });
}

Value Prefill::maskScore(Value score, Value key, Value row) {
  if (maskBlock)
    score = b.addf(score, b.loadVec(maskBlock, {row, zero()}));
  else if (p.mask)
    score = b.addf(score, b.splat(p.loadMask(batch, head, zero(), key)));
  if (!p.causal)
    return score;
  Value number = b.splat(b.create<arith::IndexCastOp>(b.getI32Type(), key));
  Value seen = b.cmp(arith::CmpIPredicate::sle, number, limits);
  Value lowest = b.splatF32(-std::numeric_limits<float>::infinity());
  return b.create<arith::SelectOp>(seen, score, lowest);
}

/// Scores of the block's keys; returns the maximum of `top` and them. Keys
/// behind the last repeat it in the last tile, which does not change the
/// maximum.
Value Prefill::emitScores(Value begin, Value count, Value top) {
  Value lastKey = b.sub(p.keys, b.idx(1));
  auto best = b.forLoop(
      zero(), count, tile, ValueRange{top}, [&](Value row, ValueRange carried) {
        SmallVector<Value> keys;
        for (int64_t r = 0; r < tile; ++r)
          keys.push_back(b.min(b.add(begin, b.add(row, r)), lastKey));
        Values scores =
            b.forLoop(zero(), b.idx(p.width), 1, Values(tile, b.splatF32(0)),
                      [&](Value d, ValueRange acc) {
                        Value x = b.loadVec(query, {d, zero()});
                        Values next;
                        for (auto [key, y] : llvm::zip(keys, acc))
                          next.push_back(b.fma(
                              b.loadSplat(p.k, {batch, kvHead, key, d}), x, y));
                        return next;
                      });
        Value result = carried[0];
        for (int64_t r = 0; r < tile; ++r) {
          Value at = b.add(row, r);
          Value score = maskScore(scores[r], keys[r], at);
          b.storeVec(score, weights, {at, zero()});
          result = maxIgnoringNaN(b, result, score);
        }
        return Values{result};
      });
  return best[0];
}

/// Scores to weights; returns `sum` and the weights added up.
Value Prefill::weigh(Value count, Value shift, Value sum) {
  return b.forLoop(
      zero(), count, 1, ValueRange{sum}, [&](Value j, ValueRange carried) {
        Value e = emitExp(b, b.subf(b.loadVec(weights, {j, zero()}), shift));
        b.storeVec(e, weights, {j, zero()});
        return Values{b.addf(carried[0], e)};
      })[0];
}

void Prefill::addValuesTile(Value begin, Value count, Value factor,
                            Value column, int64_t columns) {
  Values acc;
  for (int64_t r = 0; r < columns; ++r)
    acc.push_back(b.mulf(b.loadVec(sums, {b.add(column, r), zero()}), factor));
  acc = b.forLoop(zero(), count, 1, acc, [&](Value j, ValueRange carried) {
    Value weight = b.loadVec(weights, {j, zero()});
    Value key = b.add(begin, j);
    Values next;
    for (auto [r, y] : llvm::enumerate(carried)) {
      Value x =
          b.loadSplat(p.v, {batch, kvHead, key, b.add(column, int64_t(r))});
      next.push_back(b.fma(x, weight, y));
    }
    return next;
  });
  for (auto [r, y] : llvm::enumerate(acc))
    b.storeVec(y, sums, {b.add(column, int64_t(r)), zero()});
}

void Prefill::addValues(Value begin, Value count, Value factor) {
  int64_t rest = p.valueWidth % tile, full = p.valueWidth - rest;
  if (full != 0)
    b.forLoop(zero(), b.idx(full), tile, [&](Value column) {
      addValuesTile(begin, count, factor, column, tile);
    });
  if (rest != 0)
    addValuesTile(begin, count, factor, b.idx(full), rest);
}

void Prefill::storeResult(Value inverse) {
  b.forLoop(zero(), b.idx(p.valueWidth), 1, [&](Value c) {
    b.storeVec(b.mulf(b.loadVec(sums, {c, zero()}), inverse), sums,
               {c, zero()});
  });
  Value count = b.min(b.sub(p.queries, first), b.idx(kLanes));
  b.forLoop(zero(), count, 1, [&](Value lane) {
    b.forLoop(zero(), b.idx(p.valueWidth), 1, [&](Value c) {
      b.store(b.load(sums, {c, lane}), p.out,
              {batch, head, b.add(first, lane), c});
    });
  });
}

void Prefill::emit() {
  loadQueries();
  Value lowest = b.splatF32(-std::numeric_limits<float>::infinity());
  Value end = visibleKeys();
  auto last = b.forLoop(zero(), end, kBlock, ValueRange{lowest, b.splatF32(0)},
                        [&](Value begin, ValueRange carried) {
                          Value count = b.min(b.sub(end, begin), b.idx(kBlock));
                          if (maskBlock)
                            loadMaskBlock(begin, count);
                          Value top = emitScores(begin, count, carried[0]);
                          auto [factor, shift] = rescaling(b, carried[0], top);
                          Value sum =
                              weigh(count, shift, b.mulf(carried[1], factor));
                          addValues(begin, count, factor);
                          return Values{top, sum};
                        });
  storeResult(inverseSum(b, last[1]));
}

void quantc::emitAttentionPrefill(const AttentionParts &p) {
  KernelBuilder &b = p.b;
  Value blocks = b.ceilDiv(p.queries, kLanes);
  b.parallelFor(b.mul(b.mul(p.batch, p.heads), blocks), [&](Value item) {
    Values at = delinearize(b, item, {p.batch, p.heads, blocks});
    Prefill(p, at[0], at[1], at[2]).emit();
  });
}
