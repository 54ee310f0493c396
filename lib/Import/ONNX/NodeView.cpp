//===- NodeView.cpp - one node as its importer sees it ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every message about inputs and attributes that is not about one operator.

#include "NodeView.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;
using OnnxAttribute = quantc::importer::Attribute;

LogicalResult NodeView::unsupported(const Twine &reason) {
  if (!first)
    first = Problem{true, reason.str()};
  return failure();
}

LogicalResult NodeView::invalid(const Twine &reason) {
  if (!first)
    first = Problem{false, reason.str()};
  return failure();
}

LogicalResult NodeView::expectInputs(unsigned least, unsigned most) {
  for (unsigned i = 0; i < least; ++i)
    if (!has(i))
      return invalid("input " + Twine(i) + " is missing");
  for (unsigned i = most; i < numInputs(); ++i)
    if (has(i))
      return unsupported("input " + Twine(i) +
                         " is not known, expected at most " + Twine(most) +
                         " inputs");
  return success();
}

LogicalResult NodeView::tensors(ArrayRef<Value *> required,
                                ArrayRef<Value *> optional) {
  if (failed(expectInputs(required.size(), required.size() + optional.size())))
    return failure();
  for (auto [i, value] : llvm::enumerate(required))
    if (!(*value = tensor(i)))
      return failure();
  for (auto [k, value] : llvm::enumerate(optional)) {
    unsigned i = required.size() + k;
    if (has(i) && !(*value = tensor(i)))
      return failure();
  }
  return success();
}

Value NodeView::tensor(unsigned i) {
  if (!has(i)) {
    (void)invalid("input " + Twine(i) + " is missing");
    return {};
  }
  Operand &operand = *values.find(node.inputs[i]);
  Value value = values.tensorOf(node.inputs[i], operand);
  if (!value)
    (void)unsupported("input '" + node.inputs[i] + "' has element type " +
                      nameOf(operand.type));
  return value;
}

std::optional<ShapeValue> NodeView::shape(unsigned i) {
  if (!has(i))
    return std::nullopt;
  return values.shapeOf(*values.find(node.inputs[i]));
}

std::optional<SmallVector<int64_t>> NodeView::integers(unsigned i) {
  if (!has(i))
    return std::nullopt;
  if (const Tensor *tensor = constant(i))
    return readIntegers(*tensor);
  std::optional<ShapeValue> value = shape(i);
  return value ? value->constants() : std::nullopt;
}

const Tensor *NodeView::constant(unsigned i) {
  return has(i) ? values.find(node.inputs[i])->constant : nullptr;
}

ElementType NodeView::type(unsigned i) {
  return has(i) ? values.find(node.inputs[i])->type : ElementType::Undefined;
}

Sizes NodeView::sizes(unsigned i) {
  Operand &operand = *values.find(node.inputs[i]);
  if (operand.constant)
    return math.constants(operand.constant->dims);
  if (operand.tensor)
    return math.sizesOf(operand.tensor);
  if (operand.shape->isScalar)
    return {};
  return {math.constant(static_cast<int64_t>(operand.shape->elements.size()))};
}

const OnnxAttribute *NodeView::attribute(StringRef name) {
  for (auto [i, attribute] : llvm::enumerate(node.attributes))
    if (attribute.name == name) {
      wasRead[i] = true;
      return &attribute;
    }
  return nullptr;
}

bool NodeView::hasAttribute(StringRef name) const {
  return llvm::any_of(node.attributes,
                      [&](const OnnxAttribute &a) { return a.name == name; });
}

static StringRef kindName(OnnxAttribute::Kind kind) {
  switch (kind) {
  case OnnxAttribute::Kind::Int:
    return "an integer";
  case OnnxAttribute::Kind::Float:
    return "a float";
  case OnnxAttribute::Kind::String:
    return "a string";
  case OnnxAttribute::Kind::Ints:
    return "a list of integers";
  case OnnxAttribute::Kind::Floats:
    return "a list of floats";
  case OnnxAttribute::Kind::Strings:
    return "a list of strings";
  case OnnxAttribute::Kind::Tensor:
    return "a tensor";
  case OnnxAttribute::Kind::Other:
    return "another kind of value";
  }
  llvm_unreachable("all kinds are listed");
}

