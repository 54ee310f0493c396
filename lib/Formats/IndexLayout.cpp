//===- IndexLayout.cpp - codebook indices in panels -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Packs and unpacks indices; the order of bytes is defined in the header.

#include "quantc/Formats/IndexLayout.h"
#include <algorithm>
#include <cassert>

using namespace llvm;
using namespace quantc;

/// Where a bit of an index stands: byte from the begin of the line, and place.
static std::pair<int64_t, unsigned> placeOfBit(int64_t channel, unsigned bit,
                                               unsigned bits) {
  unsigned whole = bits / 8 * 8;
  if (bit < whole)
    return {bit / 8 * kPanelChannels + channel, bit % 8};
  return {whole / 8 * kPanelChannels + (bit - whole) * 2 + channel / 8,
          unsigned(channel % 8)};
}

/// Calls visit(index, byte of its bit, place in it, bit) for every bit.
template <typename Visit>
static void forEachBit(int64_t channels, int64_t perChannel, unsigned bits,
                       Visit visit) {
  assert(bits >= 1 && bits <= 16);
  for (int64_t n = 0; n < channels; ++n)
    for (int64_t i = 0; i < perChannel; ++i) {
      int64_t line = n / kPanelChannels * perChannel + i;
      for (unsigned bit = 0; bit < bits; ++bit) {
        auto [byte, place] = placeOfBit(n % kPanelChannels, bit, bits);
        visit(size_t(n * perChannel + i),
              size_t(line * indexLineBytes(bits) + byte), place, bit);
      }
    }
}

void quantc::packPanelIndices(ArrayRef<uint16_t> indices, int64_t channels,
                              int64_t perChannel, unsigned bits,
                              MutableArrayRef<uint8_t> packed) {
  assert(int64_t(indices.size()) == channels * perChannel);
  assert(int64_t(packed.size()) == panelIndexBytes(channels, perChannel, bits));
  std::fill(packed.begin(), packed.end(), 0);
  forEachBit(channels, perChannel, bits,
             [&](size_t i, size_t byte, unsigned place, unsigned bit) {
               packed[byte] |= uint8_t((indices[i] >> bit & 1) << place);
             });
}

void quantc::unpackPanelIndices(ArrayRef<uint8_t> packed, int64_t channels,
                                int64_t perChannel, unsigned bits,
                                MutableArrayRef<uint16_t> indices) {
  assert(int64_t(indices.size()) == channels * perChannel);
  assert(int64_t(packed.size()) == panelIndexBytes(channels, perChannel, bits));
  std::fill(indices.begin(), indices.end(), 0);
  forEachBit(channels, perChannel, bits,
             [&](size_t i, size_t byte, unsigned place, unsigned bit) {
               indices[i] |= uint16_t((packed[byte] >> place & 1) << bit);
             });
}
