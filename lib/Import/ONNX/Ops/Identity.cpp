//===- Identity.cpp - Identity and Dropout ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operators that do nothing at inference.

#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

LogicalResult importer::importIdentity(NodeView &n) {
  if (failed(n.expectInputs(1, 1)))
    return failure();
  n.forward();
  return success();
}

LogicalResult importer::importDropout(NodeView &n) {
  if (failed(n.expectInputs(1, 3)) || failed(n.onlyOutputs({0})))
    return failure();
  // The ratio and the seed do nothing unless the model is being trained.
  (void)n.floatAttr("ratio", 0.5f);
  (void)n.intAttr("seed", 0);
  if (n.has(2)) {
    auto training = n.integers(2);
    if (!training || llvm::any_of(*training, [](int64_t v) { return v != 0; }))
      return n.unsupported("input 'training_mode' may be true");
  }
  n.forward();
  return success();
}
