//===- Format.h - number formats and their table ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a code of a few bits means. Scales and zero points are applied by
// whoever uses a format; blocks and groups are described elsewhere. No MLIR.

#ifndef QUANTC_FORMATS_FORMAT_H
#define QUANTC_FORMATS_FORMAT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>

namespace quantc {

enum class FormatFamily : uint8_t {
  UnsignedInt, ///< value = code
  SignedInt,   ///< value = code - 2^(bits-1): codes are stored offset-binary
  Ternary,     ///< value = code - 1; code 3 is not used
  Binary,      ///< value = 2 code - 1
  Odd,         ///< value = code - 1.5
  Float,       ///< sign, exponent and mantissa fields
  PowerOfTwo,  ///< an exponent only
};

/// A number format: a function from codes to values and its rounded inverse.
/// Immutable; found by lookupFormat.
struct Format {
  llvm::StringLiteral name;
  llvm::StringLiteral summary;
  FormatFamily family;
  uint8_t bits;       ///< bits of one code, 1..32
  uint64_t codeCount; ///< codes are 0 .. codeCount-1; below 2^bits if some are
                      ///< unused
  int32_t offset = 0; ///< integer families: value = code - offset (Binary: 0)
  float minValue = 0, maxValue = 0; ///< smallest and largest finite value
  bool hasInfinity = false, hasNaN = false;
  uint8_t exponentBits = 0, mantissaBits = 0; ///< Float only
  int16_t exponentBias = 0;                   ///< Float and PowerOfTwo
  float (*decodeCode)(const Format &, uint32_t code) = nullptr;
  uint32_t (*encodeValue)(const Format &, float value) = nullptr;

  /// The value of a code. A code that is not below codeCount gives NaN.
  float decode(uint32_t code) const { return decodeCode(*this, code); }

  /// The code of the nearest value. Ties go to the even value for integers and
  /// ternary and to the even code for floats; PowerOfTwo rounds ties up. Binary
  /// gives -1 for negative values and +1 for all others, -0 and 0 among them.
  ///
  /// Values outside the range saturate. Infinity too saturates, except in fp16,
  /// bf16 and fp32, where values that round beyond the range and infinities
  /// become infinity (IEEE 754). NaN stays NaN where the format has one; e2m1
  /// gives +6 (as ONNX Cast), integer and ternary formats give 0, binary gives
  /// +1, odd gives +0.5. PowerOfTwo gives its smallest value for zero and
  /// negative values. The sign of zero is kept by the Float family.
  uint32_t encode(float value) const { return encodeValue(*this, value); }

  /// decode(encode(value)).
  float round(float value) const { return decode(encode(value)); }

  bool isInteger() const {
    return family == FormatFamily::UnsignedInt ||
           family == FormatFamily::SignedInt;
  }
  /// True if negative values can be stored.
  bool isSigned() const { return minValue < 0; }
};

/// The format of that name ("int4", "uint8", "ternary", "binary", "e2m1",
/// "e4m3", "e5m2", "e8m0", "fp16", "bf16", "fp32", ...), or null.
const Format *lookupFormat(llvm::StringRef name);

/// The same; an unknown name is an error of kind Usage that suggests names.
llvm::Expected<const Format *> requireFormat(llvm::StringRef name);

/// Every format, in the order of Formats.def.
llvm::ArrayRef<Format> allFormats();

/// Turns the offset-binary code of a signed integer of `bits` bits into two's
/// complement and back: both flip the top bit. ONNX stores two's complement.
inline uint32_t flipSignBit(uint32_t code, unsigned bits) {
  return code ^ (1u << (bits - 1));
}

} // namespace quantc

#endif // QUANTC_FORMATS_FORMAT_H
