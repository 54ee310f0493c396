//===- Expand.cpp - Expand and Tile -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Copies along dimensions, as generics without arithmetic.

#include "../Ops.h"
#include "../Shaping.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

LogicalResult importer::importExpand(NodeView &n) {
  if (failed(n.expectInputs(2, 2)))
    return failure();
  std::optional<ShapeValue> target = n.shape(1);
  if (!target)
    return n.unsupported("a target shape that is computed from data");
  Sizes from = n.sizes(0), sizes = target->elements;
  if (from.size() > sizes.size())
    sizes.insert(sizes.begin(), from.size() - sizes.size(), n.math.constant(1));
  for (auto [i, size] : llvm::enumerate(from)) {
    Size &out = sizes[sizes.size() - from.size() + i];
    auto have = constantOf(size), want = constantOf(out);
    if (have && want && *have != 1 && *want != 1 && *have != *want)
      return n.invalid("cannot expand " + textOf(from) + " to " +
                       textOf(target->elements));
    // Two sizes that are only known at run time are taken as equal.
    if (have != 1)
      out = size;
  }
  Value x = n.tensor(0);
  if (!x)
    return failure();
  return n.result(0, llvm::equal(from, sizes) ? x : broadcast(n, x, sizes));
}

LogicalResult importer::importTile(NodeView &n) {
  if (failed(n.expectInputs(2, 2)))
    return failure();
  Value x = n.tensor(0);
  std::optional<ShapeValue> repeats = n.shape(1);
  if (!x)
    return failure();
  if (!repeats)
    return n.unsupported("repeats that are computed from data");
  Sizes from = n.math.sizesOf(x), copies, sizes;
  if (repeats->elements.size() != from.size())
    return n.invalid(Twine(repeats->elements.size()) + " repeats for rank " +
                     Twine(from.size()));
  // Each dimension d becomes (repeat, d), which is then seen as one.
  SmallVector<AffineExpr> exprs;
  for (auto [size, repeat] : llvm::zip(from, repeats->elements)) {
    if (constantOf(repeat).value_or(0) < 0)
      return n.invalid("a negative repeat");
    copies.push_back(repeat);
    exprs.push_back(n.b.getAffineDimExpr(copies.size()));
    copies.push_back(size);
    sizes.push_back(n.math.mul(size, repeat));
  }
  if (llvm::equal(from, sizes))
    return n.result(0, x);
  auto map = AffineMap::get(copies.size(), 0, exprs, n.b.getContext());
  return n.result(0, reshape(n, select(n, x, copies, map), sizes));
}
