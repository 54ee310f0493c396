//===- Squeeze.cpp - Squeeze and Unsqueeze ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Axes are an attribute before version 13 and an input from then on.

#include "../Ops.h"
#include "../Shaping.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// The axes, counted in a tensor of rank `rank`; nullopt with a problem, or
/// without one when there are none.
static std::optional<SmallVector<int64_t>> readAxes(NodeView &n, int64_t rank) {
  std::optional<SmallVector<int64_t>> axes;
  if (n.opset < 13) {
    axes = n.intsAttr("axes");
  } else if (n.has(1)) {
    axes = n.integers(1);
    if (!axes)
      (void)n.unsupported("axes that are computed from data");
  }
  if (!axes)
    return std::nullopt;
  SmallVector<int64_t> result;
  for (int64_t axis : *axes) {
    std::optional<int64_t> fixed = n.normalizeAxis(axis, rank);
    if (!fixed)
      return std::nullopt;
    if (llvm::is_contained(result, *fixed))
      return (void)n.invalid("axis " + Twine(axis) + " is listed twice"),
             std::nullopt;
    result.push_back(*fixed);
  }
  return result;
}

/// Shape arithmetic stays so between a scalar and a vector of one element.
static bool keepShape(NodeView &n, bool isScalar) {
  std::optional<ShapeValue> value = n.shape(0);
  if (!value || value->elements.size() != 1)
    return false;
  value->isScalar = isScalar;
  return succeeded(n.result(0, std::move(*value)));
}

LogicalResult importer::importSqueeze(NodeView &n) {
  if (failed(n.expectInputs(1, n.opset < 13 ? 1 : 2)))
    return failure();
  Sizes from = n.sizes(0), to;
  std::optional<SmallVector<int64_t>> axes = readAxes(n, from.size());
  if (n.problem())
    return failure();
  for (auto [i, size] : llvm::enumerate(from)) {
    std::optional<int64_t> number = constantOf(size);
    bool isDropped =
        axes ? llvm::is_contained(*axes, static_cast<int64_t>(i)) : number == 1;
    if (!isDropped)
      to.push_back(size);
    else if (number && *number != 1)
      return n.invalid("dimension " + Twine(i) + " of " + textOf(from) +
                       " is squeezed, but its size is not 1");
  }
  if (to.empty() && keepShape(n, /*isScalar=*/true))
    return success();
  Value x = n.tensor(0);
  if (!x)
    return failure();
  return n.result(0, reshape(n, x, to));
}

LogicalResult importer::importUnsqueeze(NodeView &n) {
  unsigned inputs = n.opset < 13 ? 1 : 2;
  if (failed(n.expectInputs(inputs, inputs)))
    return failure();
  Sizes from = n.sizes(0);
  std::optional<SmallVector<int64_t>> listed =
      n.opset < 13 ? n.intsAttr("axes") : n.integers(1);
  if (!listed)
    return n.unsupported("axes that are computed from data");
  if (from.size() + listed->size() > 32)
    return n.invalid("the result has more than 32 dimensions");
  int64_t rank = from.size() + listed->size();
  std::optional<SmallVector<int64_t>> axes = readAxes(n, rank);
  if (!axes)
    return failure();
  if (from.empty() && rank == 1 && keepShape(n, /*isScalar=*/false))
    return success();
  Sizes to;
  for (int64_t i = 0, next = 0; i < rank; ++i)
    to.push_back(llvm::is_contained(*axes, i) ? n.math.constant(1)
                                              : from[next++]);
  Value x = n.tensor(0);
  if (!x)
    return failure();
  return n.result(0, reshape(n, x, to));
}
