//===- Pad.cpp - Pad --------------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// tensor.pad with a constant. Amounts are an attribute before version 11, then
// an input; from 18 on for chosen axes.

#include "../Elementwise.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// The value outside, as an operation result; null with a problem.
static Value padValue(NodeView &n, Type element) {
  if (n.opset < 11)
    return isa<FloatType>(element)
               ? number(n.b, element, n.floatAttr("value", 0))
               : Value();
  if (!n.has(2))
    return number(n.b, element, 0);
  std::optional<Lane> value = lane(n, 2);
  if (!value)
    return {};
  if (value->scalar && value->element() == element)
    return arith::ConstantOp::create(n.b, value->scalar);
  (void)n.unsupported("input 'constant_value' that is not one known number");
  return {};
}

/// Amounts before (first half) and after all dimensions; nullopt with a
/// problem.
static std::optional<Sizes> readAmounts(NodeView &n, int64_t rank) {
  Sizes given;
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (n.opset < 11) {
    given =
        n.math.constants(n.intsAttr("pads").value_or(SmallVector<int64_t>()));
  } else if (std::optional<ShapeValue> value = n.shape(1)) {
    given = value->elements;
  } else {
    return (void)n.unsupported("amounts that are computed from data"),
           std::nullopt;
  }
  if (n.has(3)) {
    auto listed = n.integers(3);
    if (!listed)
      return (void)n.unsupported("axes that are computed from data"),
             std::nullopt;
    axes.clear();
    for (int64_t axis : *listed) {
      std::optional<int64_t> fixed = n.normalizeAxis(axis, rank);
      if (!fixed)
        return std::nullopt;
      axes.push_back(*fixed);
    }
  }
  if (given.size() != 2 * axes.size())
    return (void)n.invalid(Twine(given.size()) + " amounts of padding for " +
                           Twine(axes.size()) + " axes"),
           std::nullopt;
  Sizes amounts(2 * rank, n.math.constant(0));
  for (auto [i, axis] : llvm::enumerate(axes)) {
    amounts[axis] = given[i];
    amounts[axis + rank] = given[i + axes.size()];
  }
  for (Size amount : amounts)
    if (constantOf(amount).value_or(0) < 0)
      return (void)n.unsupported("negative padding"), std::nullopt;
  return amounts;
}

LogicalResult importer::importPad(NodeView &n) {
  if (failed(n.expectInputs(n.opset < 11 ? 1 : 2, n.opset < 11   ? 1
                                                  : n.opset < 18 ? 3
                                                                 : 4)))
    return failure();
  StringRef mode = n.stringAttr("mode", "constant");
  if (mode != "constant")
    return n.unsupported("attribute 'mode' = '" + mode + "' (only constant)");
  Value x = n.tensor(0);
  if (!x)
    return failure();
  std::optional<Sizes> amounts = readAmounts(n, rankOf(x));
  Value outside = amounts ? padValue(n, elementOf(x)) : Value();
  if (!outside)
    return n.problem() ? failure()
                       : n.unsupported("element type " + nameOf(n.type(0)));
  ArrayRef<Size> low = ArrayRef(*amounts).take_front(rankOf(x));
  ArrayRef<Size> high = ArrayRef(*amounts).drop_front(rankOf(x));
  Sizes sizes = n.math.sizesOf(x);
  for (auto [i, size] : llvm::enumerate(sizes))
    size = n.math.add(size, n.math.add(low[i], high[i]));
  auto type = typeWith(sizes, elementOf(x));
  Value result = tensor::PadOp::create(n.b, type, x, low, high, outside);
  return n.result(0, result, sizes);
}
