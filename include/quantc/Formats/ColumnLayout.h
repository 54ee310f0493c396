//===- ColumnLayout.h - weights whose columns can be left out ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How weights lie in memory for products that read only some columns: one input
// channel is contiguous over the output channels. The packer, the interpreter
// and the code generator share this one definition. Computes nothing.
//
// Notation: a weight matrix has N output channels (rows) and K inputs
// (columns); a tile is 64 output channels, four panels of 16.

#ifndef QUANTC_FORMATS_COLUMNLAYOUT_H
#define QUANTC_FORMATS_COLUMNLAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace quantc {

inline constexpr int64_t kColumnTile = 64;

/// True for the bit widths that have a column layout: 2, 4, 8.
constexpr bool hasColumnLayout(int64_t bits) {
  return bits == 2 || bits == 4 || bits == 8;
}

/// Tiles of a column: ceil(N / 64).
constexpr int64_t columnTiles(int64_t channels) {
  return (channels + kColumnTile - 1) / kColumnTile;
}

/// Bytes of a tile: 16 words of 4 * bits bits.
constexpr int64_t columnTileBytes(int64_t bits) { return 8 * bits; }

/// Bytes of a packed [N, K] matrix of codes.
constexpr int64_t column64Bytes(int64_t channels, int64_t inputs,
                                int64_t bits) {
  return inputs * columnTiles(channels) * columnTileBytes(bits);
}

/// Packs `codes` [N, K], one code a byte, row-major, into `packed` of
/// column64Bytes(N, K, bits) bytes, as [K][ceil(N/64)][16 words]. Word i of
/// tile t of column k, little-endian, holds in bits [j*bits, (j+1)*bits) the
/// code of channel 64t + 16j + i. Missing channels get `padding`. Bits of a
/// code above `bits` are dropped.
///
/// Example, 4 bits, K = 1, N = 33, codes 0 ... 15, 0 ... 15, 7, padding 8: the
/// words are 0x8700, 0x8811, 0x8822, ..., 0x88ff.
void packColumn64(llvm::ArrayRef<uint8_t> codes, int64_t channels,
                  int64_t inputs, unsigned bits, uint8_t padding,
                  llvm::MutableArrayRef<uint8_t> packed);

/// The inverse of packColumn64; padding is dropped.
void unpackColumn64(llvm::ArrayRef<uint8_t> packed, int64_t channels,
                    int64_t inputs, unsigned bits,
                    llvm::MutableArrayRef<uint8_t> codes);

} // namespace quantc

#endif // QUANTC_FORMATS_COLUMNLAYOUT_H
