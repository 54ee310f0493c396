//===- AccumulateInt.cpp - products of codes in int32 -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See AccumulateInt.h. The policies:
//
//   VnniDot      vpdpbusd, four products an instruction and lane
//   ByteDot      vpmaddubsw into int16, widened before it can overflow: a plane
//                adds at most 2 * 15 * 128 = 3840, eight of them 30720; for 3
//                bits 1792, sixteen of them 28672
//   WordDot      8-bit weights would overflow int16 at once: vpmaddwd on codes
//                widened to int16, bytes 0, 2 and 1, 3 of every four apart
//   PortableDot  int32 multiplications

#include "AccumulateInt.h"
#include "DecodePlanes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

//===-- what policies share
//------------------------------------------------===//

Value IntDot::flush(Value total, Value sum) { return sum; }

Value IntDot::addBytes(Value total, Value bytes) {
  int64_t lanes = cast<VectorType>(bytes.getType()).getNumElements();
  Value wide = b.create<arith::ExtSIOp>(b.i32Vec(lanes), bytes);
  for (int64_t i = 0; i < lanes; i += kLanes)
    total = b.create<arith::AddIOp>(
        total, b.create<vector::ExtractStridedSliceOp>(
                   wide, ArrayRef<int64_t>{i}, ArrayRef<int64_t>{kLanes},
                   ArrayRef<int64_t>{1}));
  return total;
}

Value IntDot::loadPart(Value panel, Value line, int64_t part, int64_t piece) {
  int64_t byte = piece * kPanelLineBytes + part * partBytes();
  return b.loadWeights(p.weight, {panel, line, b.idx(byte)}, partBytes());
}

Value IntDot::planeBytes(Value line, int64_t plane, int64_t bits) {
  if (bits == 8)
    return line;
  VectorType words = b.i32Vec(partBytes() / 4),
             bytes = b.vecType(b.getI8Type(), partBytes());
  if (plane) {
    Value shifted =
        b.create<arith::ShRUIOp>(b.create<vector::BitCastOp>(words, line),
                                 b.constant(words, plane * bits));
    line = b.create<vector::BitCastOp>(bytes, shifted);
  }
  return b.create<arith::AndIOp>(line, b.constant(bytes, (1 << bits) - 1));
}

Value IntDot::threeBitBytes(Value twos, Value ones, int64_t plane) {
  VectorType words = b.i32Vec(partBytes() / 4),
             bytes = b.vecType(b.getI8Type(), partBytes());
  // Bit `plane` of a byte to bit 2; what comes from other bytes is masked.
  Value word = b.create<vector::BitCastOp>(words, ones);
  if (plane < 2)
    word = b.create<arith::ShLIOp>(word, b.constant(words, 2 - plane));
  else if (plane > 2)
    word = b.create<arith::ShRUIOp>(word, b.constant(words, plane - 2));
  Value upper = b.create<arith::AndIOp>(
      b.create<vector::BitCastOp>(bytes, word), b.constant(bytes, 4));
  return b.create<arith::OrIOp>(planeBytes(twos, plane % 4, 2), upper);
}

Value IntDot::splatFour(const CodeRows &rows, Value row, Value column) {
  Value four = b.loadVec(rows.codes, {b.sub(row, rows.first), column}, 4);
  Value word = b.create<vector::ExtractOp>(
      b.create<vector::BitCastOp>(b.i32Vec(1), four), 0);
  return b.create<vector::BitCastOp>(b.vecType(b.getI8Type(), partBytes()),
                                     b.splat(word, partBytes() / 4));
}

Value IntDot::splatWord(Value words, const CodeRows &rows, Value row,
                        Value index) {
  Value word = b.load(words, {b.sub(row, rows.first), index});
  return b.create<vector::BitCastOp>(b.vecType(b.getI16Type(), partBytes() / 2),
                                     b.splat(word, partBytes() / 4));
}

