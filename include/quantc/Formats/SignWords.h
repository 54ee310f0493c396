//===- SignWords.h - signs as bits of words ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of binary codes in memory: 64 columns a word, the first in the
// lowest bit; a bit of 1 is +1, one of 0 is -1. Bits behind the last column are
// 0 in both operands of a product, so that they cancel in their exclusive or.

#ifndef QUANTC_FORMATS_SIGNWORDS_H
#define QUANTC_FORMATS_SIGNWORDS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace quantc {

inline constexpr int64_t kSignWordBits = 64;

/// Words of a row of `columns` signs.
constexpr int64_t signWords(int64_t columns) {
  return (columns + kSignWordBits - 1) / kSignWordBits;
}

/// Bytes of a filter `[rows, taps, columns]` in panels:
/// `[ceil(rows/16), taps * signWords(columns), 16]` words.
constexpr int64_t panel16B64Bytes(int64_t rows, int64_t taps, int64_t columns) {
  return (rows + 15) / 16 * 16 * taps * signWords(columns) * 8;
}

/// Packs `codes` [rows, taps, columns], one code (0 or 1) a byte, row-major,
/// into `words` of panel16B64Bytes. Rows that do not exist are 0.
///
/// Example: rows = 1, taps = 1, columns = 3, codes 1 0 1: the first word is 5,
/// the other 15 are 0.
void packPanel16B64(llvm::ArrayRef<uint8_t> codes, int64_t rows, int64_t taps,
                    int64_t columns, llvm::MutableArrayRef<uint8_t> words);

/// The inverse of packPanel16B64.
void unpackPanel16B64(llvm::ArrayRef<uint8_t> words, int64_t rows, int64_t taps,
                      int64_t columns, llvm::MutableArrayRef<uint8_t> codes);

} // namespace quantc

#endif // QUANTC_FORMATS_SIGNWORDS_H
