//===- NNFold.cpp - nn operations that do nothing ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Folds operations whose result is one of their operands. Exact for every
// value, NaN included. What takes several operations is the business of
// Normalize.

#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc::nn;

/// max(max(x, 0), 0) is max(x, 0).
OpFoldResult ActivationOp::fold(FoldAdaptor) {
  auto inner = getInput().getDefiningOp<ActivationOp>();
  bool isTwice = inner && inner.getKind() == ActivationKind::Relu &&
                 getKind() == ActivationKind::Relu &&
                 inner.getType() == getType();
  return isTwice ? getInput() : Value();
}

/// An append to nothing.
OpFoldResult KVAppendOp::fold(FoldAdaptor) {
  bool isEmpty = getPast().getType().getDimSize(getAxis()) == 0;
  return isEmpty && getFresh().getType() == getType() ? getFresh() : Value();
}

/// Windows of one pixel, one beside the other.
template <typename Op> static OpFoldResult foldPool(Op op) {
  auto isOne = [](int64_t size) { return size == 1; };
  bool isIdentity =
      llvm::all_of(op.getKernel(), isOne) &&
      llvm::all_of(op.getStrides(), isOne) &&
      llvm::all_of(op.getPads(), [](int64_t pad) { return pad == 0; });
  return isIdentity && op.getInput().getType() == op.getType() ? op.getInput()
                                                               : Value();
}
OpFoldResult MaxPoolOp::fold(FoldAdaptor) { return foldPool(*this); }
OpFoldResult AvgPoolOp::fold(FoldAdaptor) { return foldPool(*this); }

/// Over one element each. The Euclidean norm of one is its magnitude.
OpFoldResult ReduceOp::fold(FoldAdaptor) {
  if (getKind() == ReduceKind::L2 || getInput().getType() != getType())
    return {};
  auto type = cast<RankedTensorType>(getInput().getType());
  bool isOverOne = llvm::all_of(
      getAxes(), [&](int64_t axis) { return type.getDimSize(axis) == 1; });
  return isOverOne ? getInput() : Value();
}
