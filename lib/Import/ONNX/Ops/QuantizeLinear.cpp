//===- QuantizeLinear.cpp - QuantizeLinear and DequantizeLinear -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// qnt.quantize and qnt.dequantize. Per tensor, per axis, or in blocks along an
// axis (version 21). A scale of one element is a scalar.

#include "../Codes.h"
#include "../Elementwise.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// How scales of these sizes are shared by elements of these sizes; nullopt
/// with a problem.
static std::optional<Sharing> readSharing(NodeView &n, ArrayRef<Size> data,
                                          ArrayRef<Size> scale) {
  int64_t rank = data.size(),
          blockSize = n.opset >= 21 ? n.intAttr("block_size", 0) : 0;
  int64_t axis = n.opset >= 13 ? n.intAttr("axis", 1) : 1;
  bool isScalar =
      scale.empty() || (scale.size() == 1 && constantOf(scale[0]) == 1);
  if (isScalar && blockSize == 0)
    return Sharing{};
  std::optional<int64_t> fixed = n.normalizeAxis(axis, rank);
  if (!fixed)
    return std::nullopt;
  auto size = constantOf(data[*fixed]);
  auto groups =
      scale.size() == data.size() ? constantOf(scale[*fixed]) : std::nullopt;
  if (blockSize > 0) {
    if (!size || !groups || *groups != (*size + blockSize - 1) / blockSize)
      return (void)n.invalid("scales of sizes " + textOf(scale) +
                             " for blocks of " + Twine(blockSize) + " in " +
                             textOf(data)),
             std::nullopt;
    return Sharing{qnt::Granularity::Group, *fixed, blockSize};
  }
  auto count = scale.size() == 1 ? constantOf(scale[0]) : std::nullopt;
  if (blockSize < 0 || !count || (size && *count != *size))
    return (void)n.invalid("scales of sizes " + textOf(scale) +
                           " for dimension " + Twine(*fixed) + " of " +
                           textOf(data)),
           std::nullopt;
  return Sharing{qnt::Granularity::Channel, *fixed, 0};
}

/// A scale or zero point as a scalar where one serves the whole tensor.
static Value shaped(NodeView &n, Value value, const Sharing &sharing) {
  bool isScalar = sharing.granularity == qnt::Granularity::Tensor;
  return value && isScalar ? reshape(n, value, {}) : value;
}

/// Scale (input 1) and zero point (input 2); false with a problem.
static bool readParameters(NodeView &n, const Sharing &sharing,
                           qnt::SchemeAttr scheme,
                           SmallVectorImpl<Value> &operands) {
  operands.push_back(shaped(n, n.tensor(1), sharing));
  if (n.has(2))
    operands.push_back(
        shaped(n, codesOf(n, 2, scheme, /*plain=*/true), sharing));
  return !n.problem();
}

LogicalResult importer::importQuantizeLinear(NodeView &n) {
  if (failed(n.expectInputs(2, 3)))
    return failure();
  n.onlyInt("saturate", 1, 1);
  auto named = static_cast<ElementType>(n.intAttr("output_dtype", 0));
  (void)n.intAttr("precision", 0); // of a division that is in fp32 here
  ElementType codes = n.has(2)                          ? n.type(2)
                      : named == ElementType::Undefined ? ElementType::UInt8
                                                        : named;
  if (named != ElementType::Undefined && named != codes)
    return n.invalid("attribute 'output_dtype' is " + nameOf(named) +
                     ", but the zero point is " + nameOf(codes));
  Value x = n.tensor(0);
  std::optional<Sharing> sharing =
      x ? readSharing(n, n.math.sizesOf(x), n.sizes(1)) : std::nullopt;
  qnt::SchemeAttr scheme =
      sharing ? schemeOf(n, codes, *sharing, n.has(2)) : qnt::SchemeAttr();
  if (!scheme)
    return failure();
  SmallVector<Value> operands{x};
  if (!readParameters(n, *sharing, scheme, operands))
    return failure();
  bool isInteger = scheme.getCode() == qnt::CodeKind::Int ||
                   scheme.getCode() == qnt::CodeKind::UInt;
  if (!isInteger)
    return n.unsupported("codes of element type " + nameOf(codes) +
                         " at run time");
  auto type = typeWith(n.math.sizesOf(x), n.b.getIntegerType(bitsOf(codes)));
  auto op = createTyped<qnt::QuantizeOp>(
      n, type, operands,
      {n.attr("scheme", scheme),
       n.attr("by_division", UnitAttr::get(n.b.getContext()))});
  if (!op)
    return failure();
  return n.result(0, op.getCodes(), n.math.sizesOf(x), codes);
}