Value IntDot::call(StringRef intrinsic, Type type, ValueRange arguments) {
  return b
      .create<LLVM::CallIntrinsicOp>(type, b.getStringAttr(intrinsic),
                                     arguments)
      ->getResult(0);
}

Values IntDot::weights(Value panel, Value line, int64_t part) {
  Values pieces;
  if (p.hasPlanes()) {
    for (const PlaneLine &own : planeLinesAt(b, p, line))
      pieces.push_back(b.loadWeights(
          own.memref, {panel, own.line, b.idx(part * partBytes())},
          partBytes()));
    return decode(pieces);
  }
  for (int64_t i = 0; i < p.lineBytes() / kPanelLineBytes; ++i)
    pieces.push_back(loadPart(panel, line, part, i));
  return decode(pieces);
}

Values IntDot::decode(ValueRange pieces) {
  Values result;
  if (p.hasPlanes()) {
    SmallVector<Value, 4> joined = joinPlanes(b, p, pieces);
    for (int64_t plane = 0; plane < planes(); ++plane)
      result.push_back(
          decoder.bytes(planeBytes(joined[planeVector(p, plane)],
                                   planeShift(p, plane) / p.bits, p.bits)));
    return result;
  }
  for (int64_t plane = 0; plane < planes(); ++plane)
    result.push_back(decoder.bytes(
        p.bits == 3 ? threeBitBytes(pieces[plane / 4], pieces[2], plane)
                    : planeBytes(pieces[0], plane, p.bits)));
  return result;
}

Values IntDot::activations(const CodeRows &rows, Value row, Value line) {
  Value column = b.mul(line, p.lineColumns());
  Values result;
  for (int64_t plane = 0; plane < planes(); ++plane)
    result.push_back(splatFour(rows, row, b.add(column, 4 * plane)));
  return result;
}

//===-- policies
//-----------------------------------------------------------===//

namespace {
class VnniDot : public IntDot {
public:
  VnniDot(KernelBuilder &b, const Product &p) : IntDot(b, p, 1, 0) {}

  Value add(Value sum, ValueRange weights, ValueRange activations) override {
    for (auto [w, x] : llvm::zip_equal(weights, activations))
      sum = call("llvm.x86.avx512.vpdpbusd.512", b.i32Vec(), {sum, w, x});
    return sum;
  }

  Value addBytes(Value total, Value bytes) override {
    if (cast<VectorType>(bytes.getType()).getNumElements() != 64)
      return IntDot::addBytes(total, bytes);
    Value ones = b.constant(bytes.getType(), 1);
    return call("llvm.x86.avx512.vpdpbusd.512", b.i32Vec(),
                {total, ones, bytes});
  }
};

/// vpmaddubsw and vpmaddwd on halves of a line.
class Avx2Dot : public IntDot {
public:
  using IntDot::IntDot;

protected:
  Value multiplyBytes(Value codes, Value signedCodes) {
    return call("llvm.x86.avx2.pmadd.ub.sw", b.vecType(b.getI16Type(), 16),
                {codes, signedCodes});
  }
  Value multiplyWords(Value x, Value y) {
    return call("llvm.x86.avx2.pmadd.wd", b.i32Vec(8), {x, y});
  }

public:
  Value addBytes(Value total, Value bytes) override {
    int64_t lanes = cast<VectorType>(bytes.getType()).getNumElements();
    if (lanes % 32)
      return IntDot::addBytes(total, bytes);
    VectorType half = b.vecType(b.getI8Type(), 32);
    Value pairs;
    for (int64_t i = 0; i < lanes; i += 32) {
      Value piece = b.create<vector::ExtractStridedSliceOp>(
          bytes, ArrayRef<int64_t>{i}, ArrayRef<int64_t>{32},
          ArrayRef<int64_t>{1});
      Value sums = multiplyBytes(b.constant(half, 1), piece);
      pairs = pairs ? Value(b.create<arith::AddIOp>(pairs, sums)) : sums;
    }
    Value fours = multiplyWords(pairs, b.constant(pairs.getType(), 1));
    // The upper lanes of the total are those of the other parts.
    Value zero = b.constant(b.i32Vec(), 0);
    Value wide = b.create<vector::InsertStridedSliceOp>(
        fours, zero, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{1});
    return b.create<arith::AddIOp>(total, wide);
  }
};

class ByteDot : public Avx2Dot {
public:
  ByteDot(KernelBuilder &b, const Product &p) : Avx2Dot(b, p, 2, 0) {
    // Pairs of products of a byte and of -128; a power of two of lines.
    int64_t line = planes() * 2 * 128 * decoder.largestByte();
    flushLines = 8;
    while (flushLines * line > INT16_MAX)
      flushLines /= 2;
  }

