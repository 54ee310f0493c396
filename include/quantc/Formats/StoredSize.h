//===- StoredSize.h - how many bits a quantized weight takes ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The one place where stored bits are computed; every report and check uses it.

#ifndef QUANTC_FORMATS_STOREDSIZE_H
#define QUANTC_FORMATS_STOREDSIZE_H

#include <cstdint>

namespace quantc {

/// Groups of a row: ceil(inputs / groupSize); the last one may be shorter.
constexpr int64_t groupCount(int64_t inputs, int64_t groupSize) {
  return (inputs + groupSize - 1) / groupSize;
}

/// What is stored for a weight matrix [channels, inputs].
struct StoredScheme {
  int64_t channels = 0, inputs = 0;
  unsigned codeBits = 0;
  int64_t groupSize = 0;      ///< inputs that share a scale
  unsigned scaleBits = 0;     ///< of one scale; 0 if there are none
  unsigned zeroPointBits = 0; ///< of one zero point; 0 if symmetric
  /// Inputs of a pattern and patterns of a codebook; 0 without one. Codes are
  /// then indices, one a pattern.
  int64_t codebookDim = 0, codebookSize = 0;
  int64_t scaleSets = 1; ///< scales of a group: of planes one for each width
};

/// Sizes in bits, without padding of layouts.
struct StoredSize {
  int64_t codeBits = 0, scaleBits = 0, zeroPointBits = 0;
  int64_t weights = 0;
  int64_t codebookBits = 0; ///< of the patterns, one bit an input

  int64_t totalBits() const {
    return codeBits + scaleBits + zeroPointBits + codebookBits;
  }
  int64_t totalBytes() const { return (totalBits() + 7) / 8; }
  /// Code bits per weight.
  double nominalBitsPerWeight() const {
    return weights ? double(codeBits) / double(weights) : 0;
  }
  /// All stored bits per weight.
  double storedBitsPerWeight() const {
    return weights ? double(totalBits()) / double(weights) : 0;
  }
};

StoredSize storedSize(const StoredScheme &scheme);

} // namespace quantc

#endif // QUANTC_FORMATS_STOREDSIZE_H
