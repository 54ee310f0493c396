//===- PackSigns.cpp - signs as bits of words -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates pack_signs.f32 and pack_signs.codes: 64 comparisons a word, 16 at a
// time.

#include "SignProduct.h"
#include "quantc/Target/SignRows.h"

using namespace mlir;
using namespace quantc;

namespace {
struct SignPacker {
  KernelBuilder &b;
  Value x;
  bool isFloat;

  /// The bits of 16 elements from `column` on, of which `count` exist (null:
  /// all).
  Value bits(Value row, Value column, Value count) {
    Value part = count ? b.loadTail(x, {row, column}, count)
                       : b.loadVec(x, {row, column});
    Value mask = isFloat ? Value(b.create<arith::CmpFOp>(
                               arith::CmpFPredicate::OGE, part, b.splatF32(0)))
                         : Value(b.create<arith::CmpIOp>(
                               arith::CmpIPredicate::ne, part,
                               b.constant(b.vecType(b.getI8Type()), 0)));
    return packMask(b, mask);
  }

  /// A word of `columns` elements.
  Value word(Value row, Value first, int64_t columns) {
    Value result;
    for (int64_t i = 0; i < columns; i += kLanes) {
      bool isPart = columns - i < kLanes;
      Value part =
          bits(row, b.add(first, i), isPart ? b.idx(columns - i) : Value());
      // Elements that do not exist read as zero, whose sign is a bit.
      if (isPart && isFloat)
        part = b.create<arith::AndIOp>(
            part, b.constant(b.getI64Type(), (1 << (columns - i)) - 1));
      if (i > 0)
        part = b.create<arith::ShLIOp>(part, b.constant(b.getI64Type(), i));
      result = result ? Value(b.create<arith::OrIOp>(result, part)) : part;
    }
    return result;
  }
};
} // namespace

LogicalResult quantc::emitPackSigns(KernelBuilder &b, kern::PackSignsOp op) {
  bool isFloat = op.getKernel() == "pack_signs.f32";
  if (!isFloat && op.getKernel() != "pack_signs.codes")
    return unknownKernel(op, op.getKernel());
  Value x = b.flattenRows(op.getInputs()[0]),
        out = b.flattenRows(op.getInits()[0]);
  if (!x || !out)
    return op.emitOpError("needs rows without gaps between them");
  int64_t columns = cast<MemRefType>(x.getType()).getShape().back();
  if (ShapedType::isDynamic(columns))
    return op.emitOpError("needs a static number of columns");
  SignPacker packer{b, x, isFloat};
  int64_t words = signRowWords(columns), rest = columns % kSignsPerWord;
  Value count = b.mul(b.dim(x, 0), words);
  b.parallelFor(count, KernelBuilder::grainOf(kSignsPerWord), [&](Value item) {
    Value row = b.floorDiv(item, words), word = b.rem(item, words);
    Value first = b.mul(word, kSignsPerWord);
    auto emit = [&](int64_t present) {
      b.store(packer.word(row, first, present), out, {row, word});
    };
    if (rest == 0)
      return emit(kSignsPerWord);
    b.ifThen(
        b.equal(word, b.idx(words - 1)), [&] { emit(rest); },
        [&] { emit(kSignsPerWord); });
  });
  return success();
}
