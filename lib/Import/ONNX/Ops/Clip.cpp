//===- Clip.cpp - Clip ------------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// min(max(x, low), high); an absent bound adds no operation. Bounds are
// attributes before version 11 and inputs from then on.

#include "../Elementwise.h"
#include "../Ops.h"
#include <cfloat>

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// Bound as input `i` or, in old versions, as attribute; nullopt with a
/// problem.
static bool addBound(NodeView &n, unsigned i, StringRef name,
                     SmallVectorImpl<Lane> &lanes) {
  if (n.opset < 11) {
    if (!n.hasAttribute(name))
      return false;
    auto value = n.b.getFloatAttr(lanes[0].element(), n.floatAttr(name, 0));
    lanes.push_back(Lane{{}, value, {}});
    return true;
  }
  if (!n.has(i))
    return false;
  std::optional<Lane> bound = lane(n, i);
  if (!bound)
    return false;
  if (bound->element() != lanes[0].element())
    return (void)n.invalid("bound '" + n.inputName(i) + "' has type " +
                           nameOf(n.type(i)) + ", expected " +
                           nameOf(n.type(0))),
           false;
  lanes.push_back(std::move(*bound));
  return true;
}

LogicalResult importer::importClip(NodeView &n) {
  if (failed(n.expectInputs(1, n.opset < 11 ? 1 : 3)))
    return failure();
  Value x = n.tensor(0);
  if (!x)
    return failure();
  Type element = elementOf(x);
  bool isFloat = isa<FloatType>(element),
       isUnsignedType = isUnsigned(n.type(0));
  if (n.opset < 11 && !isFloat)
    return n.unsupported("element type " + nameOf(n.type(0)));
  SmallVector<Lane> lanes{lane(n, x)};
  bool hasLow = addBound(n, 1, "min", lanes),
       hasHigh = addBound(n, 2, "max", lanes);
  if (n.problem())
    return failure();
  auto bound = [&](ImplicitLocOpBuilder &b, Value v, Value limit,
                   bool isLow) -> Value {
    if (isFloat)
      return isLow ? Value(arith::MaximumFOp::create(b, v, limit))
                   : Value(arith::MinimumFOp::create(b, v, limit));
    if (isUnsignedType)
      return isLow ? Value(arith::MaxUIOp::create(b, v, limit))
                   : Value(arith::MinUIOp::create(b, v, limit));
    return isLow ? Value(arith::MaxSIOp::create(b, v, limit))
                 : Value(arith::MinSIOp::create(b, v, limit));
  };
  Value result = elementwise(
      n, lanes, element, [&](ImplicitLocOpBuilder &b, ValueRange v) {
        Value clipped = hasLow ? bound(b, v[0], v[1], true) : v[0];
        return hasHigh ? bound(b, clipped, v.back(), false) : clipped;
      });
  return n.result(0, result);
}
