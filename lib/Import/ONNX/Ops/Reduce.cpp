//===- Reduce.cpp - ReduceMean, ReduceSum and the other reductions -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// nn.reduce. Axes are an attribute before version 18 (13 for ReduceSum), then
// an input. Reductions of shape arithmetic stay shape arithmetic.

#include "../Ops.h"
#include "../Shaping.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

namespace {
struct Row {
  StringRef name;
  nn::ReduceKind kind;
  Size (IndexMath::*fold)(Size, Size);
};
} // namespace

static constexpr Row rows[] = {
    {"ReduceL2", nn::ReduceKind::L2, nullptr},
    {"ReduceMax", nn::ReduceKind::Max, &IndexMath::max},
    {"ReduceMean", nn::ReduceKind::Mean, nullptr},
    {"ReduceMin", nn::ReduceKind::Min, &IndexMath::min},
    {"ReduceProd", nn::ReduceKind::Prod, &IndexMath::mul},
    {"ReduceSum", nn::ReduceKind::Sum, &IndexMath::add},
};

/// Ascending axes; all of them when none are given. nullopt with a problem.
static std::optional<SmallVector<int64_t>> readAxes(NodeView &n, int64_t rank,
                                                    bool &isNoop) {
  std::optional<SmallVector<int64_t>> given;
  if (n.opset < (n.opType() == "ReduceSum" ? 13 : 18)) {
    given = n.intsAttr("axes");
  } else {
    isNoop = n.intAttr("noop_with_empty_axes", 0);
    if (n.has(1) && !(given = n.integers(1)))
      return (void)n.unsupported("axes that are computed from data"),
             std::nullopt;
  }
  if (!given || given->empty()) {
    return llvm::to_vector(llvm::seq<int64_t>(0, rank));
  }
  isNoop = false;
  SmallVector<int64_t> axes;
  for (int64_t axis : *given) {
    std::optional<int64_t> fixed = n.normalizeAxis(axis, rank);
    if (!fixed)
      return std::nullopt;
    axes.push_back(*fixed);
  }
  llvm::sort(axes);
  if (std::unique(axes.begin(), axes.end()) != axes.end())
    return (void)n.invalid("an axis is listed twice"), std::nullopt;
  return axes;
}

LogicalResult importer::importReduce(NodeView &n) {
  if (failed(n.expectInputs(1, 2)))
    return failure();
  const Row &row =
      *llvm::find_if(rows, [&](const Row &r) { return r.name == n.opType(); });
  Sizes from = n.sizes(0);
  bool keep = n.intAttr("keepdims", 1), isNoop = false;
  std::optional<SmallVector<int64_t>> axes = readAxes(n, from.size(), isNoop);
  if (!axes)
    return failure();
  if (isNoop || axes->empty())
    return n.forward(), success();
  std::optional<ShapeValue> shape = n.shape(0);
  if (shape && row.fold && !shape->elements.empty()) {
    Size result = shape->elements[0];
    for (Size size : ArrayRef(shape->elements).drop_front())
      result = (n.math.*row.fold)(result, size);
    return n.result(0, ShapeValue{{result}, !keep, shape->type});
  }
  Value x = n.tensor(0);
  if (!x)
    return failure();
  auto op = n.create<nn::ReduceOp>(
      x, {n.attr("kind", nn::ReduceKindAttr::get(n.b.getContext(), row.kind)),
          n.attr("axes", n.b.getDenseI64ArrayAttr(*axes)),
          n.attr("keepdims", n.b.getBoolAttr(keep))});
  if (!op)
    return failure();
  Sizes sizes;
  for (auto [i, size] : llvm::enumerate(from))
    if (!llvm::is_contained(*axes, static_cast<int64_t>(i)))
      sizes.push_back(size);
    else if (keep)
      sizes.push_back(n.math.constant(1));
  return n.result(0, op.getResult(), sizes);
}
