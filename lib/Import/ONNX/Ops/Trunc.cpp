//===- Trunc.cpp - Trunc of QONNX --------------------------------*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Drops low bits of quantized numbers (QONNX, Trunc), in floating point. With
// y = rint(x / scale + zero point):
//   five inputs: (round(y / 2^(in bits - out bits)) - zero point) * scale
//   six inputs, with an output scale and t = 2^rint(log2(out scale / scale)):
//   (round(clip(y / t)) - zero point / t) * out scale

#include "../Elementwise.h"
#include "../Ops.h"
#include "../SharedScale.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "quantc/Dialect/Qnt/Rounding.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

namespace {
/// Numbers that must be constants.
struct Widths {
  double divisor = 1;       ///< a power of two
  double low = 0, high = 0; ///< of the codes that come out
  std::optional<double>
      scale; ///< that comes out; nullopt: the one that came in
};
} // namespace

/// The constant number of input `i`; NaN with a problem.
static double numberOf(NodeView &n, unsigned i, StringRef what) {
  std::optional<double> number = scalarNumber(n, i);
  if (number)
    return *number;
  (void)n.unsupported(what + Twine(" that is no constant number"));
  return NAN;
}

static std::optional<Widths> readWidths(NodeView &n) {
  Widths widths;
  bool hasScale = n.numInputs() == 6;
  double in = numberOf(n, 3, "an input bit width"),
         out = numberOf(n, hasScale ? 5 : 4, "an output bit width");
  if (n.problem())
    return std::nullopt;
  if (!(out >= 1 && out <= in && in <= 32))
    return (void)n.invalid("bit widths " + std::to_string(in) + " and " +
                           std::to_string(out) +
                           ", expected 1 to 32, the second not larger"),
           std::nullopt;
  widths.divisor = std::exp2(in - out);
  if (!hasScale)
    return widths;
  double before = numberOf(n, 1, "a scale"),
         after = numberOf(n, 4, "an output scale");
  bool isSigned = n.intAttr("signed", 1) != 0;
  int64_t narrow = n.intAttr("narrow", 0) != 0;
  if (n.problem())
    return std::nullopt;
  if (!(before > 0 && after > 0 && std::isfinite(after / before)))
    return (void)n.invalid("scales that are not positive"), std::nullopt;
  widths.divisor = std::exp2(std::nearbyint(std::log2(after / before)));
  widths.scale = after;
  double span = std::exp2(out);
  widths.low = isSigned ? -span / 2 + narrow : 0;
  widths.high = isSigned ? span / 2 - 1 : span - 1 - narrow;
  return widths;
}

LogicalResult importer::importTrunc(NodeView &n) {
  if (failed(n.expectInputs(5, 6)))
    return failure();
  std::optional<Lane> x = lane(n, 0), scale = lane(n, 1), zero = lane(n, 2);
  if (!x || !scale || !zero)
    return failure();
  if (!isa<FloatType>(x->element()) || n.type(0) != n.type(1) ||
      n.type(0) != n.type(2))
    return n.invalid("input, scale and zero point have element types " +
                     nameOf(n.type(0)) + ", " + nameOf(n.type(1)) + " and " +
                     nameOf(n.type(2)) + ", expected one type of floats");
  std::optional<qnt::RoundingMode> mode = roundingMode(n, "FLOOR");
  std::optional<Widths> widths = readWidths(n);
  if (!mode || !widths)
    return failure();
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Type type = v[0].getType();
    Value divisor = number(b, type, widths->divisor), offset = v[2];
    Value steps =
        arith::AddFOp::create(b, arith::DivFOp::create(b, v[0], v[1]), v[2]);
    Value part =
        arith::DivFOp::create(b, math::RoundEvenOp::create(b, steps), divisor);
    if (widths->scale) {
      part = arith::MaximumFOp::create(b, part, number(b, type, widths->low));
      part = arith::MinimumFOp::create(b, part, number(b, type, widths->high));
      offset = arith::DivFOp::create(b, offset, divisor);
    }
    Value code = qnt::buildRounding(b, *mode, part);
    return arith::MulFOp::create(b, arith::SubFOp::create(b, code, offset),
                                 widths->scale ? number(b, type, *widths->scale)
                                               : v[1]);
  };
  return n.result(0,
                  elementwise(n, {*x, *scale, *zero}, x->element(), payload));
}
