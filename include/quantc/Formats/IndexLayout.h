//===- IndexLayout.h - codebook indices in panels ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How the indices of a codebook lie in memory for kernels. The packer, the
// interpreter and the code generator share this one definition. What a pattern
// of the codebook means is said elsewhere.
//
// Notation: a weight matrix has N output channels and B indices a channel; a
// panel is 16 output channels. A line holds index b of the 16 channels of a
// panel, `bits` bits each: 2 * bits bytes and no padding.

#ifndef QUANTC_FORMATS_INDEXLAYOUT_H
#define QUANTC_FORMATS_INDEXLAYOUT_H

#include "quantc/Formats/PanelLayout.h"

namespace quantc {

/// Bits of an index into `size` entries: ceil(log2(size)), 1 to 16 for 2 to
/// 65536 entries.
constexpr unsigned indexBits(int64_t size) {
  unsigned bits = 0;
  while ((int64_t(1) << bits) < size)
    ++bits;
  return bits;
}

/// Bytes of one line.
constexpr int64_t indexLineBytes(unsigned bits) {
  return kPanelChannels * int64_t(bits) / 8;
}

/// Bytes of a packed [N, B] matrix of indices.
constexpr int64_t panelIndexBytes(int64_t channels, int64_t indices,
                                  unsigned bits) {
  return panelCount(channels) * indices * indexLineBytes(bits);
}

/// Packs `indices` [N, B], row-major, into `packed` of panelIndexBytes(N, B,
/// bits) bytes: [ceil(N/16)][B][2 * bits]. A line is
///
///   for 8 bits or more: byte n is bits [0, 8) of channel n's index, 16 bytes;
///   for 16 bits: another 16 bytes with bits [8, 16);
///   for each bit that is left, ascending: two bytes, bit n % 8 of byte n / 8
///   is that bit of channel n's index.
///
/// Missing channels get 0. Bits of an index above `bits` are dropped.
///
/// Example, 9 bits, N = 2, B = 1, indices 0x0ff and 0x101: the first two bytes
/// are ff 01, 14 zeros follow, the last two are 02 00 (hexadecimal).
void packPanelIndices(llvm::ArrayRef<uint16_t> indices, int64_t channels,
                      int64_t perChannel, unsigned bits,
                      llvm::MutableArrayRef<uint8_t> packed);

/// The inverse of packPanelIndices; missing channels are dropped.
void unpackPanelIndices(llvm::ArrayRef<uint8_t> packed, int64_t channels,
                        int64_t perChannel, unsigned bits,
                        llvm::MutableArrayRef<uint16_t> indices);

} // namespace quantc

#endif // QUANTC_FORMATS_INDEXLAYOUT_H
