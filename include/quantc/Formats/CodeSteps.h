//===- CodeSteps.h - codes as whole numbers ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Formats of few bits stand for small whole numbers, if the unit is chosen so:
// twice an E2M1 number is 0, 1, 2, 3, 4, 6, 8 or 12. Products with codes are
// defined on these steps, methods round to them, kernels look them up. Which
// scale a step has is not said here.

#ifndef QUANTC_FORMATS_CODESTEPS_H
#define QUANTC_FORMATS_CODESTEPS_H

#include "quantc/Formats/Rounding.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cmath>
#include <cstdint>

namespace quantc {

/// Which steps there are between the lowest and the highest.
enum class StepRule : uint8_t {
  Whole, ///< all
  Odd,   ///< -3, -1, 1, 3
  E2M1,  ///< 0, 1, 2, 3, 4, 6, 8, 12 and their negatives
};

/// The steps of a kind of code. Immutable; found by lookupCodeSteps.
struct CodeSteps {
  llvm::StringLiteral name; ///< of the code kind, and of the number format
  unsigned bits;            ///< of a code
  float unit;               ///< number = step * unit
  uint8_t zero;             ///< step = byte - zero
  StepRule rule;
  llvm::ArrayRef<uint8_t> bytes; ///< of every code
  uint8_t largest = 0;           ///< the highest step; 0: as many as below

  int32_t step(uint8_t code) const {
    return int32_t(bytes[code]) - int32_t(zero);
  }
  uint8_t largestByte() const { return uint8_t(zero + largestStep()); }
  int32_t largestStep() const { return largest ? largest : zero; }
};

/// The steps of codes of that kind ("e2m1", "ternary", "odd"); null for plain
/// integers and for codes that are not small whole numbers.
const CodeSteps *lookupCodeSteps(llvm::StringRef name);

/// Every kind, in the order of CodeSteps.def.
llvm::ArrayRef<CodeSteps> allCodeSteps();

/// The nearest E2M1 step; ties go to the even mantissa, as in ONNX Cast.
inline float roundToE2M1Step(float value) {
  float size = std::fabs(value);
  size = size < 12.0f ? size : 12.0f;
  float unit = size < 4.0f ? 1.0f : size < 8.0f ? 2.0f : 4.0f;
  return std::copysign(roundHalfEven(size / unit) * unit, value) + 0.0f;
}

/// The nearest step between `low` and `high`, ties to even. Of odd steps ties
/// go to 1 and -3 from their middle: half even on (value - 1) / 2, as SEQ of
/// ParetoQ (Liu et al., 2025, section 3). For the other rules `low` and `high`
/// must be the ends of the steps.
inline float roundToStep(StepRule rule, float value, float low, float high) {
  switch (rule) {
  case StepRule::Odd:
    return 2.0f * roundClamped((value - 1.0f) * 0.5f, -2.0f, 1.0f) + 1.0f;
  case StepRule::E2M1:
    return roundToE2M1Step(value);
  case StepRule::Whole:
    break;
  }
  return roundClamped(value, low, high);
}

} // namespace quantc

#endif // QUANTC_FORMATS_CODESTEPS_H
