//===- Slice.cpp - Slice ----------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// tensor.extract_slice. Known bounds are clamped as ONNX says; bounds known
// only at run time are sizes of the model and must lie inside the dimension. A
// negative step reads backwards and is supported for known sizes.

#include "../Ops.h"
#include "../Shaping.h"
#include "mlir/IR/AffineExpr.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

namespace {
/// One axis: elements offset, offset + step, ... (size of them).
struct AxisRange {
  Size offset, size;
  int64_t step = 1;
};
} // namespace

/// A bound from the end, if negative, and inside [low, high] where that is
/// known.
static Size clampBound(NodeView &n, Size bound, Size dim, int64_t low,
                       int64_t past) {
  std::optional<int64_t> number = constantOf(bound), size = constantOf(dim);
  if (!number)
    return bound;
  if (size) {
    int64_t value = *number < 0 ? *number + *size : *number;
    return n.math.constant(std::clamp(value, low, std::max(low, *size + past)));
  }
  if (*number >= INT32_MAX)
    return n.math.add(dim, n.math.constant(past));
  if (*number <= -INT32_MAX)
    return n.math.constant(low);
  if (*number < 0)
    return n.math.add(dim, n.math.constant(*number));
  return bound;
}

static std::optional<AxisRange> resolve(NodeView &n, Size start, Size end,
                                        int64_t step, Size dim) {
  if (step > 0) {
    Size first = clampBound(n, start, dim, 0, 0),
         last = clampBound(n, end, dim, 0, 0);
    Size length = n.math.sub(last, first);
    if (auto number = constantOf(length))
      length = n.math.constant(std::max<int64_t>(*number, 0));
    return AxisRange{first, n.math.ceilDiv(length, step), step};
  }
  auto first = constantOf(clampBound(n, start, dim, 0, -1));
  auto last = constantOf(clampBound(n, end, dim, -1, -1));
  if (!first || !last || !constantOf(dim) || step == INT64_MIN)
    return (void)n.unsupported("a negative step along a dynamic dimension"),
           std::nullopt;
  int64_t count = std::max<int64_t>(0, (*first - *last - step - 1) / -step);
  return AxisRange{n.math.constant(*first),
                   n.math.constant(*constantOf(dim) ? count : 0), step};
}

/// Starts, ends, axes or steps: an attribute in version 1, then input `i`.
static std::optional<Sizes> readList(NodeView &n, unsigned i, StringRef name,
                                     bool isRequired) {
  if (n.opset < 10) {
    if (auto list = n.intsAttr(name))
      return n.math.constants(*list);
  } else if (n.has(i)) {
    if (std::optional<ShapeValue> value = n.shape(i))
      return value->elements;
    return (void)n.unsupported(name + " that are computed from data"),
           std::nullopt;
  }
  if (isRequired)
    (void)n.invalid("'" + name + "' are missing");
  return std::nullopt;
}

/// The ranges of all axes; nullopt with a problem.
static std::optional<SmallVector<AxisRange>> readRanges(NodeView &n,
                                                        ArrayRef<Size> from) {
  auto starts = readList(n, 1, "starts", true),
       ends = readList(n, 2, "ends", true);
  auto axes = readList(n, 3, "axes", false),
       steps = readList(n, 4, "steps", false);
  if (n.problem())
    return std::nullopt;
  size_t count = starts->size();
  if (ends->size() != count || (axes && axes->size() != count) ||
      (steps && steps->size() != count))
    return (void)n.invalid("starts, ends, axes and steps differ in length"),
           std::nullopt;
  SmallVector<AxisRange> ranges;
  for (Size size : from)
    ranges.push_back({n.math.constant(0), size, 1});
  for (size_t i = 0; i < count; ++i) {
    std::optional<int64_t> axis =
        axes ? constantOf((*axes)[i]) : static_cast<int64_t>(i);
    std::optional<int64_t> step = steps ? constantOf((*steps)[i]) : 1;
    if (!axis || !step)
      return (void)n.unsupported("axes or steps that are computed at run time"),
             std::nullopt;
    if (*step == 0)
      return (void)n.invalid("a step of 0"), std::nullopt;
    axis = n.normalizeAxis(*axis, from.size());
    if (!axis)
      return std::nullopt;
    std::optional<AxisRange> range =
        resolve(n, (*starts)[i], (*ends)[i], *step, from[*axis]);
    if (!range)
      return std::nullopt;
    ranges[*axis] = *range;
  }
  return ranges;
}

/// Reads backwards along the axes with a negative step.
static Value reversed(NodeView &n, Value x, ArrayRef<AxisRange> ranges) {
  SmallVector<AffineExpr> exprs;
  Sizes sizes;
  for (auto [d, range] : llvm::enumerate(ranges)) {
    sizes.push_back(range.size);
    AffineExpr dim = n.b.getAffineDimExpr(d);
    exprs.push_back(
        range.step < 0 ? dim * range.step + *constantOf(range.offset) : dim);
  }
  return select(n, x, sizes,
                AffineMap::get(ranges.size(), 0, exprs, n.b.getContext()));
}

/// Elements of shape arithmetic picked by one range.
static LogicalResult sliceShape(NodeView &n, ShapeValue value,
                                const AxisRange &range, int64_t first,
                                int64_t count) {
  Sizes picked;
  for (int64_t i = 0; i < count; ++i)
    picked.push_back(value.elements[first + i * range.step]);
  value.elements = std::move(picked);
  return n.result(0, std::move(value));
}

LogicalResult importer::importSlice(NodeView &n) {
  if (failed(n.expectInputs(n.opset < 10 ? 1 : 3, n.opset < 10 ? 1 : 5)))
    return failure();
  Sizes from = n.sizes(0);
  std::optional<SmallVector<AxisRange>> ranges = readRanges(n, from);
  if (!ranges)
    return failure();
  std::optional<ShapeValue> shape = n.shape(0);
  if (shape && !shape->isScalar) {
    const AxisRange &range = ranges->front();
    auto first = constantOf(range.offset), count = constantOf(range.size);
    if (first && count)
      return sliceShape(n, std::move(*shape), range, *first, *count);
  }
  Value x = n.tensor(0);
  if (!x)
    return failure();
  Sizes offsets, sizes;
  SmallVector<int64_t> steps;
  bool isReversed = false;
  for (auto [d, range] : llvm::enumerate(*ranges)) {
    bool isBackwards = range.step < 0;
    isReversed |= isBackwards;
    offsets.push_back(isBackwards ? n.math.constant(0) : range.offset);
    sizes.push_back(isBackwards ? from[d] : range.size);
    steps.push_back(isBackwards ? 1 : range.step);
  }
  Value result =
      llvm::equal(sizes, from) ? x : slice(n, x, offsets, sizes, steps);
  return n.result(0, isReversed ? reversed(n, result, *ranges) : result);
}
