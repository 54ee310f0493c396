//===- Candidates.h - what a layer may become -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The attribute `qnt.candidates` of products: for each number of bits that the
// weight may have, and each other format, the bytes it is stored in and the
// error it makes. Measuring writes it, the pass assign-budget reads it.

#ifndef QUANTC_ASSIGN_CANDIDATES_H
#define QUANTC_ASSIGN_CANDIDATES_H

#include "quantc/Dialect/Qnt/Qnt.h"
#include <vector>

namespace quantc {

/// One candidate of a layer. Errors of different layers add up: they are in one
/// unit, whatever that is.
struct BitCandidate {
  unsigned bits = 0; ///< of one code, or of an index into a codebook
  int64_t bytes = 0;
  double error = 0;
  double sparsity = 0; ///< share of the layer's inputs that is left out
  /// Of another format than the layer's own; empty and null for integers of
  /// `bits`, which keep all else that the layer's scheme says.
  std::string format = {}, method = {};
  qnt::SchemeAttr scheme = {};

  bool isFormat() const { return !format.empty(); }
};

inline constexpr llvm::StringLiteral candidatesAttr = "qnt.candidates";
/// The format that was chosen for a product, unless it has its own.
inline constexpr llvm::StringLiteral formatAttr = "qnt.format";

/// Numbers of bits that kernels decode, ascending.
llvm::SmallVector<unsigned> bitsWithKernels();

void writeCandidates(mlir::Operation *product,
                     llvm::ArrayRef<BitCandidate> candidates);

/// Fails with a diagnostic at `product` when it has none, or not in this form.
llvm::FailureOr<std::vector<BitCandidate>>
readCandidates(mlir::Operation *product);

/// A scheme with another number of bits.
qnt::SchemeAttr withBits(qnt::SchemeAttr scheme, unsigned bits);

/// Gives the scheme of a weight another number of bits.
void setWeightBits(qnt::AssignOp weight, unsigned bits);

/// Gives a weight what a candidate says.
void setCandidate(qnt::AssignOp weight, const BitCandidate &candidate);

} // namespace quantc

#endif // QUANTC_ASSIGN_CANDIDATES_H