  Value add(Value sum, ValueRange weights, ValueRange activations) override {
    for (auto [w, x] : llvm::zip_equal(weights, activations)) {
      Value pairs = multiplyBytes(w, x);
      sum = sum ? Value(b.create<arith::AddIOp>(sum, pairs)) : pairs;
    }
    return sum;
  }

  Value flush(Value total, Value sum) override {
    Value fours = multiplyWords(sum, b.constant(sum.getType(), 1));
    return b.create<arith::AddIOp>(total, fours);
  }
};

class WordDot : public Avx2Dot {
public:
  WordDot(KernelBuilder &b, const Product &p) : Avx2Dot(b, p, 2, 0) {}

  bool takesPairs() const override { return true; }

  Values weights(Value panel, Value line, int64_t part) override {
    VectorType words = b.vecType(b.getI16Type(), 16);
    Values result;
    for (Value bytes : IntDot::weights(panel, line, part)) {
      Value both = b.create<vector::BitCastOp>(words, bytes);
      result.push_back(b.create<arith::AndIOp>(both, b.constant(words, 255)));
      result.push_back(b.create<arith::ShRUIOp>(both, b.constant(words, 8)));
    }
    return result;
  }

  Values activations(const CodeRows &rows, Value row, Value line) override {
    Values result;
    Value first = b.mul(line, planes());
    for (int64_t plane = 0; plane < planes(); ++plane) {
      Value four = b.add(first, plane);
      result.push_back(splatWord(rows.even, rows, row, four));
      result.push_back(splatWord(rows.odd, rows, row, four));
    }
    return result;
  }

  Value add(Value sum, ValueRange weights, ValueRange activations) override {
    for (auto [w, x] : llvm::zip_equal(weights, activations))
      sum = b.create<arith::AddIOp>(sum, multiplyWords(w, x));
    return sum;
  }
};

class PortableDot : public IntDot {
public:
  PortableDot(KernelBuilder &b, const Product &p) : IntDot(b, p, 1, 0) {}

  Values weights(Value panel, Value line, int64_t part) override {
    LineWords words = decoder.loadWords(panel, line);
    Values result;
    for (int64_t c = 0; c < p.lineColumns(); ++c)
      result.push_back(decoder.code(words, c));
    return result;
  }

  Values activations(const CodeRows &rows, Value row, Value line) override {
    Value column = b.mul(line, p.lineColumns());
    Values result;
    for (int64_t c = 0; c < p.lineColumns(); ++c) {
      Value code =
          b.load(rows.codes, {b.sub(row, rows.first), b.add(column, c)});
      result.push_back(b.splat(b.create<arith::ExtSIOp>(b.getI32Type(), code)));
    }
    return result;
  }

  Value add(Value sum, ValueRange weights, ValueRange activations) override {
    for (auto [w, x] : llvm::zip_equal(weights, activations))
      sum = b.create<arith::AddIOp>(sum, b.create<arith::MulIOp>(w, x));
    return sum;
  }
};
} // namespace

