//===- PanelLayout.cpp - the N16K4 weight layout of CPU kernels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Packs and unpacks panels; the order of bytes is defined in the header.

#include "quantc/Formats/PanelLayout.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <cassert>
#include <vector>

using namespace llvm;
using namespace quantc;

PanelPosition quantc::panel16K4Position(int64_t channel, int64_t input,
                                        int64_t inputs, unsigned bits) {
  assert(bits != 3 && "codes of 3 bits lie in two places");
  int64_t lineInputs = panelLineInputs(bits);
  int64_t line =
      channel / kPanelChannels * panelLines(inputs, bits) + input / lineInputs;
  int64_t plane = input % lineInputs / 4;
  return {line * kPanelLineBytes + channel % kPanelChannels * 4 + input % 4,
          unsigned(plane) * bits};
}

/// One byte with `code` in every place for a code.
static uint8_t repeatCode(unsigned code, unsigned bits) {
  unsigned byte = 0;
  for (unsigned shift = 0; shift < 8; shift += bits)
    byte |= (code & ((1u << bits) - 1)) << shift;
  return uint8_t(byte);
}

/// Calls `visit(k, byte, shift)` for every input of one channel: `byte` counts
/// from the first byte of the channel in the first line of its panel.
template <typename Visit>
static void forEachInput(int64_t inputs, unsigned bits, Visit visit) {
  int64_t k = 0;
  for (int64_t line = 0; k < inputs; line += kPanelLineBytes)
    for (unsigned shift = 0; shift < 8; shift += bits)
      for (int64_t i = 0; i < 4 && k < inputs; ++i, ++k)
        visit(k, line + i, shift);
}

/// Offset of the first byte of a channel.
static int64_t channelBegin(int64_t channel, int64_t inputs, unsigned bits) {
  return panel16K4Position(channel, 0, inputs, bits).byte;
}

/// Visits the pieces of codes of 3 bits: visit(piece of 64 bytes, its place
/// among those of 2 bits), and the same for those of 1 bit. The number of lines
/// of 2 bits may be odd: the last line then has a piece without inputs.
template <typename Two, typename One>
static void forEachPiece(int64_t channels, int64_t inputs, Two two, One one) {
  int64_t lines = panelLines(inputs, 3), twoLines = panelLines(inputs, 2);
  parallelFor(panelCount(channels), 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin * lines; line < end * lines; ++line) {
      int64_t first = line % lines * 2, panel = line / lines;
      for (int64_t i = 0; i < 2; ++i)
        two(3 * line + i,
            first + i < twoLines ? panel * twoLines + first + i : -1);
      one(3 * line + 2, line);
    }
  });
}

static void packThreeBits(ArrayRef<uint8_t> codes, int64_t channels,
                          int64_t inputs, uint8_t padding,
                          MutableArrayRef<uint8_t> packed) {
  std::vector<uint8_t> high(codes.size());
  for (size_t i = 0; i < codes.size(); ++i)
    high[i] = codes[i] >> 2 & 1;
  std::vector<uint8_t> twos(size_t(panel16K4Bytes(channels, inputs, 2))),
      ones(size_t(panel16K4Bytes(channels, inputs, 1)));
  packPanel16K4(codes, channels, inputs, 2, padding & 3, twos);
  packPanel16K4(high, channels, inputs, 1, padding >> 2 & 1, ones);
  auto copy = [&](const std::vector<uint8_t> &from, int64_t to, int64_t piece) {
    std::copy_n(from.begin() + piece * kPanelLineBytes, kPanelLineBytes,
                packed.begin() + to * kPanelLineBytes);
  };
  forEachPiece(
      channels, inputs,
      [&](int64_t to, int64_t piece) {
        if (piece >= 0)
          copy(twos, to, piece);
        else
          std::fill_n(packed.begin() + to * kPanelLineBytes, kPanelLineBytes,
                      repeatCode(padding & 3, 2));
      },
      [&](int64_t to, int64_t piece) { copy(ones, to, piece); });
}

