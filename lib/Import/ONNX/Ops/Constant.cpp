//===- Constant.cpp - Constant and ConstantOfShape --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Constants inside the graph.

#include "../Elementwise.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

using OnnxAttribute = quantc::importer::Attribute;

/// A number or a list of numbers in place of a tensor.
static LogicalResult importNumbers(NodeView &n,
                                   const OnnxAttribute &attribute) {
  auto &b = n.b;
  auto define = [&](Type element, size_t count, bool isScalar, auto values) {
    SmallVector<int64_t> dims;
    if (!isScalar)
      dims.push_back(static_cast<int64_t>(count));
    auto type = RankedTensorType::get(dims, element);
    return n.result(
        0, n.param(n.outputName(0), DenseElementsAttr::get(type, values)));
  };
  switch (attribute.kind) {
  case OnnxAttribute::Kind::Int:
    return n.result(
        0,
        ShapeValue{{n.math.constant(attribute.i)}, true, ElementType::Int64});
  case OnnxAttribute::Kind::Ints:
    if (attribute.ints.size() <= maxShapeValues)
      return n.result(0, ShapeValue{n.math.constants(attribute.ints), false,
                                    ElementType::Int64});
    return define(b.getI64Type(), attribute.ints.size(), false,
                  ArrayRef(attribute.ints));
  case OnnxAttribute::Kind::Float:
    return define(b.getF32Type(), 1, true, ArrayRef<float>(attribute.f));
  case OnnxAttribute::Kind::Floats:
    return define(b.getF32Type(), attribute.floats.size(), false,
                  ArrayRef(attribute.floats));
  default:
    return n.unsupported("attribute '" + attribute.name + "'");
  }
}

LogicalResult importer::importConstant(NodeView &n) {
  if (failed(n.expectInputs(0, 0)))
    return failure();
  if (const OnnxAttribute *value = n.attribute("value")) {
    if (value->kind != OnnxAttribute::Kind::Tensor)
      return n.invalid("attribute 'value' is not a tensor");
    n.defineConstant(value->tensor);
    return success();
  }
  for (StringRef name :
       {"value_int", "value_ints", "value_float", "value_floats"})
    if (const OnnxAttribute *value = n.attribute(name))
      return importNumbers(n, *value);
  return n.unsupported("a value that is neither a tensor nor a number");
}

LogicalResult importer::importConstantOfShape(NodeView &n) {
  if (failed(n.expectInputs(1, 1)))
    return failure();
  std::optional<ShapeValue> shape = n.shape(0);
  if (!shape)
    return n.unsupported("a shape that is computed from data");
  for (Size size : shape->elements)
    if (constantOf(size).value_or(0) < 0)
      return n.invalid("a shape of " + textOf(shape->elements));
  ElementType type = ElementType::Float;
  TypedAttr fill = n.b.getF32FloatAttr(0);
  if (const OnnxAttribute *value = n.attribute("value")) {
    const Tensor &tensor = value->tensor;
    type = tensor.type;
    Type element = convertType(type, n.b.getContext());
    auto floats = readFloats(tensor);
    auto integers = readIntegers(tensor);
    if (!element || tensor.count != 1 || (!floats && !integers))
      return n.unsupported("attribute 'value' that is not one number");
    fill = floats ? TypedAttr(n.b.getFloatAttr(element, floats->front()))
                  : TypedAttr(n.b.getIntegerAttr(element, integers->front()));
  }
  auto count = shape->elements.size() == 1 ? constantOf(shape->elements[0])
                                           : std::nullopt;
  if (type == ElementType::Int64 && count &&
      *count <= static_cast<int64_t>(maxShapeValues)) {
    Size element = n.math.constant(cast<IntegerAttr>(fill).getInt());
    return n.result(0, ShapeValue{Sizes(*count, element), false, type});
  }
  Value result =
      elementwise(n, Lane{{}, fill, shape->elements}, fill.getType(),
                  [](ImplicitLocOpBuilder &, ValueRange v) { return v[0]; });
  return n.result(0, result, {}, type);
}
