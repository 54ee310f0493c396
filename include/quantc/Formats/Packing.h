//===- Packing.h - codes to bytes, one after the other ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The plain storage order of codes, as ONNX has it. The order that kernels read
// is in PanelLayout.h.

#ifndef QUANTC_FORMATS_PACKING_H
#define QUANTC_FORMATS_PACKING_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace quantc {

/// Bytes that `count` codes of `bits` bits fill: ceil(count * bits / 8). No
/// overflow for any count whose result fits.
constexpr int64_t packedBytes(unsigned bits, int64_t count) {
  return count / 8 * bits + (count % 8 * bits + 7) / 8;
}

/// Packs codes of 1..8 bits, one code a byte in `codes`, without gaps, low bits
/// first: code i fills the bits [i*bits, (i+1)*bits) of the output read as one
/// little-endian number. For 4 bits the first code is the low nibble. Bits of a
/// code above `bits` are dropped, unused bits of the last byte are 0.
/// `packed` has packedBytes(bits, codes.size()) bytes.
void packCodes(unsigned bits, llvm::ArrayRef<uint8_t> codes,
               llvm::MutableArrayRef<uint8_t> packed);

/// The inverse of packCodes; `codes` says how many there are.
void unpackCodes(unsigned bits, llvm::ArrayRef<uint8_t> packed,
                 llvm::MutableArrayRef<uint8_t> codes);

} // namespace quantc

#endif // QUANTC_FORMATS_PACKING_H
