//===- DecodePanel.cpp - codes of a panel to numbers ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See DecodePanel.h. Of 3 bits the upper one is brought to where the two lower
// ones stand.

#include "DecodePanel.h"
#include "DecodePlanes.h"
#include "DecodeScale.h"
#include "DecodeSigns.h"
#include "MathHalf.h"

using namespace mlir;
using namespace quantc;

void PanelDecoder::prefetch(Value panel, Value line, int64_t aheadBytes,
                            int64_t width) const {
  if (p.inColumns) // which ones come next is not known here
    return;
  // Panels lie one behind the other: a line behind the last is in the next one.
  Value ahead = b.add(line, aheadBytes / p.lineBytes());
  Value isNext = b.cmp(arith::CmpIPredicate::sge, ahead, b.idx(p.lines()));
  Value skipped = b.create<arith::SelectOp>(
      isNext, b.idx((width - 1) * p.lines()), b.idx(0));
  ahead = b.add(ahead, skipped);
  if (p.hasPlanes()) {
    for (const PlaneLine &next : planeLinesAt(b, p, ahead))
      b.prefetch(next.memref, {panel, next.line, b.idx(0)});
    return;
  }
  for (int64_t byte = 0; byte < p.lineBytes(); byte += kPanelLineBytes)
    b.prefetch(p.weight, {panel, ahead, b.idx(byte)});
}

void PanelDecoder::prefetchGroup(Value panel, Value group) const {
  b.prefetch(p.scales, {panel, group, b.idx(0)});
  if (p.zeroPoints)
    b.prefetch(p.zeroPoints, {panel, group, b.idx(0)});
}

Value PanelDecoder::loadColumn(Value tile, Value column) const {
  Value bytes = b.loadWeights(p.weight, {column, tile, b.idx(0)},
                              columnTileBytes(p.bits));
  Type word = b.getIntegerType(4 * p.bits);
  Value words = b.create<vector::BitCastOp>(b.vecType(word), bytes);
  return word.isInteger(32)
             ? words
             : b.create<arith::ExtUIOp>(b.i32Vec(), words).getResult();
}

SmallVector<Value, 4> PanelDecoder::loadBytes(Value panel, Value line) const {
  constexpr int64_t channelBytes = kPanelLineBytes / kPanelChannels;
  SmallVector<Value, 4> bytes;
  if (p.hasPlanes()) {
    for (const PlaneLine &own : planeLinesAt(b, p, line))
      bytes.push_back(
          part.load(b, own.memref, {panel, own.line}, channelBytes));
    return joinPlanes(b, p, bytes);
  }
  for (int64_t byte = 0; byte < p.lineBytes(); byte += kPanelLineBytes)
    bytes.push_back(part.load(b, p.weight, {panel, line}, channelBytes, byte));
  return bytes;
}

LineWords PanelDecoder::loadWords(Value panel, Value line) const {
  LineWords words;
  if (p.hasSigns) {
    Value signs = loadSignWords(b, p, part, panel, line);
    return {{signs, signs}};
  }
  if (p.inColumns) {
    constexpr int64_t panels = kColumnTile / kPanelChannels;
    Value column = loadColumn(b.floorDiv(panel, panels), line);
    Value shift = b.create<arith::IndexCastOp>(
        b.getI32Type(), b.mul(b.rem(panel, panels), p.bits));
    Value own = b.create<arith::ShRUIOp>(column, b.splat(shift));
    words.push_back({own, own});
    return words;
  }
  for (Value bytes : loadBytes(panel, line)) {
    Value low = b.create<vector::BitCastOp>(b.i32Vec(part.channels), bytes);
    Value half = b.constant(low.getType(), 16);
    words.push_back({low, b.create<arith::ShRUIOp>(low, half)});
  }
  return words;
}

