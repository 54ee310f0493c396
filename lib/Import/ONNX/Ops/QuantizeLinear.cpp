//===- QuantizeLinear.cpp - QuantizeLinear and DequantizeLinear ---*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// qnt.quantize and qnt.dequantize. Per tensor, per axis, or in blocks along an
// axis (version 21). A scale of one element is a scalar.

#include "../Codes.h"
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
    operands.push_back(shaped(n, codesOf(n, 2, scheme), sharing));
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
  auto op =
      createTyped<qnt::QuantizeOp>(n, type, operands, n.attr("scheme", scheme));
  if (!op)
    return failure();
  return n.result(0, op.getCodes(), n.math.sizesOf(x), codes);
}

LogicalResult importer::importDequantizeLinear(NodeView &n) {
  if (failed(n.expectInputs(2, 3)))
    return failure();
  (void)n.intAttr("output_dtype", 0); // decided by the type of the scale
  std::optional<Sharing> sharing = readSharing(n, n.sizes(0), n.sizes(1));
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
