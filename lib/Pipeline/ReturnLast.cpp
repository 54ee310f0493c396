//===- ReturnLast.cpp - functions cut off behind values --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ReturnLast.h.

#include "ReturnLast.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

/// The values that no later one depends on, the last one first.
static SmallVector<Value> lastOf(ArrayRef<Value> values) {
  BackwardSliceOptions options;
  options.omitUsesFromAbove = false;
  SmallVector<Value> ends;
  SetVector<Operation *> needed;
  for (Value value : llvm::reverse(values)) {
    if (!needed.insert(value.getDefiningOp()))
      continue;
    ends.push_back(value);
    // A slice that ends early leaves values that are returned, too.
    (void)getBackwardSlice(value.getDefiningOp(), &needed, options);
  }
  return ends;
}

void quantc::returnLast(ArrayRef<Value> values) {
  SmallVector<Value> ends = lastOf(values);
  auto function =
      ends.front().getParentRegion()->getParentOfType<func::FuncOp>();
  function.getBody().front().getTerminator()->setOperands(ends);
  Builder b(function.getContext());
  function.setType(b.getFunctionType(function.getArgumentTypes(),
                                     TypeRange(ValueRange(ends))));
  SmallVector<Attribute> names;
  for (size_t i = 0; i < ends.size(); ++i)
    names.push_back(b.getDictionaryAttr(b.getNamedAttr(
        "nn.name", b.getStringAttr("observed" + std::to_string(i)))));
  function.setAllResultAttrs(names);
}
