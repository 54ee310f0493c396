//===- ColumnLayout.cpp - weights whose columns can be left out -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Packs and unpacks columns; the order of bits is defined in the header.

#include "quantc/Formats/ColumnLayout.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <cassert>

using namespace llvm;
using namespace quantc;

/// Channels of a tile that one word holds.
static constexpr int64_t kWordChannels = 4;
static constexpr int64_t kWords = kColumnTile / kWordChannels;

void quantc::packColumn64(ArrayRef<uint8_t> codes, int64_t channels,
                          int64_t inputs, unsigned bits, uint8_t padding,
                          MutableArrayRef<uint8_t> packed) {
  assert(hasColumnLayout(bits));
  assert(int64_t(codes.size()) == channels * inputs);
  assert(int64_t(packed.size()) == column64Bytes(channels, inputs, bits));
  const int64_t tiles = columnTiles(channels), wordBytes = bits / 2;
  const uint32_t mask = (1u << bits) - 1;
  parallelFor(inputs, 16, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin * tiles * kWords; at < end * tiles * kWords; ++at) {
      int64_t k = at / (tiles * kWords), tile = at / kWords % tiles;
      uint32_t word = 0;
      for (int64_t j = 0; j < kWordChannels; ++j) {
        int64_t channel = tile * kColumnTile + j * kWords + at % kWords;
        uint32_t code =
            channel < channels ? codes[channel * inputs + k] : padding;
        word |= (code & mask) << (j * bits);
      }
      for (int64_t byte = 0; byte < wordBytes; ++byte)
        packed[at * wordBytes + byte] = uint8_t(word >> (8 * byte));
    }
  });
}

void quantc::unpackColumn64(ArrayRef<uint8_t> packed, int64_t channels,
                            int64_t inputs, unsigned bits,
                            MutableArrayRef<uint8_t> codes) {
  assert(hasColumnLayout(bits));
  assert(int64_t(codes.size()) == channels * inputs);
  assert(int64_t(packed.size()) == column64Bytes(channels, inputs, bits));
  const int64_t tiles = columnTiles(channels);
  const unsigned mask = (1u << bits) - 1;
  parallelFor(channels, 16, [&](int64_t begin, int64_t end) {
    for (int64_t channel = begin; channel < end; ++channel) {
      int64_t bit = channel % kColumnTile / kWords * bits;
      for (int64_t k = 0; k < inputs; ++k) {
        int64_t word =
            (k * tiles + channel / kColumnTile) * kWords + channel % kWords;
        codes[channel * inputs + k] =
            uint8_t(packed[word * (bits / 2) + bit / 8] >> (bit % 8) & mask);
      }
    }
  });
}
