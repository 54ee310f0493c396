//===- BlockMatMulF32.cpp - fp32 activations on a GPU -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See BlockMatMulF32.h: what both kernels need, and the choice between them.

#include "BlockMatMulF32.h"

using namespace mlir;
using namespace quantc;

/// From as many rows on blocks have several that share decoded weights.
static constexpr int64_t kSharedRows = 4;
/// From as many rows on operands go through shared memory.
static constexpr int64_t kManyRows = 64;

FloatWeights::FloatWeights(KernelBuilder &b, const Product &p, PanelPart part)
    : b(b), p(p), part(part) {
  if (p.scales)
    decoder.emplace(b, p, part);
}

LineWords FloatWeights::load(Value panel, Value line) const {
  if (decoder)
    return decoder->loadWords(panel, line);
  return {{part.load(b, p.weight, {panel, line}), nullptr}};
}

Value FloatWeights::number(const LineWords &words, int64_t column,
                           Value negativeZero) const {
  return decoder ? decoder->number(words, column, negativeZero) : words[0].low;
}

Value FloatWeights::negativeZero(Value panel, Value group) const {
  return decoder ? decoder->negativeZeroPoint(panel, group) : Value();
}

Value FloatWeights::addScaled(Value partial, Value panel, Value group,
                              Value total) const {
  return decoder ? b.fma(partial, scale(panel, group), total) : partial;
}

bool quantc::hasAlignedColumns(const Product &p, int64_t unit, int64_t count) {
  for (int64_t columns : {unit, count, p.k, p.groupSize})
    if (columns % 4)
      return false;
  return cast<MemRefType>(p.x.getType()).getLayout().isIdentity();
}

void quantc::emitBlockMatMulF32(KernelBuilder &b, const Product &p) {
  Product whole = p;
  if (!p.scales)
    whole.groupSize = p.k;
  b.ifThen(
      b.less(p.m, b.idx(kManyRows)),
      [&] {
        b.ifThen(
            b.less(p.m, b.idx(kSharedRows)),
            [&] { emitSplitMatMulF32(b, whole, 1); },
            [&] { emitSplitMatMulF32(b, whole, kSharedRows); });
      },
      [&] { emitTileMatMulF32(b, whole); });
}
