//===- BranchPlan.h - bytes shared by low-rank branches ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes the branches of weights, and chooses their ranks where the recipe says
// how many bytes all of them may take. How a branch is fitted is in Methods.
// Internal to Quantize.

#ifndef QUANTC_LIB_QUANTIZE_BRANCHPLAN_H
#define QUANTC_LIB_QUANTIZE_BRANCHPLAN_H

#include "QuantizedData.h"
#include "quantc/Quantize/WeightMatrix.h"

namespace quantc {

/// The constants of a branch; null where there is none.
struct BranchHalves {
  nn::ParamOp down, up; ///< [rank, K] and [rank, N], fp16
};

class BranchPlan {
public:
  explicit BranchPlan(QuantizedData &data) : data(data) {}

  /// Fits and writes the branch that `assign` asks for beside the codes of
  /// `param`. Where only sizes count, it is planned as if every weight lost as
  /// much. Errors of fitBranch, with the name of the weight, and of the file.
  llvm::Expected<BranchHalves> write(mlir::OpBuilder &b, nn::ParamOp param,
                                     qnt::AssignOp assign, MatrixRef weights,
                                     const QuantizedMatrix &quantized);

  /// What a product of `weight` takes from the first half: `rows`, its inputs,
  /// times `down`. Where they pass a threshold the branch takes what is in
  /// front of it, or, for a remainder, what it leaves out.
  static mlir::Value project(mlir::OpBuilder &b, qnt::AssignOp weight,
                             mlir::Value rows, nn::ParamOp down);

  /// Shortens branches, which have their largest rank, until all of them take
  /// at most `bytes`. A branch of rank 0 is taken away. Halves are stored by
  /// ascending rank, so that a shorter one is a beginning.
  void share(int64_t bytes);

private:
  struct Branch {
    BranchHalves halves;
    RankCandidate candidate;
  };

  QuantizedData &data;
  std::vector<Branch> branches;
};

} // namespace quantc

#endif // QUANTC_LIB_QUANTIZE_BRANCHPLAN_H
