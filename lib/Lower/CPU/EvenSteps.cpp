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
    if (factor == 1 && code.shift + p.bits <= 23)
      return numberByBits(code, negativeZero);
    VectorType numbers = numbersOf(code.word);
    float size = static_cast<float>(factor) /
                 static_cast<float>(int64_t(1) << code.shift);
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
  /// A code in the fraction of 2^(23 - shift) is 2^(23 - shift) + code,
  /// whatever bits it stands at: one addition takes that and the zero point
  /// away, and both sums are exact. That saves the conversion, of which GPUs do
  /// few at a time.
  Value numberByBits(const CodeWords &code, Value negativeZero) {
    Type words = code.word.getType(), numbers = numbersOf(code.word);
    int64_t exponent = 23 - code.shift;
    Value bits = b.create<arith::OrIOp>(
        masked(code), b.constant(words, (127 + exponent) << 23));
    Value power =
        b.constant(numbers, static_cast<float>(int64_t(1) << exponent));
    // The sum of the power and a number that is no code would be rounded.
    if (p.hasRealZeros()) {
      Value raised = b.create<arith::BitcastOp>(numbers, bits);
      return b.addf(b.subf(raised, power), negativeZero);
    }
    Value offset = b.subf(negativeZero, power);
    return b.addf(b.create<arith::BitcastOp>(numbers, bits), offset);
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
