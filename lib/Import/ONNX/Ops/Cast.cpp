//===- Cast.cpp - Cast and CastLike -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Between integers shape arithmetic stays what it is. Casts of floats to
// integers that do not hold them are undefined, as in ONNX.

#include "../Elementwise.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

static bool isInteger(ElementType type) {
  return type == ElementType::Int64 || type == ElementType::Int32;
}

static LogicalResult castTo(NodeView &n, ElementType to) {
  Type element = convertType(to, n.b.getContext());
  if (!element)
    return n.unsupported("cast to element type " + nameOf(to));
  if (std::optional<ShapeValue> shape = n.shape(0); shape && isInteger(to)) {
    shape->type = to;
    return n.result(0, std::move(*shape));
  }
  Value x = n.tensor(0);
  if (!x)
    return failure();
  if (elementOf(x) == element)
    return n.result(0, x, {}, to);
  // By way of f32 it would round twice.
  if (elementOf(x).isF64() && isa<FloatType>(element) &&
      element.getIntOrFloatBitWidth() < 32)
    return n.unsupported("cast from double to " + nameOf(to));
  bool fromUnsigned = isUnsigned(n.type(0)), toUnsigned = isUnsigned(to);
  Value result = elementwise(
      n, lane(n, x), element, [&](ImplicitLocOpBuilder &b, ValueRange v) {
        return castScalar(b, v[0], element, fromUnsigned, toUnsigned);
      });
  return n.result(0, result, {}, to);
}

LogicalResult importer::importCast(NodeView &n) {
  if (failed(n.expectInputs(1, 1)))
    return failure();
  if (!n.hasAttribute("to"))
    return n.invalid("attribute 'to' is missing");
  (void)n.intAttr("saturate", 1); // of 8-bit float targets only
  auto to = static_cast<ElementType>(n.intAttr("to", 1));
  return castTo(n, to);
}

LogicalResult importer::importCastLike(NodeView &n) {
  if (failed(n.expectInputs(2, 2)))
    return failure();
  (void)n.intAttr("saturate", 1);
  return castTo(n, n.type(1));
}
