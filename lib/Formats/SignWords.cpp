//===- SignWords.cpp - signs as bits of words -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See SignWords.h. Words are little-endian in memory.

#include "quantc/Formats/SignWords.h"
#include <algorithm>
#include <cassert>

using namespace quantc;

namespace {
/// Where the code of a column lies.
struct BitPlace {
  int64_t byte;
  int bit;
};
} // namespace

static BitPlace placeOf(int64_t row, int64_t tap, int64_t column, int64_t taps,
                        int64_t columns) {
  int64_t words = signWords(columns);
  int64_t word =
      ((row / 16 * taps + tap) * words + column / kSignWordBits) * 16 +
      row % 16;
  int64_t bit = column % kSignWordBits;
  return {word * 8 + bit / 8, static_cast<int>(bit % 8)};
}

void quantc::packPanel16B64(llvm::ArrayRef<uint8_t> codes, int64_t rows,
                            int64_t taps, int64_t columns,
                            llvm::MutableArrayRef<uint8_t> words) {
  assert(int64_t(codes.size()) == rows * taps * columns);
  assert(int64_t(words.size()) == panel16B64Bytes(rows, taps, columns));
  std::fill(words.begin(), words.end(), 0);
  for (int64_t i = 0, count = codes.size(); i < count; ++i) {
    BitPlace at = placeOf(i / columns / taps, i / columns % taps, i % columns,
                          taps, columns);
    words[at.byte] |= static_cast<uint8_t>((codes[i] & 1) << at.bit);
  }
}

void quantc::unpackPanel16B64(llvm::ArrayRef<uint8_t> words, int64_t rows,
                              int64_t taps, int64_t columns,
                              llvm::MutableArrayRef<uint8_t> codes) {
  assert(int64_t(codes.size()) == rows * taps * columns);
  for (int64_t i = 0, count = codes.size(); i < count; ++i) {
    BitPlace at = placeOf(i / columns / taps, i / columns % taps, i % columns,
                          taps, columns);
    codes[i] = words[at.byte] >> at.bit & 1;
  }
}