std::unique_ptr<IntDot> IntDot::create(KernelBuilder &b, const Product &p) {
  if (b.level().hasVNNI())
    return std::make_unique<VnniDot>(b, p);
  if (b.level().hasAVX2() && p.bits == 8)
    return std::make_unique<WordDot>(b, p);
  if (b.level().hasAVX2())
    return std::make_unique<ByteDot>(b, p);
  return std::make_unique<PortableDot>(b, p);
}

//===-- the loop over lines
//------------------------------------------------===//

namespace {
/// The loop over lines for some parts of a tile's panels. Accumulators have the
/// index (row * panels + panel) * number of parts + part.
struct LineLoop {
  KernelBuilder &b;
  IntDot &dot;
  const CodeRows &rows;
  Tile tile;
  Value row, panel;
  int64_t firstPart, numParts;

  void addLine(Value line, Values &sums) {
    SmallVector<Values> weights;
    for (int64_t j = 0; j < tile.panels; ++j) {
      Value at = b.add(panel, j);
      if (tile.rows == 1)
        dot.prefetch(at, line, tile.panels);
      for (int64_t part = 0; part < numParts; ++part)
        weights.push_back(dot.weights(at, line, firstPart + part));
    }
    int64_t width = tile.panels * numParts;
    for (int64_t r = 0; r < tile.rows; ++r) {
      Values x = dot.activations(rows, b.add(row, r), line);
      for (int64_t i = 0; i < width; ++i)
        sums[r * width + i] = dot.add(sums[r * width + i], weights[i], x);
    }
  }

  /// `count` lines, written out, between two flushes.
  Values addLines(Value line, int64_t count, ValueRange totals) {
    Values sums = dot.linesPerFlush() ? Values(totals.size()) : Values(totals);
    for (int64_t i = 0; i < count; ++i)
      addLine(b.add(line, i), sums);
    for (size_t i = 0; i < sums.size(); ++i)
      sums[i] = dot.flush(totals[i], sums[i]);
    return sums;
  }

  Values addAll(Value firstLine, int64_t count) {
    int64_t step = dot.linesPerFlush() ? dot.linesPerFlush() : 2;
    int64_t full = count - count % step;
    Values totals(tile.size() * numParts, dot.zero());
    totals = b.forLoop(b.idx(0), b.idx(full), step, totals,
                       [&](Value i, ValueRange carried) {
                         return addLines(b.add(firstLine, i), step, carried);
                       });
    if (count % step)
      totals = addLines(b.add(firstLine, full), count % step, totals);
    return totals;
  }
};
} // namespace

/// Two halves of 8 channels side by side.
static Value joinHalves(KernelBuilder &b, Value low, Value high) {
  return b.create<vector::ShuffleOp>(
      low, high, llvm::to_vector(llvm::seq<int64_t>(0, kLanes)));
}

Values quantc::accumulateInt(KernelBuilder &b, IntDot &dot,
                             const CodeRows &rows, Tile tile, Value row,
                             Value panel, Value firstLine, int64_t count) {
  auto sumsOf = [&](int64_t firstPart, int64_t numParts) {
    return LineLoop{b, dot, rows, tile, row, panel, firstPart, numParts}.addAll(
        firstLine, count);
  };
  if (dot.parts() == 1)
    return sumsOf(0, 1);
  Values result;
  if (tile.rows == 1) {
    // One pass: every line is read once.
    Values sums = sumsOf(0, 2);
    for (int64_t i = 0; i < tile.size(); ++i)
      result.push_back(joinHalves(b, sums[2 * i], sums[2 * i + 1]));
    return result;
  }
  // Two passes: half of the accumulators fit the registers.
  Values low = sumsOf(0, 1), high = sumsOf(1, 1);
  for (int64_t i = 0; i < tile.size(); ++i)
    result.push_back(joinHalves(b, low[i], high[i]));
  return result;
}
