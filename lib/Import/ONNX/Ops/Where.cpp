//===- Where.cpp - Where ----------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// arith.select by a condition. Folds on shape arithmetic with a known
// condition.

#include "../Elementwise.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

LogicalResult importer::importWhere(NodeView &n) {
  if (failed(n.expectInputs(3, 3)))
    return failure();
  auto fold = [](ArrayRef<Size> sizes) -> std::optional<Size> {
    std::optional<int64_t> condition = constantOf(sizes[0]);
    if (!condition)
      return std::nullopt;
    return *condition ? sizes[1] : sizes[2];
  };
  if (foldShapes(n, 3, n.type(1), fold))
    return success();
  std::optional<Lane> condition = lane(n, 0), x = lane(n, 1), y = lane(n, 2);
  if (!condition || !x || !y)
    return failure();
  if (!condition->element().isInteger(1) || x->element() != y->element())
    return n.invalid("condition and values have types " + nameOf(n.type(0)) +
                     ", " + nameOf(n.type(1)) + " and " + nameOf(n.type(2)) +
                     ", expected bool and two equal types");
  Value result =
      elementwise(n, {*condition, *x, *y}, x->element(),
                  [](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                    return arith::SelectOp::create(b, v[0], v[1], v[2]);
                  });
  return n.result(0, result, {}, n.type(1));
}
