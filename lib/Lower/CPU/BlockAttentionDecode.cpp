//===- BlockAttentionDecode.cpp - one query a head on a GPU -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// AttentionDecode.cpp by a block of a GPU, which has one head. Sixteen lanes
// have a key, as those of a vector have on a CPU; the warps share the keys
// between two updates of the maximum. What follows from their scores each warp
// finds for itself. Then a thread adds up the values of a column.

#include "Attention.h"
#include "BlockRows.h"
#include "MathFunctions.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;
using Values = KernelBuilder::Values;

/// Pairs of keys of a warp.
static constexpr int64_t kPairs =
    kDecodeKeys / (kRowBlockWarps * kWarpLanes / kLanes);
/// Keys whose values are loaded before they are added.
static constexpr int64_t kAhead = 8;

namespace {
class BlockDecode {
public:
  BlockDecode(const AttentionParts &p, const BlockThread &at)
      : p(p), b(p.b), at(at), batch(b.floorDiv(at.block, p.heads)),
        head(b.rem(at.block, p.heads)), kvHead(b.floorDiv(head, p.groups)),
        lane(b.rem(at.lane, kLanes)) {}

  void emit();

private:
  int64_t steps() const { return llvm::divideCeil(p.width, kLanes); }
  /// Columns of a thread.
  int64_t slots() const {
    return llvm::divideCeil(p.valueWidth, kRowBlockWarps * kWarpLanes);
  }
  Value column(int64_t slot) {
    return b.add(at.thread(b), slot * kRowBlockWarps * kWarpLanes);
  }

  Values loadRow(Value memref, ArrayRef<Value> row);
  void storeScores(Value begin, Value count);
  Values weigh(Value count, Value top, Value sum);
  Values addValues(Value begin, Value count, Value factor, ValueRange sums);

  const AttentionParts &p;
  KernelBuilder &b;
  const BlockThread &at;
  Value batch, head, kvHead, lane;
  Values query;
};
} // namespace

/// The lane's numbers of a row; 0 where there are none.
Values BlockDecode::loadRow(Value memref, ArrayRef<Value> row) {
  Values result;
  for (int64_t step = 0; step < steps(); ++step) {
    Value d = b.add(lane, step * kLanes);
    Values place(row);
    bool isWhole = (step + 1) * kLanes <= p.width;
    place.push_back(isWhole ? d : b.min(d, b.idx(p.width - 1)));
    Value number = b.load(memref, place);
    if (!isWhole)
      number = b.create<arith::SelectOp>(b.less(d, b.idx(p.width)), number,
                                         b.f32(0));
    result.push_back(number);
  }
  return result;
}

/// Keys behind the last repeat it: all lanes of a warp come along.
void BlockDecode::storeScores(Value begin, Value count) {
  Value last = b.sub(count, b.idx(1)), first = b.idx(0);
  Value half = b.floorDiv(at.lane, kLanes);
  SmallVector<std::pair<Value, Values>> rows;
  for (int64_t i = 0; i < kPairs; ++i) {
    Value j = b.add(b.mul(b.add(b.mul(at.warp, kPairs), i), 2), half);
    Value key = b.add(begin, b.min(j, last));
    rows.push_back({j, loadRow(p.k, {batch, kvHead, key})});
  }
  for (auto &[j, row] : rows) {
    Value dot = b.mulf(query[0], row[0]);
    for (auto [x, y] : llvm::drop_begin(llvm::zip(query, row)))
      dot = b.fma(x, y, dot);
    Value score = combineLanes(
        b, dot, [&](Value one, Value other) { return b.addf(one, other); });
    Value isFirst = b.equal(lane, first);
    b.ifThen(b.create<arith::AndIOp>(isFirst, b.less(j, count)), [&, j = j] {
      Value sum = score;
      if (p.mask)
        sum = b.addf(sum, p.loadMask(batch, head, first, b.add(begin, j)));
      b.store(sum, at.shared[0], j);
    });
  }
}

