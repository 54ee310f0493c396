//===- DecodeSigns.h - weights of one sign to numbers -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The decode policy of binary codes and of codebooks of sign patterns. A line
// of either becomes words, one a channel, with a bit for each column, which
// is set where the sign is negative.

#ifndef QUANTC_LIB_LOWER_CPU_DECODESIGNS_H
#define QUANTC_LIB_LOWER_CPU_DECODESIGNS_H

#include "Product.h"

namespace quantc {

/// The words of a line, i32, one for each channel of the part. A line of a
/// codebook is 16 indices, whose patterns are looked up.
mlir::Value loadSignWords(KernelBuilder &b, const Product &p,
                          const PanelPart &part, mlir::Value panel,
                          mlir::Value line);

/// sign - zero point of a column of a line, fp32; `negativeZeroPoint` is null
/// where zero points are 0.
mlir::Value signNumber(KernelBuilder &b, const Product &p, mlir::Value words,
                       int64_t column, mlir::Value negativeZeroPoint);

/// The code of a column of a line, i32: 1 for +1, 0 for -1.
mlir::Value signCode(KernelBuilder &b, const Product &p, mlir::Value words,
                     int64_t column);

/// The sum of sign * x of a group, fp32, from the exact sums of code * x and of
/// x, both i32, and of the zero point: fma(-zero point, sum of x, sum).
mlir::Value sumOfSigns(KernelBuilder &b, mlir::Value codes, mlir::Value sumOfX,
                       mlir::Value negativeZeroPoint);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_DECODESIGNS_H
