//===- SymbolicSizes.cpp - sizes as sums of sizes of the inputs -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Follows sizes through the operations of a model back to its arguments.

#include "SymbolicSizes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "quantc/Dialect/NN/NN.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::normalize;

/// A size behind more operations than this is an unknown of its own, so that no
/// model can exhaust the stack.
static constexpr unsigned maxDepth = 256;

namespace {
/// Counts the calls that are under way in this thread.
struct DepthGuard {
  DepthGuard() { ++depth; }
  ~DepthGuard() { --depth; }
  static thread_local unsigned depth;
};
thread_local unsigned DepthGuard::depth = 0;
} // namespace

StringAttr quantc::normalize::dimensionName(BlockArgument argument,
                                            int64_t dim) {
  auto function =
      dyn_cast_if_present<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!function || !argument.getOwner()->isEntryBlock())
    return {};
  auto names =
      function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "nn.dims");
  if (!names || dim >= static_cast<int64_t>(names.size()))
    return {};
  auto name = dyn_cast<StringAttr>(names[dim]);
  return name && !name.empty() ? name : StringAttr();
}

SymbolicSize SymbolicSize::unknown(Unknown key) {
  SymbolicSize size;
  size.unknowns[key] = 1;
  return size;
}

SymbolicSize SymbolicSize::plus(const SymbolicSize &other,
                                int64_t factor) const {
  SymbolicSize sum = *this;
  sum.number += factor * other.number;
  for (auto [key, count] : other.unknowns)
    if ((sum.unknowns[key] += factor * count) == 0)
      sum.unknowns.erase(key);
  return sum;
}

SymbolicSize SymbolicSize::of(OpFoldResult size) {
  if (std::optional<int64_t> number = getConstantIntValue(size))
    return *number;
  return ofValue(cast<Value>(size));
}

SymbolicSize SymbolicSize::ofValue(Value index) {
  SymbolicSize opaque = unknown({index.getAsOpaquePointer(), -1});
  DepthGuard guard;
  if (!index.getDefiningOp() || guard.depth > maxDepth)
    return opaque;
  return llvm::TypeSwitch<Operation *, SymbolicSize>(index.getDefiningOp())
      .Case([](arith::AddIOp op) { return of(op.getLhs()) + of(op.getRhs()); })
      .Case([](arith::SubIOp op) { return of(op.getLhs()) - of(op.getRhs()); })
      .Case([](arith::IndexCastOp op) { return of(op.getIn()); })
      .Case([&](tensor::DimOp op) {
        std::optional<int64_t> dim = op.getConstantIndex();
        bool isKnown = dim && isa<RankedTensorType>(op.getSource().getType());
        return isKnown ? of(op.getSource(), *dim) : opaque;
      })
      .Default([&](Operation *) { return opaque; });
}

/// The only source dimension of a collapsed one that is not of size one.
static std::optional<int64_t> onlyLargeDim(tensor::CollapseShapeOp op,
                                           int64_t dim) {
  std::optional<int64_t> found;
  for (int64_t d : op.getReassociationIndices()[dim]) {
    if (op.getSrcType().getDimSize(d) == 1)
      continue;
    if (found)
      return std::nullopt;
    found = d;
  }
  return found;
}

/// The operand and dimension whose size dimension `dim` of a matrix product
/// has.
static std::pair<Value, int64_t> matmulDim(nn::MatMulOp op, int64_t dim) {
  int64_t rank = op.getResult().getType().getRank(), fromEnd = rank - dim;
  auto lhs = op.getLhs().getType(), rhs = op.getRhs().getType();
  if (fromEnd == 1)
    return {op.getRhs(), rhs.getRank() - (op.getTransposeRhs() ? 2 : 1)};
  bool isLeft = fromEnd == 2 || (fromEnd <= lhs.getRank() &&
                                 lhs.getDimSize(lhs.getRank() - fromEnd) != 1);
  return isLeft
             ? std::pair<Value, int64_t>(op.getLhs(), lhs.getRank() - fromEnd)
             : std::pair<Value, int64_t>(op.getRhs(), rhs.getRank() - fromEnd);
}

SymbolicSize SymbolicSize::of(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return type.getDimSize(dim);
  SymbolicSize opaque = unknown({tensor.getAsOpaquePointer(), dim});
  DepthGuard guard;
  if (guard.depth > maxDepth)
    return opaque;
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    StringAttr name = dimensionName(argument, dim);
    return name ? unknown({name.getAsOpaquePointer(), -1}) : opaque;
  }
  return llvm::TypeSwitch<Operation *, SymbolicSize>(tensor.getDefiningOp())
      .Case([&](tensor::EmptyOp op) { return of(op.getMixedSizes()[dim]); })
      .Case([&](tensor::CastOp op) {
        return isa<RankedTensorType>(op.getSource().getType())
                   ? of(op.getSource(), dim)
                   : opaque;
      })
      .Case([&](tensor::ExpandShapeOp op) {
        return of(op.getMixedOutputShape()[dim]);
      })
      .Case([&](tensor::CollapseShapeOp op) {
        std::optional<int64_t> from = onlyLargeDim(op, dim);
        return from ? of(op.getSrc(), *from) : opaque;
      })
      .Case([&](tensor::ExtractSliceOp op) {
        bool isFull = op.getSourceType().getRank() == type.getRank();
        return isFull ? of(op.getMixedSizes()[dim]) : opaque;
      })
      .Case([&](tensor::ConcatOp op) {
        if (static_cast<int64_t>(op.getDim()) != dim)
          return of(op.getInputs()[0], dim);
        SymbolicSize sum;
        for (Value input : op.getInputs())
          sum = sum + of(input, dim);
        return sum;
      })
      .Case([&](nn::KVAppendOp op) {
        SymbolicSize past = of(op.getPast(), dim);
        return static_cast<int64_t>(op.getAxis()) == dim
                   ? past + of(op.getFresh(), dim)
                   : past;
      })
      .Case([&](nn::MatMulOp op) {
        auto [from, fromDim] = matmulDim(op, dim);
        return of(from, fromDim);
      })
      .Case([&](nn::EmbeddingOp op) {
        int64_t idsRank = op.getIds().getType().getRank();
        return dim < idsRank ? of(op.getIds(), dim)
                             : of(op.getTable(), dim - idsRank + 1);
      })
      .Case<nn::RmsNormOp, nn::LayerNormOp, nn::SoftmaxOp, nn::RopeOp,
            nn::ActivationOp>([&](auto op) { return of(op.getInput(), dim); })
      .Case([&](nn::AttentionOp op) {
        return dim == 3 ? of(op.getValue(), 3) : of(op.getQuery(), dim);
      })
      .Case([&](DestinationStyleOpInterface op) {
        return of(op.getDpsInitOperand(cast<OpResult>(tensor).getResultNumber())
                      ->get(),
                  dim);
      })
      .Default([&](Operation *) { return opaque; });
}
