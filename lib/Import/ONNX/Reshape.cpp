//===- Reshape.cpp - the same elements under other sizes --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A reshape is a collapse followed by an expansion. Dimensions are grouped from
// the left: a group ends where the products of both sides are known to be
// equal.

#include "Shaping.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

namespace {
/// Pairs of groups of dimensions with equal products.
struct Grouping {
  SmallVector<ReassociationIndices> from, to;
};

/// Finds the finest grouping that the known factors allow.
class Grouper {
public:
  Grouper(IndexMath &math, ArrayRef<Size> from, ArrayRef<Size> to)
      : math(math), from(from), to(to) {}

  Grouping run() {
    Grouping groups;
    while (i < from.size() && j < to.size())
      addGroup(groups);
    if (groups.from.empty())
      groups.from.emplace_back(), groups.to.emplace_back();
    // Sizes of one at the end belong to no product.
    for (; i < from.size(); ++i)
      groups.from.back().push_back(i);
    for (; j < to.size(); ++j)
      groups.to.back().push_back(j);
    return groups;
  }

private:
  void addGroup(Grouping &groups) {
    ReassociationIndices &left = groups.from.emplace_back(),
                         &right = groups.to.emplace_back();
    Size x = from[i], y = to[j];
    left.push_back(i++);
    right.push_back(j++);
    while (x != y) {
      // The side that lacks factors takes its next dimension.
      bool takeLeft = math.divideExactly(y, x).has_value();
      bool takeRight = math.divideExactly(x, y).has_value();
      if ((takeLeft || !takeRight) && i < from.size()) {
        x = math.mul(x, from[i]);
        left.push_back(i++);
      } else if (j < to.size()) {
        y = math.mul(y, to[j]);
        right.push_back(j++);
      } else if (i < from.size()) {
        x = math.mul(x, from[i]);
        left.push_back(i++);
      } else {
        return;
      }
    }
  }

  IndexMath &math;
  ArrayRef<Size> from, to;
  size_t i = 0, j = 0;
};
} // namespace

/// `value` under a type that differs in what is known statically.
static Value castTo(NodeView &n, Value value, RankedTensorType type) {
  return value.getType() == type
             ? value
             : Value(tensor::CastOp::create(n.b, type, value));
}

/// The type after collapsing `type` by `groups`.
static RankedTensorType collapsedType(RankedTensorType type,
                                      ArrayRef<ReassociationIndices> groups) {
  SmallVector<int64_t> shape;
  for (const ReassociationIndices &group : groups) {
    int64_t product = 1;
    for (int64_t d : group)
      product = ShapedType::isDynamic(product) || type.isDynamicDim(d)
                    ? ShapedType::kDynamic
                    : product * type.getDimSize(d);
    shape.push_back(product);
  }
  return RankedTensorType::get(shape, type.getElementType());
}

static bool isTrivial(ArrayRef<ReassociationIndices> groups) {
  return llvm::all_of(
      groups, [](const ReassociationIndices &g) { return g.size() == 1; });
}

/// Rank 0 has no groups: all sizes of the other side are one. No value when
/// one of them is known to be another.
static Value reshapeScalar(NodeView &n, Value input, ArrayRef<Size> target) {
  auto element = elementOf(input);
  SmallVector<int64_t> ones(std::max<size_t>(rankOf(input), target.size()), 1);
  auto unit = RankedTensorType::get(ones, element);
  auto scalar = RankedTensorType::get({}, element);
  if (target.empty()) {
    if (!tensor::CastOp::areCastCompatible(input.getType(), unit))
      return Value();
    Value exact = castTo(n, input, unit);
    return tensor::CollapseShapeOp::create(n.b, scalar, exact,
                                           ArrayRef<ReassociationIndices>());
  }
  Value result = tensor::ExpandShapeOp::create(n.b, unit, input,
                                               ArrayRef<ReassociationIndices>(),
                                               n.math.constants(ones));
  auto type = typeWith(target, element);
  return tensor::CastOp::areCastCompatible(unit, type) ? castTo(n, result, type)
                                                       : Value();
}

/// False when the sizes known statically already overflow.
static bool isCountable(ArrayRef<Size> sizes) {
  return elementCount(
             llvm::to_vector(llvm::make_filter_range(
                 IndexMath::shapeOf(sizes),
                 [](int64_t size) { return !ShapedType::isDynamic(size); })))
      .has_value();
}

/// False only when both element counts are numbers and differ.
static bool mayHaveEqualCounts(IndexMath &math, ArrayRef<Size> from,
                               ArrayRef<Size> to) {
  auto x = elementCount(IndexMath::shapeOf(from)),
       y = elementCount(IndexMath::shapeOf(to));
  return !x || !y || *x == *y;
}

static bool bothEmpty(ArrayRef<Size> from, ArrayRef<Size> to) {
  auto isEmpty = [](ArrayRef<Size> sizes) {
    return llvm::is_contained(IndexMath::shapeOf(sizes), 0);
  };
  return isEmpty(from) && isEmpty(to);
}

/// All dimensions of either side as one product.
static Grouping oneGroup(size_t left, size_t right) {
  Grouping groups;
  groups.from.push_back(llvm::to_vector(llvm::seq<int64_t>(0, left)));
  groups.to.push_back(llvm::to_vector(llvm::seq<int64_t>(0, right)));
  return groups;
}

/// Collapses `input` and expands it by the groups. No value when two groups
/// that belong together have different static products.
static Value regroup(NodeView &n, Value input, const Grouping &groups,
                     RankedTensorType type, ArrayRef<Size> target) {
  auto inputType = cast<RankedTensorType>(input.getType());
  RankedTensorType left = collapsedType(inputType, groups.from),
                   right = collapsedType(type, groups.to);
  if (!tensor::CastOp::areCastCompatible(left, right))
    return Value();
  Value flat = input;
  if (!isTrivial(groups.from))
    flat = tensor::CollapseShapeOp::create(n.b, left, input, groups.from);
  flat = castTo(n, flat, right);
  return isTrivial(groups.to) ? flat
                              : Value(tensor::ExpandShapeOp::create(
                                    n.b, type, flat, groups.to, target));
}

Value quantc::importer::reshape(NodeView &n, Value input,
                                ArrayRef<Size> target) {
  Sizes from = n.math.sizesOf(input);
  auto type = typeWith(target, elementOf(input));
  if (llvm::equal(from, target))
    return input;
  if (from.empty() && target.empty())
    return input;
  if (!isCountable(target))
    return (void)n.invalid("cannot reshape " + textOf(from) + " to " +
                           textOf(target) + ": its size overflows"),
           Value();
  Value result;
  if (from.empty() || target.empty())
    result = reshapeScalar(n, input, target);
  else if (mayHaveEqualCounts(n.math, from, target))
    result =
        regroup(n, input, Grouper(n.math, from, target).run(), type, target);
  // Empty tensors agree in their product, not in its factors.
  if (!result && bothEmpty(from, target))
    result =
        regroup(n, input, oneGroup(from.size(), target.size()), type, target);
  if (!result)
    return (void)n.invalid("cannot reshape " + textOf(from) + " to " +
                           textOf(target) + ": the number of elements differs"),
           Value();
  n.math.record(result, Sizes(target));
  return result;
}
