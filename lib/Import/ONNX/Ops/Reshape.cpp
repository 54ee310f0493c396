//===- Reshape.cpp - Reshape and Flatten ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The target is shape arithmetic; a target that is computed from data is
// refused.

#include "../Ops.h"
#include "../Shaping.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// The size that -1 stands for: what remains of the element count.
static std::optional<Size> inferSize(NodeView &n, ArrayRef<Size> from,
                                     ArrayRef<Size> known) {
  Size total = n.math.product(from), rest = n.math.product(known);
  if (std::optional<Size> exact = n.math.divideExactly(total, rest))
    return exact;
  auto x = constantOf(total), y = constantOf(rest);
  if (x && y) {
    (void)n.invalid("cannot reshape " + textOf(from) + ": " + Twine(*x) +
                    " elements are not a multiple of " + Twine(*y));
    return std::nullopt;
  }
  return n.math.div(total, rest);
}

/// The target with 0 and -1 replaced; nullopt with a problem.
static std::optional<Sizes> resolveTarget(NodeView &n, ArrayRef<Size> from,
                                          const Sizes &target, bool allowZero) {
  Sizes result, known;
  std::optional<size_t> inferred;
  for (auto [i, given] : llvm::enumerate(target)) {
    Size size = given;
    std::optional<int64_t> number = constantOf(size);
    if (number && *number < -1)
      return (void)n.invalid("the target shape has a size of " +
                             Twine(*number)),
             std::nullopt;
    if (number == -1 && inferred)
      return (void)n.invalid("the target shape has more than one -1"),
             std::nullopt;
    if (number == -1)
      inferred = i;
    if (number == 0 && !allowZero) {
      if (i >= from.size())
        return (void)n.invalid("the target shape copies dimension " + Twine(i) +
                               " of " + textOf(from)),
               std::nullopt;
      size = from[i];
    }
    result.push_back(size);
    if (number != -1)
      known.push_back(size);
  }
  if (inferred) {
    std::optional<Size> size = inferSize(n, from, known);
    if (!size)
      return std::nullopt;
    result[*inferred] = *size;
  }
  return result;
}

/// Shape arithmetic that stays so: to a scalar, or to a vector of all elements.
static bool reshapeShape(NodeView &n, ArrayRef<Size> target) {
  std::optional<ShapeValue> value = n.shape(0);
  int64_t count = value ? value->elements.size() : 0;
  bool isVector = target.size() == 1 && constantOf(target[0]) == count;
  if (!value || (!isVector && !(target.empty() && count == 1)))
    return false;
  value->isScalar = target.empty();
  return succeeded(n.result(0, std::move(*value)));
}

LogicalResult importer::importReshape(NodeView &n) {
  if (failed(n.expectInputs(2, 2)))
    return failure();
  bool allowZero = n.intAttr("allowzero", 0) != 0;
  std::optional<ShapeValue> target = n.shape(1);
  if (!target)
    return n.unsupported("a target shape that is computed from data");
  std::optional<Sizes> sizes =
      resolveTarget(n, n.sizes(0), target->elements, allowZero);
  if (!sizes)
    return failure();
  if (reshapeShape(n, *sizes))
    return success();
  Value x = n.tensor(0);
  if (!x)
    return failure();
  return n.result(0, reshape(n, x, *sizes));
}

LogicalResult importer::importFlatten(NodeView &n) {
  Value x;
  if (failed(n.tensors({&x})))
    return failure();
  Sizes from = n.math.sizesOf(x);
  int64_t rank = from.size(), axis = n.intAttr("axis", 1);
  if (axis < -rank || axis > rank)
    return n.invalid("axis " + Twine(axis) + " is outside a tensor of rank " +
                     Twine(rank));
  axis = axis < 0 ? axis + rank : axis;
  Size rows = n.math.product(ArrayRef(from).take_front(axis));
  Size columns = n.math.product(ArrayRef(from).drop_front(axis));
  return n.result(0, reshape(n, x, {rows, columns}));
}
