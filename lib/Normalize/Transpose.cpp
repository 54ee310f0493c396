//===- Transpose.cpp - makes a transpose -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The result is written into a fresh tensor.

#include "Transpose.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;

Value quantc::normalize::transpose(OpBuilder &b, Location loc, Value value,
                                   ArrayRef<int64_t> order) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, value);
  applyPermutationToVector(sizes, order);
  Value init =
      tensor::EmptyOp::create(b, loc, sizes, getElementTypeOrSelf(value));
  return linalg::TransposeOp::create(b, loc, value, init, order)->getResult(0);
}
