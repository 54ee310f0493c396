//===- Shape.cpp - Shape and Size -------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Where shape arithmetic begins.

#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

LogicalResult importer::importShape(NodeView &n) {
  if (failed(n.expectInputs(1, 1)))
    return failure();
  Sizes sizes = n.sizes(0);
  int64_t rank = sizes.size();
  auto bound = [&](StringRef name, int64_t fallback) {
    int64_t value = n.intAttr(name, fallback);
    return std::clamp<int64_t>(value < 0 ? value + rank : value, 0, rank);
  };
  int64_t start = bound("start", 0), end = bound("end", rank);
  ShapeValue shape;
  shape.elements.append(sizes.begin() + start,
                        sizes.begin() + std::max(start, end));
  return n.result(0, std::move(shape));
}

LogicalResult importer::importSize(NodeView &n) {
  if (failed(n.expectInputs(1, 1)))
    return failure();
  return n.result(
      0, ShapeValue{{n.math.product(n.sizes(0))}, true, ElementType::Int64});
}
