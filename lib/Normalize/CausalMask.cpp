//===- CausalMask.cpp - recognises causal masks -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A mask is computed from positions, or it is a slice of a table whose numbers
// are looked at.

#include "CausalMask.h"
#include "Constants.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::normalize;

static constexpr unsigned queryDim = 2, keyDim = 3;
/// A score lowered by this much has a weight of zero after the softmax.
static constexpr double hiddenBelow = -1e4;
/// Larger tables are not read to find out what they mean.
static constexpr int64_t maxTableElements = int64_t(1) << 26;

/// Longer sums are no positions.
static constexpr unsigned maxCounterDepth = 16;

namespace {
/// A whole number at a position: the position along `dim`, if any, plus a size.
struct Counter {
  std::optional<unsigned> dim;
  SymbolicSize start;
};
} // namespace

/// Sums of linalg.index, sizes and numbers.
static std::optional<Counter> matchCounter(Term term, unsigned depth = 0) {
  if (depth > maxCounterDepth)
    return std::nullopt;
  Operation *op = definition(term);
  if (!op) {
    if (term.generic && term.value.getType().isIndex() &&
        !isa<BlockArgument>(term.value))
      return Counter{std::nullopt, SymbolicSize::of(OpFoldResult(term.value))};
    if (std::optional<double> number = constantOf(term))
      return Counter{std::nullopt, static_cast<int64_t>(*number)};
    return std::nullopt;
  }
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    auto dim = dyn_cast<AffineDimExpr>(term.map.getResult(index.getDim()));
    return dim ? std::optional(Counter{dim.getPosition(), 0}) : std::nullopt;
  }
  if (isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op))
    return matchCounter(operand(term, 0), depth + 1);
  if (!isa<arith::AddIOp>(op))
    return std::nullopt;
  auto a = matchCounter(operand(term, 0), depth + 1);
  auto b = matchCounter(operand(term, 1), depth + 1);
  if (!a || !b || (a->dim && b->dim))
    return std::nullopt;
  return Counter{a->dim ? a->dim : b->dim, a->start + b->start};
}

/// True for key <= query + past, spelled in either direction.
static bool isVisible(Term term, const SymbolicSize &past) {
  auto compare = dyn_cast_if_present<arith::CmpIOp>(definition(term));
  if (!compare)
    return false;
  Term low = operand(term, 0), high = operand(term, 1);
  int64_t slack = 0;
  switch (compare.getPredicate()) {
  case arith::CmpIPredicate::sge:
    std::swap(low, high);
    break;
  case arith::CmpIPredicate::sgt:
    std::swap(low, high);
    slack = 1;
    break;
  case arith::CmpIPredicate::slt:
    slack = 1;
    break;
  case arith::CmpIPredicate::sle:
    break;
  default:
    return false;
  }
  std::optional<Counter> key = matchCounter(low), query = matchCounter(high);
  return key && query && key->dim == keyDim && query->dim == queryDim &&
         query->start - key->start - SymbolicSize(slack) == past;
}

/// Slices from the beginning, of a table with zeros up to the diagonal.
static bool isTriangle(Term mask) {
  auto slice = mask.value.getDefiningOp<tensor::ExtractSliceOp>();
  bool isPlain = slice && slice.getSourceType().getRank() == 2 &&
                 slice.getType().getRank() == 2;
  if (mask.generic || !isPlain || mask.map.getNumResults() != 2)
    return false;
  MLIRContext *context = mask.map.getContext();
  for (auto [i, d] : {std::pair(0u, queryDim), std::pair(1u, keyDim)})
    if (!isConstantIntValue(slice.getMixedOffsets()[i], 0) ||
        !isConstantIntValue(slice.getMixedStrides()[i], 1) ||
        mask.map.getResult(i) != getAffineDimExpr(d, context))
      return false;
  auto param = slice.getSource().getDefiningOp<nn::ParamOp>();
  if (!param || slice.getSourceType().getNumElements() > maxTableElements)
    return false;
  std::optional<std::vector<float>> table = readFloats(param);
  if (!table)
    return false;
  int64_t columns = slice.getSourceType().getDimSize(1);
  for (auto [at, number] : llvm::enumerate(*table)) {
    bool isShown = static_cast<int64_t>(at) % columns <=
                   static_cast<int64_t>(at) / columns;
    if (isShown ? number != 0 : !(number <= hiddenBelow))
      return false;
  }
  return true;
}

bool quantc::normalize::isCausalMask(Term mask, const SymbolicSize &past) {
  if (past == SymbolicSize(0) && isTriangle(source(mask)))
    return true;
  if (!isa_and_present<arith::SelectOp>(definition(mask)))
    return false;
  std::optional<double> shown = constantOf(operand(mask, 1)),
                        hidden = constantOf(operand(mask, 2));
  return shown == 0.0 && hidden && *hidden <= hiddenBelow &&
         isVisible(operand(mask, 0), past);
}
