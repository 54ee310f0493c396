//===- Quant.cpp - Quant and IntQuant of QONNX -------------------*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// out = (round(clip(x / scale + zero point)) - zero point) * scale (QONNX,
// IntQuant). Codes of up to 8 bits with an integer zero point become codes of
// `qnt`; all others, fractional zero points and bit widths among them, the same
// arithmetic in floating point. One signed bit is -1 or 1.

#include "../Elementwise.h"
#include "../Ops.h"
#include "../SharedScale.h"
#include "quantc/Dialect/Qnt/Rounding.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

namespace {
/// What the attributes and the bit width say.
struct Request {
  qnt::RoundingMode rounding;
  bool isSigned, isNarrow;
  double bits, low, high;

  bool isBipolar() const { return isSigned && bits == 1; }
  /// True when codes fit a byte.
  bool hasCodes() const { return bits == std::floor(bits) && bits <= 8; }
};
} // namespace

static std::optional<Request> readRequest(NodeView &n) {
  Request request;
  request.isSigned = n.intAttr("signed", 1) != 0;
  request.isNarrow = n.intAttr("narrow", 0) != 0;
  std::optional<qnt::RoundingMode> rounding = roundingMode(n, "ROUND");
  std::optional<double> bits = scalarNumber(n, 3);
  if (!bits)
    (void)n.unsupported("a bit width that is no constant number");
  else if (!(*bits >= 1 && *bits <= 32))
    (void)n.invalid("bit width " + std::to_string(*bits) +
                    ", expected 1 to 32");
  else if (!n.hasAttribute("narrow") && !(request.isSigned && *bits == 1))
    // The published specification and its code disagree about the default.
    (void)n.invalid("attribute 'narrow' is absent, expected 0 or 1");
  if (n.problem())
    return std::nullopt;
  request.rounding = *rounding;
  request.bits = *bits;
  double span = std::exp2(*bits);
  request.low = request.isSigned ? -span / 2 + request.isNarrow : 0;
  request.high =
      request.isSigned ? span / 2 - 1 : span - 1 - double(request.isNarrow);
  return request;
}

/// The formula in floating point, for what has no codes.
static LogicalResult importAsNumbers(NodeView &n, const Request &request) {
  std::optional<Lane> x = lane(n, 0), scale = lane(n, 1), zero = lane(n, 2);
  if (!x || !scale || !zero)
    return failure();
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Type type = v[0].getType();
    Value steps =
        arith::AddFOp::create(b, arith::DivFOp::create(b, v[0], v[1]), v[2]);
    Value code;
    if (request.isBipolar()) {
      Value isPositive = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE,
                                               steps, number(b, type, 0));
      code = arith::SelectOp::create(b, isPositive, number(b, type, 1),
                                     number(b, type, -1));
    } else {
      Value raised =
          arith::MaximumFOp::create(b, steps, number(b, type, request.low));
      Value clipped =
          arith::MinimumFOp::create(b, raised, number(b, type, request.high));
      code = qnt::buildRounding(b, request.rounding, clipped);
    }
    return arith::MulFOp::create(b, arith::SubFOp::create(b, code, v[2]), v[1]);
  };
  return n.result(0,
                  elementwise(n, {*x, *scale, *zero}, x->element(), payload));
}

/// The numbers of a constant input; nullopt if it is none.
static std::optional<SmallVector<double>> numbersOf(NodeView &n, unsigned i) {
  const Tensor *constant = n.constant(i);
  return constant ? readFloats(*constant) : std::nullopt;
}

/// A tensor with the signs of x / scale, which are the codes. Scales up to 1
/// leave every sign as it is; with larger ones a tiny negative number becomes
/// 0.
static Value divided(NodeView &n, Value numbers) {
  std::optional<SmallVector<double>> scales = numbersOf(n, 1);
  if (scales && llvm::all_of(*scales, [](double scale) {
        return scale > 0 && scale <= 1;
      }))
    return numbers;
  std::optional<Lane> x = lane(n, 0), scale = lane(n, 1);
  if (!x || !scale)
    return {};
  return elementwise(n, {*x, *scale}, x->element(),
                     [](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                       return arith::DivFOp::create(b, v[0], v[1]);
                     });
}

/// Zero points as int8 constants of the sizes of `scale`. False when they are
/// not constants that are codes; a null value when all are 0.
static bool readZeroPoints(NodeView &n, const Request &request, Value scale,
                           Value &result) {
  std::optional<SmallVector<double>> zeros = numbersOf(n, 2);
  auto type = cast<RankedTensorType>(scale.getType());
  if (!zeros || zeros->empty() || !type.hasStaticShape())
    return false;
  double first = zeros->front();
  bool isSame = llvm::all_equal(*zeros);
  if (isSame && first == 0)
    return true;
  auto range = qnt::codeRange(request.isSigned, request.bits, false);
  bool areCodes = llvm::all_of(*zeros, [&](double zero) {
    return zero == std::floor(zero) && zero >= range.low && zero <= range.high;
  });
  int64_t count = type.getNumElements();
  if (!areCodes || (!isSame && int64_t(zeros->size()) != count))
    return false;
  SmallVector<int8_t> codes;
  for (int64_t i = 0; i < count; ++i)
    codes.push_back(static_cast<int8_t>(
        static_cast<int64_t>(isSame ? first : (*zeros)[i])));
  auto ofCodes = type.clone(n.b.getI8Type());
  result =
      n.param(n.inputName(2), DenseElementsAttr::get(ofCodes, ArrayRef(codes)));
  return true;
}

LogicalResult importer::importQuant(NodeView &n) {
  Value x;
  if (failed(n.expectInputs(4, 4)) || !(x = n.tensor(0)))
    return failure();
  if (!isa<FloatType>(elementOf(x)) || n.type(0) != n.type(1) ||
      n.type(0) != n.type(2))
    return n.invalid("input, scale and zero point have element types " +
                     nameOf(n.type(0)) + ", " + nameOf(n.type(1)) + " and " +
                     nameOf(n.type(2)) + ", expected one type of floats");
  std::optional<Request> request = readRequest(n);
  if (!request)
    return failure();
  std::optional<Sharing> sharing = sharingOf(n.math.sizesOf(x), n.sizes(1));
  if (!sharing || !request->hasCodes())
    return importAsNumbers(n, *request);
  QuantizerParts parts;
  parts.input = x;
  parts.scale = sharedScale(n, 1, *sharing);
  if (!parts.scale)
    return failure();
  if (!readZeroPoints(n, *request, parts.scale, parts.zeroPoint))
    return importAsNumbers(n, *request);
  auto kind = request->isSigned ? qnt::CodeKind::Int : qnt::CodeKind::UInt;
  if (request->isBipolar()) {
    if (parts.zeroPoint)
      return importAsNumbers(n, *request);
    kind = qnt::CodeKind::Binary;
    parts.input = divided(n, x);
    if (!parts.input)
      return failure();
  } else {
    parts.options = {
        n.attr("rounding", qnt::RoundingModeAttr::get(n.b.getContext(),
                                                      request->rounding))};
    if (request->isNarrow)
      parts.options.push_back(
          n.attr("narrow", UnitAttr::get(n.b.getContext())));
  }
  parts.scheme = qnt::SchemeAttr::get(
      n.b.getContext(), kind, request->bits, sharing->granularity,
      sharing->axis, 0, static_cast<bool>(parts.zeroPoint), qnt::ZeroKind::Code,
      qnt::ScaleKind::F32, 0, 0, false, StringAttr());
  return quantizeAndBack(n, parts);
}
