//===- DecodePanel.cpp - codes of a panel to numbers ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See DecodePanel.h. A shift of every code would be bound to few ports, so a
// code is masked where it stands, converted, and divided by the power of two of
// its place in the same fma that subtracts the zero point. All steps are exact.

#include "DecodePanel.h"

using namespace mlir;
using namespace quantc;

Value PanelDecoder::loadBytes(Value panel, Value line) const {
  return b.loadVec(p.weight, {panel, line, b.idx(0)}, 64);
}

LineWords PanelDecoder::loadWords(Value panel, Value line) const {
  Value low = b.create<vector::BitCastOp>(b.i32Vec(), loadBytes(panel, line));
  Value half = b.constant(b.i32Vec(), 16);
  return {low, b.create<arith::ShRUIOp>(low, half)};
}

Value PanelDecoder::zeroPoint(Value panel, Value group) const {
  if (!p.zeroPoints)
    return b.constant(b.i32Vec(), int64_t(1) << (p.bits - 1));
  return b.create<arith::ExtUIOp>(
      b.i32Vec(), b.loadVec(p.zeroPoints, {panel, group, b.idx(0)}));
}

Value PanelDecoder::negativeZeroPoint(Value panel, Value group) const {
  if (!p.zeroPoints)
    return b.splatF32(-static_cast<float>(int64_t(1) << (p.bits - 1)));
  Value zero = b.create<arith::SIToFPOp>(b.f32Vec(), zeroPoint(panel, group));
  return b.create<arith::NegFOp>(zero);
}

Value PanelDecoder::scale(Value panel, Value group) const {
  return b.loadVec(p.scales, {panel, group, b.idx(0)});
}

/// Lowest bit of a column's code in the half of the word that holds it.
static int64_t shiftOf(int64_t column, int64_t bits) {
  return column % 2 * 8 + column / 4 * bits;
}

static bool isInHigh(int64_t column) { return column % 4 >= 2; }

Value PanelDecoder::code(const LineWords &words, int64_t column) const {
  Value word = isInHigh(column) ? words.high : words.low;
  if (int64_t shift = shiftOf(column, p.bits))
    word = b.create<arith::ShRUIOp>(word, b.constant(b.i32Vec(), shift));
  return b.create<arith::AndIOp>(
      word, b.constant(b.i32Vec(), (int64_t(1) << p.bits) - 1));
}

Value PanelDecoder::number(const LineWords &words, int64_t column,
                           Value negativeZero) const {
  int64_t shift = shiftOf(column, p.bits), mask = ((int64_t(1) << p.bits) - 1)
                                                  << shift;
  Value word = isInHigh(column) ? words.high : words.low;
  Value masked = b.create<arith::AndIOp>(word, b.constant(b.i32Vec(), mask));
  Value scaled = b.create<arith::SIToFPOp>(b.f32Vec(), masked);
  if (shift == 0)
    return b.addf(scaled, negativeZero);
  Value unit = b.splatF32(1.0f / static_cast<float>(int64_t(1) << shift));
  // The product is exact, so that both forms give the same number.
  if (b.level().hasFMA())
    return b.fma(scaled, unit, negativeZero);
  return b.addf(b.mulf(scaled, unit), negativeZero);
}

void PanelDecoder::unpack(Value panel, Value firstLine, int64_t count,
                          Value group, Value scratch, int64_t slot) const {
  int64_t columns = p.lineColumns(), lines = count / columns;
  Value negativeZero = negativeZeroPoint(panel, group);
  auto line = [&](Value index, int64_t present) {
    LineWords words = loadWords(panel, b.add(firstLine, index));
    Value first = b.mul(index, columns);
    for (int64_t c = 0; c < present; ++c)
      b.storeVec(number(words, c, negativeZero), scratch,
                 {b.idx(slot), b.add(first, c), b.idx(0)});
  };
  b.forLoop(b.idx(0), b.idx(lines), 1,
            [&](Value index) { line(index, columns); });
  if (count % columns)
    line(b.idx(lines), count % columns);
}
