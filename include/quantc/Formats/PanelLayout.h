//===- PanelLayout.h - the N16K4 weight layout of CPU kernels ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How weights lie in memory for the CPU kernels. The packer, the interpreter
// and the code generator share this one definition. Computes nothing.
//
// Notation: a weight matrix has N output channels and K inputs; a panel is 16
// output channels. A line is 64 bytes and holds 32/bits inputs; for 3 bits it
// is three pieces of 64 bytes and holds 32 inputs, exactly 3 bits each.

#ifndef QUANTC_FORMATS_PANELLAYOUT_H
#define QUANTC_FORMATS_PANELLAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace quantc {

inline constexpr int64_t kPanelChannels = 16;
inline constexpr int64_t kPanelLineBytes = 64;

/// True for the bit widths that have a panel layout: 1, 2, 3, 4, 8.
constexpr bool hasPanelLayout(unsigned bits) {
  return (bits >= 1 && bits <= 4) || bits == 8;
}

/// Consecutive inputs in one line: 4 for 8 bits, 8 for 4, 16 for 2, 32 for 1
/// and for 3.
constexpr int64_t panelLineInputs(unsigned bits) {
  return bits == 3 ? 32 : 32 / bits;
}

/// Bytes of one line: 64, and 192 for 3 bits.
constexpr int64_t panelLineBytes(unsigned bits) {
  return panelLineInputs(bits) * bits * kPanelChannels / 8;
}

/// ceil(N / 16).
constexpr int64_t panelCount(int64_t channels) {
  return (channels + kPanelChannels - 1) / kPanelChannels;
}

/// Lines of one panel: ceil(K / panelLineInputs(bits)).
constexpr int64_t panelLines(int64_t inputs, unsigned bits) {
  return (inputs + panelLineInputs(bits) - 1) / panelLineInputs(bits);
}

/// Bytes of a packed [N, K] matrix of codes.
constexpr int64_t panel16K4Bytes(int64_t channels, int64_t inputs,
                                 unsigned bits) {
  return panelCount(channels) * panelLines(inputs, bits) * panelLineBytes(bits);
}

/// Where the code of (channel, input) is: the byte and its lowest bit.
struct PanelPosition {
  int64_t byte;
  unsigned shift;
};

/// Position of a code of 1, 2, 4 or 8 bits in the packed matrix:
///   panel = channel / 16, line = input / (32/bits),
///   plane j = input % (32/bits) / 4, i = input % 4,
///   byte  = (panel * lines + line) * 64 + (channel % 16) * 4 + i,
///   shift = j * bits.
PanelPosition panel16K4Position(int64_t channel, int64_t input, int64_t inputs,
                                unsigned bits);

/// Packs `codes` [N, K], one code a byte, row-major, into `packed` of
/// panel16K4Bytes(N, K, bits) bytes. Line L of panel P holds in byte n*4 + i,
/// bits [j*bits, (j+1)*bits), the code of channel 16P + n and input
/// L*(32/bits) + 4j + i. Missing channels and inputs get `padding`, the code of
/// the value 0. Bits of a code above `bits` are dropped.
///
/// A line of 3 bits is two lines of 2 bits with the lower bits of its 32
/// inputs, then one line of 1 bit with their upper bits.
///
/// Example, 4 bits, N = 1, K = 8, codes 0 1 2 3 4 5 6 7, padding 8: the first
/// four bytes are 40 51 62 73, the other 60 are 88 (hexadecimal).
void packPanel16K4(llvm::ArrayRef<uint8_t> codes, int64_t channels,
                   int64_t inputs, unsigned bits, uint8_t padding,
                   llvm::MutableArrayRef<uint8_t> packed);

/// The inverse of packPanel16K4; padding is dropped.
void unpackPanel16K4(llvm::ArrayRef<uint8_t> packed, int64_t channels,
                     int64_t inputs, unsigned bits,
                     llvm::MutableArrayRef<uint8_t> codes);

/// Floats of a packed [N, K] float matrix: ceil(N/16) * K * 16.
constexpr int64_t panel16F32Count(int64_t channels, int64_t inputs) {
  return panelCount(channels) * inputs * kPanelChannels;
}

/// Packs `weights` [N, K] into [ceil(N/16)][K][16]; missing channels are 0.
void packPanel16F32(llvm::ArrayRef<float> weights, int64_t channels,
                    int64_t inputs, llvm::MutableArrayRef<float> packed);

/// Packs per-group values [N, G] (scales, or zero points as floats) into
/// [ceil(N/16)][G][16]; missing channels get `padding`. Size as panel16F32Count
/// with G for K.
void packPanelScales(llvm::ArrayRef<float> values, int64_t channels,
                     int64_t groups, float padding,
                     llvm::MutableArrayRef<float> packed);

/// The same for one byte a value.
void packPanelBytes(llvm::ArrayRef<uint8_t> values, int64_t channels,
                    int64_t groups, uint8_t padding,
                    llvm::MutableArrayRef<uint8_t> packed);

} // namespace quantc

#endif // QUANTC_FORMATS_PANELLAYOUT_H
