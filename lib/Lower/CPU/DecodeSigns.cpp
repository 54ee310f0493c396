//===- DecodeSigns.cpp - weights of one sign to numbers ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See DecodeSigns.h. A number +1 or -1 is 1.0 with the bit of its column moved
// to the sign: a shift and one operation of three inputs on AVX-512. With a
// zero point it is one of two levels. All steps but those levels are exact.

#include "DecodeSigns.h"

using namespace mlir;
using namespace quantc;

/// The bit of a column in the word of its channel.
static int64_t bitOf(const Product &p, int64_t column) {
  return p.codebookDim ? column : column % 4 * 8 + column / 4;
}

static int64_t lanesOf(Value vector) {
  return cast<VectorType>(vector.getType()).getNumElements();
}

/// One bit of each index of the part, from two bytes, where it belongs.
static Value loadBitPlane(KernelBuilder &b, Value weight, const PanelPart &part,
                          ValueRange place, int64_t bit) {
  VectorType words = b.i32Vec(part.channels);
  Value bytes = b.loadVec(weight, place, 2);
  Value word = b.create<vector::ExtractOp>(
      b.create<vector::BitCastOp>(b.vecType(b.getI16Type(), 1), bytes), 0);
  word = b.create<arith::ExtUIOp>(b.getI32Type(), word);
  if (!part.isWhole())
    word = b.create<arith::ShRUIOp>(
        word, b.create<arith::IndexCastOp>(b.getI32Type(), part.first));
  SmallVector<int32_t> masks;
  for (int32_t lane = 0; lane < part.channels; ++lane)
    masks.push_back(int32_t(1) << lane);
  Value own = b.create<arith::ConstantOp>(
      DenseElementsAttr::get(words, ArrayRef<int32_t>(masks)));
  Value zero = b.constant(words, 0);
  Value isSet = b.create<arith::CmpIOp>(
      arith::CmpIPredicate::ne,
      b.create<arith::AndIOp>(b.splat(word, part.channels), own), zero);
  return b.create<arith::SelectOp>(
      isSet, b.constant(words, static_cast<double>(int64_t(1) << bit)), zero);
}

/// The indices of a line, in the order of quantc/Formats/IndexLayout.h.
static Value loadIndices(KernelBuilder &b, const Product &p,
                         const PanelPart &part, Value panel, Value line) {
  VectorType words = b.i32Vec(part.channels);
  Value indices;
  auto join = [&](Value more) {
    indices =
        indices ? b.create<arith::OrIOp>(indices, more).getResult() : more;
  };
  int64_t byte = 0, bit = 0;
  for (; bit + 8 <= p.bits; bit += 8, byte += kLanes) {
    // Lines start on any byte.
    Value bytes = b.loadVec(p.weight, {panel, line, part.place(b, 1, byte)},
                            part.channels);
    Value eight = b.create<arith::ExtUIOp>(words, bytes);
    if (bit)
      eight = b.create<arith::ShLIOp>(
          eight, b.constant(words, static_cast<double>(bit)));
    join(eight);
  }
  for (; bit < p.bits; ++bit, byte += 2)
    join(loadBitPlane(b, p.weight, part, {panel, line, b.idx(byte)}, bit));
  return indices;
}

/// The patterns of indices. Two patterns stand in a word of the codebook.
static Value lookUp(KernelBuilder &b, Value codebook, Value indices) {
  VectorType words = b.i32Vec(lanesOf(indices));
  Value one = b.constant(words, 1);
  Value word = b.create<arith::ShRUIOp>(indices, one);
  Value all = b.constant(b.vecType(b.getI1Type(), lanesOf(indices)), 1);
  Value zero = b.idx(0);
  Value pairs = b.create<vector::GatherOp>(
      words, codebook, ValueRange{zero, zero}, word, all, b.constant(words, 0));
  Value shift = b.create<arith::ShLIOp>(b.create<arith::AndIOp>(indices, one),
                                        b.constant(words, 4));
  return b.create<arith::ShRUIOp>(pairs, shift);
}

Value quantc::loadSignWords(KernelBuilder &b, const Product &p,
                            const PanelPart &part, Value panel, Value line) {
  VectorType type = b.i32Vec(part.channels);
  Value words;
  if (p.codebookDim)
    words = lookUp(b, p.codebook, loadIndices(b, p, part, panel, line));
  else
    words = b.create<vector::BitCastOp>(
        type, part.load(b, p.weight, {panel, line},
                        kPanelLineBytes / kPanelChannels));
  return b.create<arith::XOrIOp>(words, b.constant(type, -1));
}

Value quantc::signNumber(KernelBuilder &b, const Product &p, Value words,
                         int64_t column, Value negativeZeroPoint) {
  int64_t bit = bitOf(p, column);
  VectorType numbers = b.f32Vec(lanesOf(words));
  auto constant = [&](int64_t value) {
    return b.constant(words.getType(), static_cast<double>(value));
  };
  if (!negativeZeroPoint) {
    Value moved = b.create<arith::ShLIOp>(words, constant(31 - bit));
    Value sign = b.create<arith::AndIOp>(moved, constant(INT32_MIN));
    Value number = b.create<arith::OrIOp>(sign, constant(0x3f800000));
    return b.create<arith::BitcastOp>(numbers, number);
  }
  int64_t mask = bit == 31 ? int64_t(INT32_MIN) : int64_t(1) << bit;
  Value isNegative = b.create<arith::CmpIOp>(
      arith::CmpIPredicate::ne, b.create<arith::AndIOp>(words, constant(mask)),
      constant(0));
  return b.create<arith::SelectOp>(
      isNegative, b.addf(b.constant(numbers, -1), negativeZeroPoint),
      b.addf(b.constant(numbers, 1), negativeZeroPoint));
}

Value quantc::signCode(KernelBuilder &b, const Product &p, Value words,
                       int64_t column) {
  auto constant = [&](int64_t value) {
    return b.constant(words.getType(), static_cast<double>(value));
  };
  Value bit =
      b.create<arith::ShRUIOp>(words, constant(bitOf(p, column))).getResult();
  return b.create<arith::XOrIOp>(b.create<arith::AndIOp>(bit, constant(1)),
                                 constant(1));
}

Value quantc::sumOfSigns(KernelBuilder &b, Value codes, Value sumOfX,
                         Value negativeZeroPoint) {
  // sum of (2 code - 1) x
  Value exact =
      b.create<arith::SubIOp>(b.create<arith::AddIOp>(codes, codes), sumOfX);
  if (negativeZeroPoint)
    return sumOfCodes(b, exact, sumOfX, negativeZeroPoint);
  return b.create<arith::SIToFPOp>(b.f32Vec(), exact);
}
