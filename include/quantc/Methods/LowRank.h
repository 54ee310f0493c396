//===- LowRank.h - what a branch of low rank makes up for -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fits a branch B (A x) beside a weight that was quantized, whatever by, so
// that y = W' x + B (A x) comes near to W x; or one for inputs that a product
// leaves out. It chooses no codes. No MLIR.

#ifndef QUANTC_METHODS_LOWRANK_H
#define QUANTC_METHODS_LOWRANK_H

#include "quantc/Methods/GroupScheme.h"
#include "llvm/ADT/StringRef.h"

namespace quantc {

/// Two matrices in fp16, by ascending rank: those of a smaller rank are their
/// beginnings.
struct LowRankBranch {
  int64_t rank = 0, rows = 0, cols = 0; ///< rows and cols of the weight
  std::vector<uint16_t> down;           ///< A, [rank, cols]
  std::vector<uint16_t> up;             ///< B transposed, [rank, rows]
  /// What each rank takes from the squared error of the outputs, in relation to
  /// their squared sum without any error; [rank], descending.
  std::vector<double> gains;

  /// weights [rows, cols] += B A, with A and B as they are stored.
  void addTo(llvm::MutableArrayRef<float> weights) const;
};

/// The best branch of `rank` for the error E = W - W' of `approximation` [rows,
/// cols]: it minimises `tr((E - B A) G (E - B A)^T)` for the Hessian G of the
/// inputs, or for the identity where `weights` has none. With E G E^T = U L
/// U^T, eigenvalues descending, that is B = U_r and A = U_r^T E: the same
/// matrix as EoRA's (Liu et al., 2024, arXiv 2410.21271), whose B A is U_r S_r
/// V_r^T F^-1 for any F with F F^T = G, written without the inverse, so that a
/// singular G does no harm. Without G it is LoRC of ZeroQuant-V2. In fp64; A
/// and B are brought to the same size by powers of two, row by row, and rounded
/// to fp16 once. Ranks beyond the smaller side of the weight, or without any
/// error left, are zeros. From 1024 rows and columns on the eigenvectors come
/// from subspace iteration. The result does not depend on the number of
/// threads.
///
/// ErrorKind::BadModel when weights or Hessian are not finite; ErrorKind::Usage
/// for a rank below 1.
llvm::Expected<LowRankBranch> fitLowRank(MatrixRef weights,
                                         llvm::ArrayRef<float> approximation,
                                         int64_t rank);

/// The best branch in the place of the weight itself: B A is the sum of the
/// `rank` largest singular values of W and their vectors, which R-Sparse (ICLR
/// 2025, section 3.2) gives the inputs whose columns are not read. A Hessian is
/// not used: it is that of all inputs. The rest as above.
llvm::Expected<LowRankBranch> fitLowRank(MatrixRef weights, int64_t rank);

/// Bytes of a branch per rank, panels of 16 rows: 2 (cols + rows).
int64_t lowRankBytes(int64_t rows, int64_t cols);

/// A layer that may have a branch.
struct RankCandidate {
  std::vector<double> gains; ///< as in LowRankBranch
  int64_t bytesPerRank = 0;
};

/// Ranks come in steps of that many: as many are computed side by side.
inline constexpr int64_t kRankStep = 4;

/// Ranks that together take at most `bytes`: step after step goes to the layer
/// where it gains most per byte, the first one in a tie.
std::vector<int64_t> chooseRanks(llvm::ArrayRef<RankCandidate> layers,
                                 int64_t bytes);

} // namespace quantc

#endif // QUANTC_METHODS_LOWRANK_H
