//===- LaneOperands.cpp - a lane's share of a product -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See WarpMatMulA8.h: loads and decodes, multiplies nothing.

#include "DecodePlanes.h"
#include "DecodeScale.h"
#include "MathHalf.h"
#include "WarpMatMulA8.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Parts of a panel: each has two channels.
static constexpr int64_t kParts = 8;

LaneOperands::LaneOperands(KernelBuilder &b, const Product &p)
    : IntDot(b, p, kParts, 0), unitLines(p.lineColumns() < 8 ? 2 : 1) {}

Value LaneOperands::lineOf(Value group, Value step, Value t) {
  int64_t groupLines = (p.groupSize + p.lineColumns() - 1) / p.lineColumns();
  Value unit = b.add(b.mul(step, 4), t);
  return b.add(b.mul(group, groupLines), b.mul(unit, unitLines));
}

Value LaneOperands::endOf(Value group) {
  return b.min(b.mul(b.add(group, 1), p.groupSize), b.idx(p.k));
}

Values LaneOperands::weightWords(Value panel, Value line, Value g) {
  Values words;
  for (int64_t i = 0; i < unitLines; ++i) {
    // A line that does not exist meets zeros.
    Value at = b.min(b.add(line, i), b.idx(p.lines() - 1));
    Values pieces;
    auto load = [&](Value memref, Value line, int64_t byte) {
      Value first = b.add(b.mul(g, partBytes()), byte);
      Value loaded = b.loadVec(memref, {panel, line, first}, partBytes());
      loaded.getDefiningOp<vector::LoadOp>().setAlignment(partBytes());
      pieces.push_back(loaded);
    };
    if (p.hasPlanes())
      for (const PlaneLine &own : planeLinesAt(b, p, at))
        load(own.memref, own.line, 0);
    else
      for (int64_t byte = 0; byte < p.lineBytes(); byte += kPanelLineBytes)
        load(p.weight, at, byte);
    for (Value bytes : decode(pieces)) {
      Value both = b.create<vector::BitCastOp>(b.i32Vec(2), bytes);
      for (int64_t channel : {0, 1})
        words.push_back(b.create<vector::ExtractOp>(both, channel));
    }
  }
  return words;
}

Values LaneOperands::activationWords(Value row, Value line, Value end) {
  Value column = b.mul(line, p.lineColumns());
  bool isWhole = p.k % columns() == 0 && p.groupSize % columns() == 0 &&
                 cast<MemRefType>(p.x.getType()).getLayout().isIdentity();
  Value bytes, exists;
  if (isWhole) {
    exists = b.less(column, end);
    Value at = b.min(column, b.idx(p.k - columns()));
    bytes = b.loadVec(p.x, {row, at}, columns());
    bytes.getDefiningOp<vector::LoadOp>().setAlignment(
        std::min<int64_t>(columns(), 16));
  } else {
    Value count = b.max(b.sub(end, column), b.idx(0));
    bytes = b.loadTail(p.x, {row, column}, count, columns());
  }
  Value all = b.create<vector::BitCastOp>(b.i32Vec(words()), bytes);
  Values result;
  for (int64_t i = 0; i < words(); ++i) {
    Value word = b.create<vector::ExtractOp>(all, i);
    if (exists)
      word = b.create<arith::SelectOp>(exists, word, b.i32(0));
    result.push_back(word);
  }
  return result;
}

Value LaneOperands::zeroPoint(Value panel, Value group, Value channel) {
  if (!p.zeroPoints)
    return b.i32(static_cast<int32_t>(p.constantZero()));
  int64_t stored = cast<MemRefType>(p.zeroPoints.getType()).getShape().back();
  Value byte = b.load(p.zeroPoints, {panel, group, b.rem(channel, stored)});
  Value code = b.create<arith::ExtUIOp>(b.getI32Type(), byte);
  if (stored == kPanelChannels)
    return code;
  Value isUpper =
      b.create<arith::IndexCastOp>(b.getI32Type(), b.floorDiv(channel, stored));
  Value shift = b.create<arith::MulIOp>(isUpper, b.i32(4));
  return b.create<arith::AndIOp>(b.create<arith::ShRUIOp>(code, shift),
                                 b.i32(15));
}

Value LaneOperands::exactSum(Value panel, Value group, Value channel, Value sum,
                             Value sumOfX) {
  if (p.hasSigns) // sum of (2 code - 1) x
    return b.create<arith::SubIOp>(b.create<arith::AddIOp>(sum, sum), sumOfX);
  if (p.hasRealZeros())
    return sum;
  Value zero =
      b.create<arith::MulIOp>(zeroPoint(panel, group, channel), sumOfX);
  return b.create<arith::SubIOp>(sum, zero);
}

Value LaneOperands::number(Value panel, Value group, Value channel, Value exact,
                           Value sumOfX) {
  if (!p.hasRealZeros())
    return b.create<arith::SIToFPOp>(b.getF32Type(), exact);
  Value stored = b.load(p.zeroPoints, {panel, group, channel});
  Value zero = isHalf(stored.getType()) ? emitFromHalf(b, stored) : stored;
  return sumOfCodes(b, exact, sumOfX, b.create<arith::NegFOp>(zero));
}

Value LaneOperands::scale(Value panel, Value group, Value channel) {
  Value stored = b.load(p.scales, {panel, group, channel});
  if (p.scaleCode == ScaleCode::Float)
    return isHalf(stored.getType()) ? emitFromHalf(b, stored) : stored;
  Value codes = b.splat(stored);
  Value numbers = p.scaleCode == ScaleCode::E8M0 ? emitFromE8M0(b, codes)
                                                 : emitFromE4M3(b, codes);
  return b.mulf(b.create<vector::ExtractOp>(numbers, 0),
                b.load(p.scaleUnit, {b.idx(0), b.idx(0)}));
}

void LaneOperands::finish(Value row, Value panel, Value channel, Value total) {
  if (p.rowZeros) {
    Value code =
        b.create<arith::ExtSIOp>(b.getI32Type(), b.load(p.rowZeros, {row}));
    Value zero = b.create<arith::SIToFPOp>(b.getF32Type(), code);
    Value sum = b.load(p.weightSums, {panel, b.idx(0), channel});
    total = b.fma(b.create<arith::NegFOp>(zero), sum, total);
  }
  storeElement(b, p, row, panel, channel,
               b.mulf(total, b.load(p.rowScales, {row})));
}

Value LaneOperands::add(Value sum, ValueRange weights, ValueRange activations) {
  for (auto [w, x] : llvm::zip_equal(weights, activations))
    sum = addByteProducts(b, w, x, sum);
  return sum;
}
