//===- DecodePlanes.cpp - codes from the bits that are read -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See DecodePlanes.h. A byte of the first two planes holds two bits of four
// columns, c j for j = 0 .. 3 in the order of its bits; one of the third holds
// four bits of two. Operations are on words of 32 bits, whose bytes masks keep
// apart:
//
//   4 bits, even: (upper & 33) << 2 | (lower & 33)     columns 0 and 2
//           odd:  (upper & CC) | (lower & CC) >> 2     columns 1 and 3
//   8 bits: the nibbles of these above those of the third plane

#include "DecodePlanes.h"

using namespace mlir;
using namespace quantc;

SmallVector<PlaneLine, 4> quantc::planeLinesAt(KernelBuilder &b,
                                               const Product &p, Value line) {
  SmallVector<PlaneLine, 4> lines;
  for (auto [plane, memref] : llvm::enumerate(p.planes)) {
    int64_t count = planeLineCount(static_cast<int64_t>(plane));
    for (int64_t i = 0; i < count; ++i)
      lines.push_back({memref, b.add(b.mul(line, count), i)});
  }
  return lines;
}

namespace {
/// Words of bytes.
class Joiner {
public:
  Joiner(KernelBuilder &b, Type words) : b(b), words(words) {}

  Value masked(Value word, uint32_t byte) {
    return b.create<arith::AndIOp>(
        word, b.constant(words, static_cast<int32_t>(byte * 0x01010101u)));
  }
  /// Bits of a byte that `byte` has, `left` places higher, or lower.
  Value moved(Value word, uint32_t byte, int64_t left) {
    Value own = masked(word, byte);
    if (left > 0)
      return b.create<arith::ShLIOp>(own, b.constant(words, left));
    return b.create<arith::ShRUIOp>(own, b.constant(words, -left));
  }
  Value both(Value upper, Value lower) {
    return b.create<arith::OrIOp>(upper, lower);
  }

private:
  KernelBuilder &b;
  Type words;
};
} // namespace

SmallVector<Value, 4> quantc::joinPlanes(KernelBuilder &b, const Product &p,
                                         ValueRange lines) {
  if (p.bits == 2)
    return {lines[0]};
  auto bytes = cast<VectorType>(lines[0].getType());
  VectorType type = b.i32Vec(bytes.getNumElements() / 4);
  SmallVector<Value, 4> words;
  for (Value line : lines)
    words.push_back(b.create<vector::BitCastOp>(type, line));
  Joiner j(b, type);
  Value even = j.both(j.moved(words[0], 0x33, 2), j.masked(words[1], 0x33));
  Value odd = j.both(j.masked(words[0], 0xCC), j.moved(words[1], 0xCC, -2));
  SmallVector<Value, 4> joined = {even, odd};
  if (p.bits == 8)
    joined = {j.both(j.moved(even, 0x0F, 4), j.masked(words[2], 0x0F)),
              j.both(j.moved(odd, 0x0F, 4), j.moved(words[2], 0xF0, -4)),
              j.both(j.masked(even, 0xF0), j.masked(words[3], 0x0F)),
              j.both(j.masked(odd, 0xF0), j.moved(words[3], 0xF0, -4))};
  for (Value &word : joined)
    word = b.create<vector::BitCastOp>(bytes, word);
  return joined;
}
