//===- AccumulateF32.cpp - products in fp32 ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See AccumulateF32.h.

#include "AccumulateF32.h"

using namespace mlir;
using namespace quantc;

/// Steps of the inner loop that are written out.
static constexpr int64_t kUnroll = 4;
/// How many steps ahead weights are fetched: 2 KiB.
static constexpr int64_t kPrefetchSteps = 32;

KernelBuilder::Values quantc::zeroTile(KernelBuilder &b, Tile tile) {
  return KernelBuilder::Values(tile.size(), b.splatF32(0));
}

static Value loadWeight(KernelBuilder &b, const FloatOperands &o, int64_t panel,
                        Value step) {
  Value k = b.add(o.wFirst, step);
  if (!o.wPanel)
    return b.loadVec(o.w, {k, b.idx(0)});
  return b.loadWeights(o.w, {b.add(o.wPanel, panel), k, b.idx(0)});
}

static KernelBuilder::Values oneStep(KernelBuilder &b, const FloatOperands &o,
                                     Tile tile, Value step, ValueRange sums) {
  KernelBuilder::Values weights, next;
  for (int64_t j = 0; j < tile.panels; ++j)
    weights.push_back(loadWeight(b, o, j, step));
  for (int64_t r = 0; r < tile.rows; ++r) {
    Value x = b.loadSplat(o.x, {b.add(o.xRow, r), b.add(o.xFirst, step)});
    for (int64_t j = 0; j < tile.panels; ++j)
      next.push_back(b.fma(x, weights[j], sums[r * tile.panels + j]));
  }
  return next;
}

KernelBuilder::Values quantc::accumulateF32(KernelBuilder &b,
                                            const FloatOperands &o, Tile tile,
                                            int64_t count,
                                            ValueRange accumulators) {
  int64_t full = count - count % kUnroll;
  auto steps = [&](Value first, int64_t number, ValueRange sums) {
    KernelBuilder::Values values(sums);
    for (int64_t i = 0; i < number; ++i)
      values = oneStep(b, o, tile, b.add(first, i), values);
    return values;
  };
  KernelBuilder::Values sums = b.forLoop(
      b.idx(0), b.idx(full), kUnroll, accumulators,
      [&](Value k, ValueRange carried) {
        if (o.prefetch && o.wPanel)
          for (int64_t i = 0; i < kUnroll; ++i)
            for (int64_t j = 0; j < tile.panels; ++j)
              b.prefetch(o.w, {b.add(o.wPanel, j),
                               b.add(b.add(o.wFirst, k), kPrefetchSteps + i),
                               b.idx(0)});
        return steps(k, kUnroll, carried);
      });
  return steps(b.idx(full), count - full, sums);
}
