//===- FloatCodes.h - arithmetic on float codes -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Turns fields of sign, exponent and mantissa into values and back. Private to
// lib/Formats.

#ifndef QUANTC_LIB_FORMATS_FLOATCODES_H
#define QUANTC_LIB_FORMATS_FLOATCODES_H

#include "quantc/Formats/Format.h"

namespace quantc::formats {

/// What the codes at the top of a float format mean.
enum class Specials {
  None,          ///< all codes are finite
  NaNOnly,       ///< all ones is NaN
  SaturatingInf, ///< IEEE 754 codes, but encode never gives infinity
  Ieee,          ///< IEEE 754
};

/// A float format of 1 + exponentBits + mantissaBits bits.
Format makeFloat(llvm::StringLiteral name, llvm::StringLiteral summary,
                 unsigned exponentBits, unsigned mantissaBits,
                 Specials specials);

} // namespace quantc::formats

#endif // QUANTC_LIB_FORMATS_FLOATCODES_H