/// Scores to weights, in the other buffer; returns the new maximum, the new sum
/// and the factor of what was summed before.
Values BlockDecode::weigh(Value count, Value top, Value sum) {
  Value lowest = b.f32(-std::numeric_limits<float>::infinity());
  auto larger = [&](Value one, Value other) {
    return maxIgnoringNaN(b, one, other);
  };
  Value best = lowest;
  SmallVector<std::pair<Value, Value>> scores; // whether there is one
  for (int64_t i = 0; i < kDecodeKeys; i += kLanes) {
    Value j = b.add(lane, i), exists = b.less(j, count);
    Value score = b.load(at.shared[0], j);
    scores.push_back({exists, score});
    best = larger(best, b.create<arith::SelectOp>(exists, score, lowest));
  }
  Value newTop = larger(top, combineLanes(b, best, larger));
  auto [factor, shift] = rescaling(b, top, newTop);
  Value total = b.f32(0), isWriter = b.less(at.thread(b), b.idx(kLanes));
  for (auto [i, pair] : llvm::enumerate(scores)) {
    Value e = emitExp(b, b.subf(pair.second, shift));
    b.ifThen(isWriter, [&] {
      b.store(e, at.shared[1], b.add(lane, int64_t(i) * kLanes));
    });
    total = b.addf(total, b.create<arith::SelectOp>(pair.first, e, b.f32(0)));
  }
  total = combineLanes(
      b, total, [&](Value one, Value other) { return b.addf(one, other); });
  return {newTop, b.fma(sum, factor, total), factor};
}

Values BlockDecode::addValues(Value begin, Value count, Value factor,
                              ValueRange sums) {
  Values next;
  for (int64_t slot = 0; slot < slots(); ++slot) {
    Value c = column(slot);
    auto add = [&] {
      auto addKeys = [&](Value from, Value to, int64_t keys, Value acc) {
        return b.forLoop(from, to, keys, acc, [&](Value j, ValueRange carried) {
          Values weights, values;
          for (int64_t i = 0; i < keys; ++i) {
            Value at = b.add(j, i);
            weights.push_back(b.load(this->at.shared[1], at));
            values.push_back(b.load(p.v, {batch, kvHead, b.add(begin, at), c}));
          }
          Value y = carried[0];
          for (auto [weight, x] : llvm::zip(weights, values))
            y = b.fma(weight, x, y);
          return Values{y};
        })[0];
      };
      Value whole = b.mul(b.floorDiv(count, kAhead), kAhead);
      Value acc = b.mulf(sums[slot], factor);
      acc = addKeys(b.idx(0), whole, kAhead, acc);
      return Values{addKeys(whole, count, 1, acc)};
    };
    next.push_back(b.ifThen(b.less(c, b.idx(p.valueWidth)), add,
                            [&] { return Values{sums[slot]}; })[0]);
  }
  return next;
}

void BlockDecode::emit() {
  Value scale = b.f32(p.scale);
  for (Value x : loadRow(p.q, {batch, head, b.idx(0)}))
    query.push_back(b.mulf(x, scale));
  Values init{b.f32(-std::numeric_limits<float>::infinity()), b.f32(0)};
  init.append(slots(), b.f32(0));
  auto last = b.forLoop(
      b.idx(0), p.keys, kDecodeKeys, init,
      [&](Value begin, ValueRange carried) {
        Value count = b.min(b.sub(p.keys, begin), b.idx(kDecodeKeys));
        storeScores(begin, count);
        barrier(b);
        Values state = weigh(count, carried[0], carried[1]);
        barrier(b);
        Value factor = state.pop_back_val();
        state.append(addValues(begin, count, factor, carried.drop_front(2)));
        return state;
      });
  Value inverse = inverseSum(b, last[1]);
  for (int64_t slot = 0; slot < slots(); ++slot)
    b.ifThen(b.less(column(slot), b.idx(p.valueWidth)), [&] {
      b.store(b.mulf(last[2 + slot], inverse), p.out,
              {batch, head, b.idx(0), column(slot)});
    });
}

void quantc::emitBlockAttentionDecode(const AttentionParts &p) {
  SharedBuffer numbers{{kDecodeKeys}, p.b.getF32Type()};
  launchBlocks(p.b, p.b.mul(p.batch, p.heads), kRowBlockWarps,
               {numbers, numbers},
               [&](const BlockThread &at) { BlockDecode(p, at).emit(); });
}
