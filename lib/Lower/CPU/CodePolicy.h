//===- CodePolicy.h - what a code means -------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From a code to the step that products multiply by, as an fp32 number or as an
// unsigned byte; the step is the byte minus the zero point. One policy a kind
// of code, found through CodePolicies.def. Where the bits of a code lie, and
// zero points, are PanelDecoder's business.

#ifndef QUANTC_LIB_LOWER_CPU_CODEPOLICY_H
#define QUANTC_LIB_LOWER_CPU_CODEPOLICY_H

#include "Product.h"
#include <memory>

namespace quantc {

/// A code in each of some words, one a channel: the bits from `shift` on.
struct CodeWords {
  mlir::Value word;
  int64_t shift;
  bool isMasked; ///< there are no other bits in the word
};

class CodePolicy {
public:
  using Value = mlir::Value;

  /// The policy for the codes of a product.
  static std::unique_ptr<CodePolicy> create(KernelBuilder &b, const Product &p);
  virtual ~CodePolicy() = default;

  /// Steps as fp32: exact, or one sum where zero points are numbers;
  /// `negativeZero` is minus the zero points.
  virtual Value number(const CodeWords &code, Value negativeZero) = 0;
  /// The unsigned bytes of codes that stand alone in vectors of i8, or in the
  /// lowest bits of words of i32.
  virtual Value bytes(Value codes) = 0;
  /// No byte is larger.
  virtual int64_t largestByte() const = 0;

protected:
  CodePolicy(KernelBuilder &b, const Product &p) : b(b), p(p) {}

  /// The code where it stands, without other bits.
  Value masked(const CodeWords &code);
  /// word * 2^-right; no bit is lost.
  Value shifted(Value word, int64_t right);
  /// fp32 vectors of as many lanes as `words`.
  mlir::VectorType numbersOf(Value words) const {
    return b.f32Vec(
        mlir::cast<mlir::VectorType>(words.getType()).getNumElements());
  }

  KernelBuilder &b;
  const Product &p;
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_CODEPOLICY_H