const OnnxAttribute *NodeView::find(StringRef name, OnnxAttribute::Kind kind) {
  const OnnxAttribute *found = attribute(name);
  if (!found || found->kind == kind)
    return found;
  (void)invalid("attribute '" + name + "' is " + kindName(found->kind) +
                ", expected " + kindName(kind));
  return nullptr;
}

int64_t NodeView::intAttr(StringRef name, int64_t fallback) {
  const OnnxAttribute *found = find(name, OnnxAttribute::Kind::Int);
  return found ? found->i : fallback;
}

float NodeView::floatAttr(StringRef name, float fallback) {
  const OnnxAttribute *found = find(name, OnnxAttribute::Kind::Float);
  return found ? found->f : fallback;
}

StringRef NodeView::stringAttr(StringRef name, StringRef fallback) {
  const OnnxAttribute *found = find(name, OnnxAttribute::Kind::String);
  return found ? StringRef(found->s) : fallback;
}

std::optional<SmallVector<int64_t>> NodeView::intsAttr(StringRef name) {
  const OnnxAttribute *found = find(name, OnnxAttribute::Kind::Ints);
  if (!found)
    return std::nullopt;
  return SmallVector<int64_t>(found->ints.begin(), found->ints.end());
}

std::optional<int64_t> NodeView::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  (void)invalid("axis " + Twine(axis) + " is outside a tensor of rank " +
                Twine(rank));
  return std::nullopt;
}

std::optional<int64_t> NodeView::axisAttr(int64_t fallback, int64_t rank) {
  return normalizeAxis(intAttr("axis", fallback), rank);
}

void NodeView::onlyInt(StringRef name, int64_t supported, int64_t fallback) {
  int64_t value = intAttr(name, fallback);
  if (value != supported)
    (void)unsupported("attribute '" + name + "' = " + Twine(value) + " (only " +
                      Twine(supported) + ")");
}

StringRef NodeView::unreadAttribute() const {
  for (auto [i, attribute] : llvm::enumerate(node.attributes))
    if (!wasRead[i])
      return attribute.name;
  return "";
}

LogicalResult NodeView::result(unsigned i, Value value,
                               std::optional<Sizes> sizes, ElementType type) {
  if (!value)
    return failure();
  if (sizes)
    math.record(value, std::move(*sizes));
  if (!wants(i))
    return success();
  Type element = getElementTypeOrSelf(value);
  if (type == ElementType::Undefined && has(0) &&
      convertType(this->type(0), b.getContext()) == element)
    type = this->type(0);
  for (int32_t t = 1; t <= 26 && type == ElementType::Undefined; ++t)
    if (!isUnsigned(ElementType(t)) &&
        convertType(ElementType(t), b.getContext()) == element)
      type = ElementType(t);
  Operand operand;
  operand.type = type;
  operand.tensor = value;
  values.define(node.outputs[i], std::move(operand));
  return success();
}

LogicalResult NodeView::result(unsigned i, ShapeValue shape) {
  if (!wants(i))
    return success();
  Operand operand;
  operand.type = shape.type;
  operand.shape = std::move(shape);
  values.define(node.outputs[i], std::move(operand));
  return success();
}

void NodeView::forward() {
  if (wants(0))
    values.define(node.outputs[0], *values.find(node.inputs[0]));
}

void NodeView::defineConstant(const Tensor &tensor) {
  Operand operand;
  operand.type = tensor.type;
  operand.constant = &tensor;
  if (wants(0))
    values.define(node.outputs[0], std::move(operand));
}

LogicalResult NodeView::onlyOutputs(ArrayRef<unsigned> supported) {
  for (unsigned i = 0; i < numOutputs(); ++i)
    if (wants(i) && !llvm::is_contained(supported, i))
      return unsupported("output " + Twine(i) + " ('" + node.outputs[i] + "')");
  return success();
}

Value NodeView::param(unsigned i, Type type) {
  return values.param(node.inputs[i], *constant(i), type);
}
