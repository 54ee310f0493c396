//===- Candidates.h - what a layer may become -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The attribute `qnt.candidates` of products: for each number of bits that the
// weight may have, the bytes it is stored in and the error it makes. Measuring
// writes it, the pass assign-budget reads it.

#ifndef QUANTC_ASSIGN_CANDIDATES_H
#define QUANTC_ASSIGN_CANDIDATES_H

#include "quantc/Dialect/Qnt/Qnt.h"
#include <vector>

namespace quantc {

/// One candidate of a layer. Errors of different layers add up: they are in one
/// unit, whatever that is.
struct BitCandidate {
  unsigned bits = 0;
  int64_t bytes = 0;
  double error = 0;
  double sparsity = 0; ///< share of the layer's inputs that is left out
};

inline constexpr llvm::StringLiteral candidatesAttr = "qnt.candidates";

/// Numbers of bits that kernels decode, ascending.
llvm::SmallVector<unsigned> bitsWithKernels();

void writeCandidates(mlir::Operation *product,
                     llvm::ArrayRef<BitCandidate> candidates);

/// Fails with a diagnostic at `product` when it has none, or not in this form.
llvm::FailureOr<std::vector<BitCandidate>>
readCandidates(mlir::Operation *product);

/// Gives the scheme of a weight another number of bits.
void setWeightBits(qnt::AssignOp weight, unsigned bits);

} // namespace quantc

#endif // QUANTC_ASSIGN_CANDIDATES_H
