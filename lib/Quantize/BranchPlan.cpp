//===- BranchPlan.cpp - bytes shared by low-rank branches -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See BranchPlan.h.

#include "BranchPlan.h"
#include "mlir/IR/SymbolTable.h"
#include "quantc/Support/Errors.h"

using namespace mlir;
using namespace quantc;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// What a branch costs and gains.
static RankCandidate candidateOf(const LowRankBranch &branch, int64_t rank,
                                 MatrixRef weights) {
  RankCandidate candidate{branch.gains,
                          lowRankBytes(weights.rows, weights.cols)};
  if (candidate.gains.empty())
    for (int64_t r = 0; r < rank; ++r)
      candidate.gains.push_back(double(candidate.bytesPerRank) / double(r + 1));
  return candidate;
}

llvm::Expected<BranchHalves>
BranchPlan::write(OpBuilder &b, nn::ParamOp param, qnt::AssignOp assign,
                  MatrixRef weights, const QuantizedMatrix &quantized) {
  int64_t rank = branchRank(assign);
  if (rank == 0)
    return BranchHalves();
  LowRankBranch branch;
  if (!data.isSizesOnly()) {
    auto fitted = fitBranch(assign, weights, quantized);
    if (!fitted)
      return makeError(ErrorKind::BadModel, "weight '{0}': {1}",
                       param.getName(), llvm::toString(fitted.takeError()));
    branch = std::move(*fitted);
  }
  auto half = [&](StringRef suffix, int64_t columns,
                  const std::vector<uint16_t> &numbers) {
    auto type = RankedTensorType::get({rank, columns}, b.getF16Type());
    return data.add(b, param.getLoc(), (param.getName() + suffix).str(), type,
                    {reinterpret_cast<const uint8_t *>(numbers.data()),
                     numbers.size() * sizeof(uint16_t)});
  };
  auto down = half(".down", weights.cols, branch.down);
  if (!down)
    return down.takeError();
  auto up = half(".up", weights.rows, branch.up);
  if (!up)
    return up.takeError();
  branches.push_back({{*down, *up}, candidateOf(branch, rank, weights)});
  return branches.back().halves;
}

/// For errors of codes that is all of what a product is given, for a remainder
/// what its threshold leaves out.
static Value inputOfBranch(OpBuilder &b, qnt::AssignOp weight, Value rows) {
  auto threshold = rows.getDefiningOp<qnt::ThresholdOp>();
  if (!threshold)
    return rows;
  if (!weight.hasRemainder())
    return threshold.getInput();
  auto leftOut = cast<qnt::ThresholdOp>(b.clone(*threshold));
  leftOut.setLeftOut(true);
  return leftOut;
}

Value BranchPlan::project(OpBuilder &b, qnt::AssignOp weight, Value rows,
                          nn::ParamOp down) {
  rows = inputOfBranch(b, weight, rows);
  auto type = cast<RankedTensorType>(rows.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = typeOf(down.getResult()).getDimSize(0);
  return qnt::ProjectOp::create(b, rows.getLoc(), type.clone(shape), rows,
                                down.getResult());
}

/// The first `rank` rows of a constant matrix.
static void shorten(nn::ParamOp param, int64_t rank) {
  auto data = SymbolTable::lookupNearestSymbolFrom<nn::DataOp>(
      param, param.getNameAttr());
  RankedTensorType type = typeOf(param.getResult());
  auto shorter =
      RankedTensorType::get({rank, type.getDimSize(1)}, type.getElementType());
  data.setType(shorter);
  param.getResult().setType(shorter);
}

static void erase(nn::ParamOp param) {
  SymbolTable::lookupNearestSymbolFrom(param, param.getNameAttr())->erase();
  param->erase();
}

void BranchPlan::share(int64_t bytes) {
  std::vector<RankCandidate> candidates;
  for (const Branch &branch : branches)
    candidates.push_back(branch.candidate);
  std::vector<int64_t> ranks = chooseRanks(candidates, bytes);
  for (auto [branch, rank] : llvm::zip_equal(branches, ranks)) {
    auto project = cast<qnt::ProjectOp>(*branch.halves.down->user_begin());
    if (rank > 0) {
      shorten(branch.halves.down, rank);
      shorten(branch.halves.up, rank);
      RankedTensorType rows = typeOf(project.getResult());
      SmallVector<int64_t> shape(rows.getShape());
      shape.back() = rank;
      project.getResult().setType(rows.clone(shape));
      continue;
    }
    auto product = cast<qnt::MatMulOp>(*project->user_begin());
    product.getProjectedMutable().clear();
    product.getUpMutable().clear();
    project->erase();
    erase(branch.halves.down);
    erase(branch.halves.up);
  }
}