Value PanelDecoder::zeroPoint(Value panel, Value group) const {
  VectorType words = b.i32Vec(part.channels);
  if (!p.zeroPoints)
    return b.constant(words, p.constantZero());
  bool isHalved = cast<MemRefType>(p.zeroPoints.getType()).getShape().back() <
                  kPanelChannels;
  if (isHalved && !part.isWhole()) {
    // Channels of a part are in the same half.
    Value half = b.idx(kPanelChannels / 2);
    PanelPart stored{part.channels, b.rem(part.first, half)};
    Value shift = b.mul(b.floorDiv(part.first, half), 4);
    Value codes = b.create<arith::ExtUIOp>(
        words, stored.load(b, p.zeroPoints, {panel, group}));
    Value moved = b.create<arith::ShRUIOp>(
        codes, b.splat(b.create<arith::IndexCastOp>(b.getI32Type(), shift),
                       part.channels));
    return b.create<arith::AndIOp>(moved, b.constant(words, 15));
  }
  Value bytes = isHalved ? b.loadVec(p.zeroPoints, {panel, group, b.idx(0)},
                                     kPanelChannels / 2)
                         : part.load(b, p.zeroPoints, {panel, group});
  if (isHalved) {
    Type type = bytes.getType();
    Value low = b.create<arith::AndIOp>(bytes, b.constant(type, 15));
    Value high = b.create<arith::ShRUIOp>(bytes, b.constant(type, 4));
    bytes = b.create<vector::ShuffleOp>(
        low, high, llvm::to_vector(llvm::seq<int64_t>(0, kPanelChannels)));
  }
  return b.create<arith::ExtUIOp>(words, bytes);
}

Value PanelDecoder::negativeZeroPoint(Value panel, Value group) const {
  if (p.hasRealZeros())
    return b.create<arith::NegFOp>(loadNumbers(p.zeroPoints, panel, group));
  if (p.hasSigns)
    return Value();
  if (!p.zeroPoints)
    return b.splatF32(-static_cast<float>(p.constantZero()), part.channels);
  Value zero = b.create<arith::SIToFPOp>(b.f32Vec(part.channels),
                                         zeroPoint(panel, group));
  return b.create<arith::NegFOp>(zero);
}

Value PanelDecoder::scale(Value panel, Value group) const {
  if (p.scaleCode == ScaleCode::Float)
    return loadNumbers(p.scales, panel, group);
  Value stored = part.load(b, p.scales, {panel, group});
  Value number = p.scaleCode == ScaleCode::E8M0 ? emitFromE8M0(b, stored)
                                                : emitFromE4M3(b, stored);
  return b.mulf(number,
                b.loadSplat(p.scaleUnit, {b.idx(0), b.idx(0)}, part.channels));
}

Value PanelDecoder::loadNumbers(Value from, Value panel, Value group) const {
  Value stored = part.load(b, from, {panel, group});
  return isHalf(stored.getType()) ? emitFromHalf(b, stored) : stored;
}

/// Lowest bit of a column's code in the half of the word that holds it.
static int64_t shiftOf(int64_t column, int64_t bits) {
  return column % 2 * 8 + column / 4 * bits;
}

static Value halfOf(const PieceWords &words, int64_t column) {
  return column % 4 >= 2 ? words.high : words.low;
}

/// `bits` bits of `word` from `shift` on, where they stand.
static Value mask(KernelBuilder &b, Value word, int64_t shift, int64_t bits) {
  int64_t ones = ((int64_t(1) << bits) - 1) << shift;
  return b.create<arith::AndIOp>(word, b.constant(word.getType(), ones));
}

/// word * 2^left; no bit is lost.
static Value shiftLeft(KernelBuilder &b, Value word, int64_t left) {
  if (left == 0)
    return word;
  Value count = b.constant(word.getType(), left < 0 ? -left : left);
  return left < 0 ? b.create<arith::ShRUIOp>(word, count).getResult()
                  : b.create<arith::ShLIOp>(word, count).getResult();
}

CodeWords PanelDecoder::place(const LineWords &words, int64_t column) const {
  if (p.inColumns)
    return {words[0].low, 0, false};
  if (p.hasPlanes())
    return {halfOf(words[planeVector(p, column / 4)], column),
            column % 2 * 8 + planeShift(p, column / 4), false};
  if (p.bits != 3)
    return {halfOf(words[0], column), shiftOf(column, p.bits), false};
  int64_t shift = shiftOf(column % 16, 2), upper = shiftOf(column, 1);
  Value two = mask(b, halfOf(words[column / 16], column), shift, 2);
  Value one = mask(b, halfOf(words[2], column), upper, 1);
  one = shiftLeft(b, one, shift + 2 - upper);
  return {b.create<arith::OrIOp>(two, one), shift, true};
}

Value PanelDecoder::code(const LineWords &words, int64_t column) const {
  if (p.hasSigns)
    return signCode(b, p, words[0].low, column);
  CodeWords code = place(words, column);
  if (!code.isMasked)
    code.word = mask(b, code.word, code.shift, p.bits);
  return policy->bytes(shiftLeft(b, code.word, -code.shift));
}

Value PanelDecoder::number(const LineWords &words, int64_t column,
                           Value negativeZero) const {
  if (p.hasSigns)
    return signNumber(b, p, words[0].low, column, negativeZero);
  return policy->number(place(words, column), negativeZero);
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
