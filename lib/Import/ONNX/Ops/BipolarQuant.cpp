//===- BipolarQuant.cpp - BipolarQuant of QONNX ------------------*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// +scale where x >= 0, else -scale (QONNX, BipolarQuant): binary codes. Zero of
// either sign is positive.

#include "../Elementwise.h"
#include "../Ops.h"
#include "../SharedScale.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// With scales that `qnt` cannot share.
static LogicalResult importAsNumbers(NodeView &n, Value x) {
  std::optional<Lane> scale = lane(n, 1);
  if (!scale)
    return failure();
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Value isPositive = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, v[0],
                                             number(b, v[0].getType(), 0));
    return arith::SelectOp::create(b, isPositive, v[1],
                                   arith::NegFOp::create(b, v[1]));
  };
  return n.result(0,
                  elementwise(n, {lane(n, x), *scale}, elementOf(x), payload));
}

LogicalResult importer::importBipolarQuant(NodeView &n) {
  Value x;
  if (failed(n.expectInputs(2, 2)) || !(x = n.tensor(0)))
    return failure();
  if (!isa<FloatType>(elementOf(x)) || n.type(0) != n.type(1))
    return n.invalid("input and scale have element types " + nameOf(n.type(0)) +
                     " and " + nameOf(n.type(1)) +
                     ", expected one type of floats");
  std::optional<Sharing> sharing = sharingOf(n.math.sizesOf(x), n.sizes(1));
  if (!sharing)
    return importAsNumbers(n, x);
  QuantizerParts parts;
  parts.input = x;
  parts.scale = sharedScale(n, 1, *sharing);
  parts.scheme = qnt::SchemeAttr::get(
      n.b.getContext(), qnt::CodeKind::Binary, 1, sharing->granularity,
      sharing->axis, 0, false, qnt::ZeroKind::Code, qnt::ScaleKind::F32, 0, 0,
      false, StringAttr());
  if (!parts.scale)
    return failure();
  return quantizeAndBack(n, parts);
}
