//===- Split.cpp - Split ----------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One tensor.extract_slice for each part. Sizes are an attribute before version
// 13, then an input; from 18 on num_outputs divides evenly, the last part
// shorter.

#include "../Ops.h"
#include "../Shaping.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// Sizes of equal parts; the last may be shorter from version 18 on.
static std::optional<Sizes> equalParts(NodeView &n, Size dim, int64_t parts) {
  std::optional<int64_t> size = constantOf(dim);
  if (!size) {
    if (std::optional<Size> part =
            n.math.divideExactly(dim, n.math.constant(parts)))
      return Sizes(parts, *part);
    return (void)n.unsupported("equal parts of a dynamic dimension"),
           std::nullopt;
  }
  int64_t part = (*size + parts - 1) / parts;
  int64_t last = *size - part * (parts - 1);
  if (last < 0 || (n.opset < 18 && last != part))
    return (void)n.invalid("a dimension of " + Twine(*size) + " has no " +
                           Twine(parts) + " equal parts"),
           std::nullopt;
  Sizes sizes(parts, n.math.constant(part));
  sizes.back() = n.math.constant(last);
  return sizes;
}

static std::optional<Sizes> partSizes(NodeView &n, Size dim) {
  if (n.opset < 13) {
    if (auto list = n.intsAttr("split"))
      return n.math.constants(*list);
  } else if (n.has(1)) {
    if (std::optional<ShapeValue> value = n.shape(1))
      return value->elements;
    return (void)n.unsupported("sizes of parts that are computed from data"),
           std::nullopt;
  }
  int64_t parts = n.numOutputs();
  if (n.opset >= 18 && n.intAttr("num_outputs", parts) != parts)
    return (void)n.invalid("attribute 'num_outputs' = " +
                           Twine(n.intAttr("num_outputs", parts)) +
                           ", but there are " + Twine(parts) + " outputs"),
           std::nullopt;
  return equalParts(n, dim, parts);
}

LogicalResult importer::importSplit(NodeView &n) {
  if (failed(n.expectInputs(1, n.opset < 13 ? 1 : 2)))
    return failure();
  Value x = n.tensor(0);
  if (!x)
    return failure();
  Sizes sizes = n.math.sizesOf(x), offsets(sizes.size(), n.math.constant(0));
  std::optional<int64_t> axis = n.axisAttr(0, sizes.size());
  std::optional<Sizes> parts = axis ? partSizes(n, sizes[*axis]) : std::nullopt;
  if (!parts)
    return failure();
  if (parts->size() != n.numOutputs())
    return n.invalid(Twine(parts->size()) + " sizes for " +
                     Twine(n.numOutputs()) + " outputs");
  Size total = n.math.constant(0);
  for (Size part : *parts)
    total = n.math.add(total, part);
  auto whole = constantOf(sizes[*axis]), sum = constantOf(total);
  bool isNegative = llvm::any_of(
      *parts, [](Size s) { return constantOf(s).value_or(0) < 0; });
  if (isNegative || (whole && sum && *whole != *sum))
    return n.invalid("parts of " + textOf(*parts) + " do not make up " +
                     textOf(sizes[*axis]));
  SmallVector<int64_t> steps(sizes.size(), 1);
  for (auto [i, part] : llvm::enumerate(*parts)) {
    sizes[*axis] = part;
    if (failed(n.result(i, slice(n, x, offsets, sizes, steps))))
      return failure();
    offsets[*axis] = n.math.add(offsets[*axis], part);
  }
  return success();
}
