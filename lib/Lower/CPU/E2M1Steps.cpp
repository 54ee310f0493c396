//===- E2M1Steps.cpp - floats of 4 bits -------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Twice a number of E2M1 is a small integer. AVX512 finds it in a table of 16
// words or bytes by one instruction, whose index ignores the bits above the
// code; AVX2 finds its magnitude among 8 words. Elsewhere the magnitudes are 4
// bits each of one constant, which is shifted.

#include "CodePolicy.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace quantc;

/// Magnitudes of the steps of codes 0 .. 7, the first in the lowest 4 bits.
static constexpr uint32_t kMagnitudes = 0xC8643210;

namespace {
class E2M1Steps : public CodePolicy {
public:
  E2M1Steps(KernelBuilder &b, const Product &p) : CodePolicy(b, p) {}

  Value number(const CodeWords &code, Value) override {
    Value word = shifted(code.word, code.shift);
    if (b.level().hasVNNI())
      return call("llvm.x86.avx512.permvar.sf.512", b.f32Vec(),
                  {table(b.f32Vec(), p.steps->bytes, p.steps->zero), word});
    Value magnitude = b.level().hasAVX2() ? lookUp(word) : select(word);
    // The sign of the code becomes that of the number.
    Type words = code.word.getType(), numbers = numbersOf(code.word);
    Value top = b.constant(words, INT32_MIN);
    Value left = b.constant(words, 28 - code.shift);
    Value sign =
        b.create<arith::AndIOp>(b.create<arith::ShLIOp>(code.word, left), top);
    Value bits = b.create<arith::BitcastOp>(words, magnitude);
    Value number = b.create<arith::BitcastOp>(
        numbers, b.create<arith::XOrIOp>(bits, sign));
    // Steps are integers: the code of -0 is 0 as the other one.
    return b.addf(number, b.constant(numbers, 0));
  }

  Value bytes(Value codes) override {
    auto type = cast<VectorType>(codes.getType());
    if (type.getElementType().isInteger(32))
      return wideBytes(codes);
    if (!b.level().hasAVX2() && !b.level().hasVNNI()) {
      VectorType words = b.i32Vec(type.getNumElements());
      return b.create<arith::TruncIOp>(
          type, wideBytes(b.create<arith::ExtUIOp>(words, codes)));
    }
    StringRef name = type.getNumElements() == 64 ? "llvm.x86.avx512.pshuf.b.512"
                                                 : "llvm.x86.avx2.pshuf.b";
    return call(name, type, {table(type, p.steps->bytes, 0), codes});
  }

  int64_t largestByte() const override { return p.steps->largestByte(); }

private:
  Value call(StringRef intrinsic, Type type, ValueRange arguments) {
    return b
        .create<LLVM::CallIntrinsicOp>(type, b.getStringAttr(intrinsic),
                                       arguments)
        ->getResult(0);
  }

  /// `bytes` minus `zero`, again and again until the type is full.
  Value table(VectorType type, ArrayRef<uint8_t> bytes, int32_t zero) {
    SmallVector<Attribute> elements;
    Type element = type.getElementType();
    for (int64_t i = 0; i < type.getNumElements(); ++i) {
      int32_t value = int32_t(bytes[i % bytes.size()]) - zero;
      elements.push_back(isa<FloatType>(element)
                             ? Attribute(b.getFloatAttr(element, value))
                             : b.getIntegerAttr(element, value));
    }
    return b.create<arith::ConstantOp>(DenseElementsAttr::get(type, elements));
  }

  /// Magnitudes of the codes in the lowest bits of 16 words, 8 at a time.
  Value lookUp(Value word) {
    VectorType half = b.f32Vec(8);
    Value numbers = table(half, p.steps->bytes.take_front(8), p.steps->zero);
    Value parts[2];
    for (int64_t i = 0; i < 2; ++i) {
      Value index = b.create<vector::ExtractStridedSliceOp>(
          word, ArrayRef<int64_t>{8 * i}, ArrayRef<int64_t>{8},
          ArrayRef<int64_t>{1});
      parts[i] = call("llvm.x86.avx2.permps", half, {numbers, index});
    }
    return b.create<vector::ShuffleOp>(
        parts[0], parts[1], llvm::to_vector(llvm::seq<int64_t>(0, kLanes)));
  }

  /// Magnitudes as integers.
  Value selectInteger(Value word) {
    Type type = word.getType();
    Value low = b.create<arith::AndIOp>(word, b.constant(type, 7));
    Value place = b.create<arith::ShLIOp>(low, b.constant(type, 2));
    Value all = b.constant(type, int32_t(kMagnitudes));
    return b.create<arith::AndIOp>(b.create<arith::ShRUIOp>(all, place),
                                   b.constant(type, 15));
  }
  Value select(Value word) {
    return b.create<arith::SIToFPOp>(numbersOf(word), selectInteger(word));
  }

  Value wideBytes(Value codes) {
    Type type = codes.getType();
    Value size = selectInteger(codes);
    Value zero = b.constant(type, p.steps->zero);
    Value isNegative = b.create<arith::CmpIOp>(arith::CmpIPredicate::ugt, codes,
                                               b.constant(type, 7));
    return b.create<arith::SelectOp>(isNegative,
                                     b.create<arith::SubIOp>(zero, size),
                                     b.create<arith::AddIOp>(zero, size));
  }
};
} // namespace

namespace quantc {
std::unique_ptr<CodePolicy> makeE2M1Steps(KernelBuilder &b, const Product &p);
} // namespace quantc

std::unique_ptr<CodePolicy> quantc::makeE2M1Steps(KernelBuilder &b,
                                                  const Product &p) {
  return std::make_unique<E2M1Steps>(b, p);
}
