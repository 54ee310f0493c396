//===- Hadamard.h - Hadamard matrices of many orders ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Matrices of signs with orthogonal rows, built instead of tabulated, and
// products with them. Without random signs and without MLIR.

#ifndef QUANTC_METHODS_HADAMARD_H
#define QUANTC_METHODS_HADAMARD_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace quantc {

/// `H` of order `n`, entries +1 and -1, `H H^T = n I`.
///
/// `H` is the Kronecker product of a core of order K and the Sylvester matrix
/// of order 2^m: element number `k 2^m + j` of a vector has place k in the core
/// and j in the Sylvester part. K is the smallest order, down to 1, for which
/// one of these constructions gives a core: Paley I (order q + 1, q = 4 i +
/// 3), Paley II (order 2 (q + 1), q = 4 i + 1), q a prime or its square or
/// cube, or the Kronecker product of two such cores (Paley, 1933).
class Hadamard {
public:
  /// nullopt where no construction is known.
  static std::optional<Hadamard> ofOrder(int64_t order);

  int64_t order() const { return coreOrder * powerOrder; }
  /// K, and 2^m.
  int64_t sizeOfCore() const { return coreOrder; }
  int64_t sizeOfPower() const { return powerOrder; }
  /// The core, K x K, row-major.
  llvm::ArrayRef<int8_t> core() const { return signs; }
  /// Entry (row, column) of the whole matrix.
  int entry(int64_t row, int64_t column) const;

  /// x <- x H, or x H^T, for `order()` numbers; not scaled.
  void apply(llvm::MutableArrayRef<double> x, bool transposed = false) const;
  /// x <- x H in fp32, in the order that kernels have: for each place in the
  /// core the butterflies of distance 1, 2, 4 ... of the Sylvester part (a + b,
  /// a - b), then for each result the sum over the core, ascending.
  void apply(llvm::MutableArrayRef<float> x) const;

private:
  int64_t coreOrder = 1, powerOrder = 1;
  std::vector<int8_t> signs = {1};
};

/// The fast Walsh-Hadamard transform in natural order, not scaled, of a vector
/// whose size is a power of two.
void walshHadamard(llvm::MutableArrayRef<double> x);

} // namespace quantc

#endif // QUANTC_METHODS_HADAMARD_H