static void unpackThreeBits(ArrayRef<uint8_t> packed, int64_t channels,
                            int64_t inputs, MutableArrayRef<uint8_t> codes) {
  std::vector<uint8_t> twos(size_t(panel16K4Bytes(channels, inputs, 2))),
      ones(size_t(panel16K4Bytes(channels, inputs, 1))), high(codes.size());
  auto copy = [&](int64_t from, std::vector<uint8_t> &to, int64_t piece) {
    if (piece >= 0)
      std::copy_n(packed.begin() + from * kPanelLineBytes, kPanelLineBytes,
                  to.begin() + piece * kPanelLineBytes);
  };
  forEachPiece(
      channels, inputs,
      [&](int64_t from, int64_t piece) { copy(from, twos, piece); },
      [&](int64_t from, int64_t piece) { copy(from, ones, piece); });
  unpackPanel16K4(twos, channels, inputs, 2, codes);
  unpackPanel16K4(ones, channels, inputs, 1, high);
  for (size_t i = 0; i < codes.size(); ++i)
    codes[i] |= uint8_t(high[i] << 2);
}

void quantc::packPanel16K4(ArrayRef<uint8_t> codes, int64_t channels,
                           int64_t inputs, unsigned bits, uint8_t padding,
                           MutableArrayRef<uint8_t> packed) {
  assert(hasPanelLayout(bits));
  assert(int64_t(codes.size()) == channels * inputs);
  assert(int64_t(packed.size()) == panel16K4Bytes(channels, inputs, bits));
  if (bits == 3)
    return packThreeBits(codes, channels, inputs, padding, packed);
  const unsigned mask = (1u << bits) - 1;
  std::fill(packed.begin(), packed.end(), repeatCode(padding, bits));
  // Whole panels a chunk: no two threads write the same byte.
  parallelFor(channels, kPanelChannels, [&](int64_t begin, int64_t end) {
    for (int64_t channel = begin; channel < end; ++channel) {
      const uint8_t *row = codes.data() + channel * inputs;
      uint8_t *out = packed.data() + channelBegin(channel, inputs, bits);
      forEachInput(inputs, bits, [&](int64_t k, int64_t byte, unsigned shift) {
        unsigned others = out[byte] & ~(mask << shift);
        out[byte] = uint8_t(others | (row[k] & mask) << shift);
      });
    }
  });
}

void quantc::unpackPanel16K4(ArrayRef<uint8_t> packed, int64_t channels,
                             int64_t inputs, unsigned bits,
                             MutableArrayRef<uint8_t> codes) {
  assert(hasPanelLayout(bits));
  assert(int64_t(codes.size()) == channels * inputs);
  assert(int64_t(packed.size()) == panel16K4Bytes(channels, inputs, bits));
  if (bits == 3)
    return unpackThreeBits(packed, channels, inputs, codes);
  const unsigned mask = (1u << bits) - 1;
  parallelFor(channels, kPanelChannels, [&](int64_t begin, int64_t end) {
    for (int64_t channel = begin; channel < end; ++channel) {
      const uint8_t *in = packed.data() + channelBegin(channel, inputs, bits);
      uint8_t *row = codes.data() + channel * inputs;
      forEachInput(inputs, bits, [&](int64_t k, int64_t byte, unsigned shift) {
        row[k] = uint8_t(in[byte] >> shift & mask);
      });
    }
  });
}

/// [channels, width] -> [ceil(channels/16)][width][16].
template <typename T>
static void interleaveChannels(ArrayRef<T> values, int64_t channels,
                               int64_t width, T padding,
                               MutableArrayRef<T> packed) {
  assert(int64_t(values.size()) == channels * width);
  assert(int64_t(packed.size()) == panel16F32Count(channels, width));
  const int64_t panelSize = width * kPanelChannels;
  parallelFor(panelCount(channels), 1, [&](int64_t panel, int64_t) {
    auto out = packed.slice(size_t(panel * panelSize), size_t(panelSize));
    for (int64_t n = 0; n < kPanelChannels; ++n) {
      int64_t channel = panel * kPanelChannels + n;
      for (int64_t k = 0; k < width; ++k)
        out[size_t(k * kPanelChannels + n)] =
            channel < channels ? values[size_t(channel * width + k)] : padding;
    }
  });
}

void quantc::packPanel16F32(ArrayRef<float> weights, int64_t channels,
                            int64_t inputs, MutableArrayRef<float> packed) {
  interleaveChannels(weights, channels, inputs, 0.0f, packed);
}

void quantc::packPanelScales(ArrayRef<float> values, int64_t channels,
                             int64_t groups, float padding,
                             MutableArrayRef<float> packed) {
  interleaveChannels(values, channels, groups, padding, packed);
}

void quantc::packPanelBytes(ArrayRef<uint8_t> values, int64_t channels,
                            int64_t groups, uint8_t padding,
                            MutableArrayRef<uint8_t> packed) {
  interleaveChannels(values, channels, groups, padding, packed);
}
