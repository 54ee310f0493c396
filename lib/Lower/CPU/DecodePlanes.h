//===- DecodePlanes.h - codes from the bits that are read -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The decode policy of weights in planes, for every level and every width: how
// lines of planes become words of whole codes. What codes stand for is in
// CodePolicy.h.

#ifndef QUANTC_LIB_LOWER_CPU_DECODEPLANES_H
#define QUANTC_LIB_LOWER_CPU_DECODEPLANES_H

#include "Product.h"

namespace quantc {

/// Where one of the 64-byte lines lies that hold the codes of 16 columns of a
/// panel: `memref[panel, line, 0]`.
struct PlaneLine {
  mlir::Value memref, line;
};

/// The lines to read for the 16 columns of number `line`: bits / 2 of them, the
/// uppermost bits first.
llvm::SmallVector<PlaneLine, 4> planeLinesAt(KernelBuilder &b, const Product &p,
                                             mlir::Value line);

/// From these lines, or the same part of each, as vectors of bytes: as many
/// vectors whose bytes hold whole codes of `bits` bits. The codes of columns
/// 4 j .. 4 j + 3 are in vector planeVector(j), from bit planeShift(j) on.
llvm::SmallVector<mlir::Value, 4> joinPlanes(KernelBuilder &b, const Product &p,
                                             mlir::ValueRange lines);

inline int64_t planeVector(const Product &p, int64_t j) {
  return j % (p.bits / 2);
}
inline int64_t planeShift(const Product &p, int64_t j) {
  return j / (p.bits / 2) * p.bits;
}

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_DECODEPLANES_H
