//===- SharedScale.cpp - scales that broadcast -------------------*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See SharedScale.h.

#include "SharedScale.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

std::optional<Sharing> importer::sharingOf(ArrayRef<Size> data,
                                           ArrayRef<Size> scale) {
  if (scale.size() > data.size() &&
      llvm::any_of(scale.drop_back(data.size()),
                   [](const Size &size) { return constantOf(size) != 1; }))
    return std::nullopt;
  Sharing sharing;
  for (size_t i = 0; i < std::min(scale.size(), data.size()); ++i) {
    auto own = constantOf(scale[scale.size() - 1 - i]);
    if (own == 1)
      continue;
    size_t axis = data.size() - 1 - i;
    if (!own || own != constantOf(data[axis]) ||
        sharing.granularity == qnt::Granularity::Channel)
      return std::nullopt;
    sharing = {qnt::Granularity::Channel, static_cast<int64_t>(axis), 0};
  }
  return sharing;
}

Value importer::sharedScale(NodeView &n, unsigned i, const Sharing &sharing) {
  Value scale = n.tensor(i);
  if (!scale)
    return {};
  Sizes sizes;
  if (sharing.granularity == qnt::Granularity::Channel)
    for (const Size &size : n.math.sizesOf(scale))
      if (constantOf(size) != 1)
        sizes.push_back(size);
  return reshape(n, scale, sizes);
}

std::optional<qnt::RoundingMode> importer::roundingMode(NodeView &n,
                                                        StringRef fallback) {
  std::string name = n.stringAttr("rounding_mode", fallback).upper();
  if (name == "ROUND")
    return qnt::RoundingMode::HalfEven;
  auto mode = qnt::symbolizeRoundingMode(StringRef(name).lower());
  if (!mode)
    (void)n.unsupported("rounding mode '" + name +
                        "'; expected ROUND, HALF_EVEN, CEIL, FLOOR, UP, DOWN, "
                        "HALF_UP or HALF_DOWN");
  return mode;
}

LogicalResult importer::quantizeAndBack(NodeView &n,
                                        const QuantizerParts &parts) {
  Sizes sizes = n.math.sizesOf(parts.input);
  NamedAttribute scheme = n.attr("scheme", parts.scheme);
  SmallVector<NamedAttribute> attributes{scheme};
  llvm::append_range(attributes, parts.options);
  SmallVector<Value> operands{parts.input, parts.scale};
  if (parts.zeroPoint)
    operands.push_back(parts.zeroPoint);
  auto codes = createTyped<qnt::QuantizeOp>(n, typeWith(sizes, n.b.getI8Type()),
                                            operands, attributes);
  if (!codes)
    return failure();
  operands[0] = codes.getCodes();
  auto numbers = createTyped<qnt::DequantizeOp>(
      n, typeWith(sizes, elementOf(parts.scale)), operands, scheme);
  if (!numbers)
    return failure();
  return n.result(0, numbers.getResult(), sizes, n.type(0));
}
