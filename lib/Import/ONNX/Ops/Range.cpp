//===- Range.cpp - Range and Trilu ------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operators that look at the position of an element: linalg.index in the
// payload.

#include "../Elementwise.h"
#include "../Ops.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// start, start + delta, ... as integers.
static LogicalResult integerRange(NodeView &n, Size start, Size limit,
                                  int64_t delta) {
  ElementType type = n.type(0);
  // A negative delta counts down: the same number of steps as counting up.
  Size length = delta > 0 ? n.math.sub(limit, start) : n.math.sub(start, limit);
  if (delta == INT64_MIN)
    return n.unsupported("a delta of " + Twine(delta));
  Size count = n.math.ceilDiv(length, std::abs(delta));
  if (auto number = constantOf(count))
    count = n.math.constant(std::max<int64_t>(*number, 0));
  auto first = constantOf(start), known = constantOf(count);
  if (first && known && *known <= static_cast<int64_t>(maxShapeValues)) {
    ShapeValue values{{}, false, type};
    for (int64_t i = 0; i < *known; ++i)
      values.elements.push_back(n.math.add(
          start, n.math.mul(n.math.constant(i), n.math.constant(delta))));
    return n.result(0, std::move(values));
  }
  Value base = first == 0 ? Value() : n.math.value(start);
  Value step = delta == 1 ? Value() : n.math.value(n.math.constant(delta));
  Type element = convertType(type, n.b.getContext());
  Lane length1{{}, n.b.getIntegerAttr(element, 0), {count}};
  Value result = elementwise(
      n, length1, element, [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
        Value index = linalg::IndexOp::create(b, 0);
        if (step)
          index = arith::MulIOp::create(b, index, step);
        if (base)
          index = arith::AddIOp::create(b, index, base);
        return arith::IndexCastOp::create(b, element, index);
      });
  return n.result(0, result);
}

static LogicalResult floatRange(NodeView &n, double start, double limit,
                                double delta) {
  double steps = std::ceil((limit - start) / delta);
  if (!(std::abs(steps) < 1e9))
    return n.invalid("more than 1000000000 elements");
  Type element = convertType(n.type(0), n.b.getContext());
  Lane size{{},
            n.b.getFloatAttr(element, start),
            {n.math.constant(static_cast<int64_t>(std::max(steps, 0.0)))}};
  Value result = elementwise(
      n, size, element, [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
        Value index = arith::IndexCastOp::create(b, b.getI64Type(),
                                                 linalg::IndexOp::create(b, 0));
        Value position = arith::SIToFPOp::create(b, element, index);
        Value offset =
            arith::MulFOp::create(b, position, number(b, element, delta));
        return arith::AddFOp::create(b, v[0], offset);
      });
  return n.result(0, result);
}

LogicalResult importer::importRange(NodeView &n) {
  if (failed(n.expectInputs(3, 3)))
    return failure();
  std::optional<ShapeValue> start = n.shape(0), limit = n.shape(1),
                            delta = n.shape(2);
  if (start && limit && delta && start->isScalar && limit->isScalar &&
      delta->isScalar) {
    std::optional<int64_t> step = constantOf(delta->elements[0]);
    if (!step)
      return n.unsupported("a delta that is computed at run time");
    if (*step == 0)
      return n.invalid("a delta of 0");
    return integerRange(n, start->elements[0], limit->elements[0], *step);
  }
  auto first = scalarNumber(n, 0), last = scalarNumber(n, 1),
       step = scalarNumber(n, 2);
  Type element = convertType(n.type(0), n.b.getContext());
  if (!first || !last || !step || !isa_and_present<FloatType>(element))
    return n.unsupported("bounds that are computed from data");
  if (*step == 0)
    return n.invalid("a delta of 0");
  return floatRange(n, *first, *last, *step);
}

LogicalResult importer::importTrilu(NodeView &n) {
  if (failed(n.expectInputs(1, 2)))
    return failure();
  Value x = n.tensor(0);
  bool isUpper = n.intAttr("upper", 1) != 0;
  if (!x)
    return failure();
  int64_t rank = rankOf(x), offset = 0;
  if (rank < 2)
    return n.invalid("a tensor of rank " + Twine(rank) +
                     ", expected 2 or more");
  if (n.has(1)) {
    auto k = n.integers(1);
    if (!k || k->size() != 1)
      return n.unsupported("input 'k' that is computed from data");
    offset = k->front();
  }
  Type element = elementOf(x);
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Value row = linalg::IndexOp::create(b, rank - 2),
          column = linalg::IndexOp::create(b, rank - 1);
    Value diagonal = arith::AddIOp::create(
        b, row, arith::ConstantIndexOp::create(b, offset));
    auto predicate =
        isUpper ? arith::CmpIPredicate::sge : arith::CmpIPredicate::sle;
    Value isKept = arith::CmpIOp::create(b, predicate, column, diagonal);
    return arith::SelectOp::create(b, isKept, v[0], number(b, element, 0));
  };
  return n.result(0, elementwise(n, lane(n, x), element, payload));
}
