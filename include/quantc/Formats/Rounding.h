//===- Rounding.h - the one way to round ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Round half to even in fp32, written so that compilers vectorize it and every
// machine gives the same result. No other rounding is used by quantc.

#ifndef QUANTC_FORMATS_ROUNDING_H
#define QUANTC_FORMATS_ROUNDING_H

namespace quantc {

/// rint(value) for finite |value| <= 2^22, ties to even: adding 1.5 * 2^23
/// leaves no bits for a fraction. Equals C's rintf and NumPy's rint but that a
/// result of -0 becomes 0.
inline float roundHalfEven(float value) {
  constexpr float kMagic = 12582912.0f;
  return (value + kMagic) - kMagic;
}

/// rint(value) clamped to the integers [low, high], both within +-2^22.
/// Infinities clamp; NaN gives `low`.
inline float roundClamped(float value, float low, float high) {
  // Both comparisons are false for NaN.
  float raised = value > low ? value : low;
  return roundHalfEven(raised < high ? raised : high);
}

} // namespace quantc

#endif // QUANTC_FORMATS_ROUNDING_H
