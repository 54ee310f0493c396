//===- EvenSteps.cpp - codes whose steps lie evenly -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Integers, ternary and odd codes: a byte is the code times a constant. A shift
// of every code would be bound to few ports, so a code is masked where it
// stands, converted, and divided by the power of two of its place in the same
// fma that subtracts the zero point. All steps are exact.

#include "CodePolicy.h"

using namespace mlir;
using namespace quantc;

namespace {
class EvenSteps : public CodePolicy {
public:
  EvenSteps(KernelBuilder &b, const Product &p)
      : CodePolicy(b, p), factor(p.steps ? p.steps->bytes[1] : 1) {}

  Value number(const CodeWords &code, Value negativeZero) override {
    VectorType numbers = numbersOf(code.word);
    float size = static_cast<float>(factor) /
                 static_cast<float>(int64_t(1) << code.shift);
    if (b.level().isDevice() && factor == 1)
      return numberByBits(code, negativeZero, size);
    Value scaled = b.create<arith::SIToFPOp>(numbers, masked(code));
    if (size == 1)
      return b.addf(scaled, negativeZero);
    Value unit = b.constant(numbers, size);
    // The product is exact, so that both forms give the same number.
    if (b.level().hasFMA())
      return b.fma(scaled, unit, negativeZero);
    return b.addf(b.mulf(scaled, unit), negativeZero);
  }

  Value bytes(Value codes) override {
    if (factor == 1)
      return codes;
    return b.create<arith::MulIOp>(codes, b.constant(codes.getType(), factor));
  }

  int64_t largestByte() const override {
    return ((int64_t(1) << p.bits) - 1) * factor;
  }

private:
  /// GPUs convert few integers at a time. The code becomes the lowest bits of
  /// the mantissa of 2^23 + code * 2^shift; what that is too much goes with the
  /// zero point. All numbers are multiples of `size` below 2^24 * size.
  Value numberByBits(const CodeWords &code, Value negativeZero, float size) {
    Type words = code.word.getType(), numbers = numbersOf(code.word);
    Value bits =
        b.create<arith::OrIOp>(masked(code), b.constant(words, 0x4b000000));
    Value number = b.create<arith::BitcastOp>(numbers, bits);
    // Less a number that is no code, 2^23 would be rounded.
    if (p.hasRealZeros()) {
      Value whole = b.fma(number, b.constant(numbers, size),
                          b.constant(numbers, -0x1p23f * size));
      return b.addf(whole, negativeZero);
    }
    Value offset = b.subf(negativeZero, b.constant(numbers, 0x1p23f * size));
    return b.fma(number, b.constant(numbers, size), offset);
  }

  int64_t factor;
};
} // namespace

namespace quantc {
std::unique_ptr<CodePolicy> makeEvenSteps(KernelBuilder &b, const Product &p);
} // namespace quantc

std::unique_ptr<CodePolicy> quantc::makeEvenSteps(KernelBuilder &b,
                                                  const Product &p) {
  return std::make_unique<EvenSteps>(b, p);
}
