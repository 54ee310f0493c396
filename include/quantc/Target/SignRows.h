//===- SignRows.h - words of signs for kernels ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The sizes of rows of packed signs, for the phases that select and lower
// kernels of binary products. How bits lie in a word is in
// quantc/Formats/SignWords.h.

#ifndef QUANTC_TARGET_SIGNROWS_H
#define QUANTC_TARGET_SIGNROWS_H

#include "quantc/Formats/SignWords.h"

namespace quantc {

/// Signs that one word holds.
inline constexpr int64_t kSignsPerWord = kSignWordBits;

/// Words of a row.
constexpr int64_t signRowWords(int64_t columns) { return signWords(columns); }

} // namespace quantc

#endif // QUANTC_TARGET_SIGNROWS_H