/// Input `i` as a lane that broadcasts along the axis of `sharing`.
static std::optional<Lane> parameterLane(NodeView &n, unsigned i,
                                         const Sharing &sharing, int64_t rank) {
  std::optional<Lane> parameter = lane(n, i);
  if (!parameter || parameter->scalar)
    return parameter;
  Sizes sizes(
      sharing.granularity == qnt::Granularity::Tensor ? 0 : rank - sharing.axis,
      n.math.constant(1));
  if (!sizes.empty())
    sizes[0] = n.math.sizesOf(parameter->tensor)[0];
  Value aligned = reshape(n, parameter->tensor, sizes);
  return aligned ? std::optional(lane(n, aligned)) : std::nullopt;
}

/// (x - zero point) * scale of integers that are no codes.
static LogicalResult dequantizeWide(NodeView &n, const Sharing &sharing) {
  if (sharing.granularity == qnt::Granularity::Group)
    return n.unsupported("blocks of element type " + nameOf(n.type(0)));
  Value x = n.tensor(0);
  if (!x)
    return failure();
  SmallVector<Lane> lanes{lane(n, x)};
  for (unsigned i = 1; i <= (n.has(2) ? 2 : 1); ++i) {
    std::optional<Lane> parameter = parameterLane(n, i, sharing, rankOf(x));
    if (!parameter)
      return failure();
    lanes.push_back(std::move(*parameter));
  }
  Type element = lanes[1].element();
  if (!isa<FloatType>(element) ||
      (lanes.size() == 3 && lanes[2].element() != elementOf(x)))
    return n.invalid("scale and zero point have element types " +
                     nameOf(n.type(1)) + " and " + nameOf(n.type(2)));
  bool isUnsignedType = isUnsigned(n.type(0));
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Type wide = b.getI32Type(); // holds every difference of 16-bit integers
    Value code = castScalar(b, v[0], wide, isUnsignedType, false);
    if (v.size() == 3)
      code = arith::SubIOp::create(
          b, code, castScalar(b, v[2], wide, isUnsignedType, false));
    Value exact = castScalar(b, code, element, false, false);
    return arith::MulFOp::create(b, exact, v[1]);
  };
  return n.result(0, elementwise(n, lanes, element, payload), {}, n.type(1));
}

LogicalResult importer::importDequantizeLinear(NodeView &n) {
  if (failed(n.expectInputs(2, 3)))
    return failure();
  auto named = static_cast<ElementType>(n.intAttr("output_dtype", 0));
  if (named != ElementType::Undefined && named != n.type(1))
    return n.unsupported("attribute 'output_dtype' = " + nameOf(named) +
                         " with scales of type " + nameOf(n.type(1)));
  std::optional<Sharing> sharing = readSharing(n, n.sizes(0), n.sizes(1));
  bool isWide = n.type(0) == ElementType::Int32 ||
                n.type(0) == ElementType::Int16 ||
                n.type(0) == ElementType::UInt16;
  if (sharing && isWide)
    return dequantizeWide(n, *sharing);
  qnt::SchemeAttr scheme =
      sharing ? schemeOf(n, n.type(0), *sharing, n.has(2)) : qnt::SchemeAttr();
  if (!scheme)
    return failure();
  SmallVector<Value> operands{codesOf(n, 0, scheme)};
  if (!operands[0] || !readParameters(n, *sharing, scheme, operands))
    return failure();
  Sizes sizes = n.sizes(0);
  auto type = typeWith(sizes, elementOf(operands[1]));
  auto op = createTyped<qnt::DequantizeOp>(n, type, operands,
                                           n.attr("scheme", scheme));
  if (!op)
    return failure();
  return n.result(0, op.getResult(), sizes, n.type(1));
}
