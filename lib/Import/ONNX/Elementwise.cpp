//===- Elementwise.cpp - operators that work element by element -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Broadcasting and payload constants.

#include "Elementwise.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// The only element of a constant, or null.
static TypedAttr scalarOf(NodeView &n, unsigned i) {
  Type type = convertType(n.type(i), n.b.getContext());
  const Tensor *constant = n.constant(i);
  if (!type)
    return {};
  if (constant && constant->count == 1) {
    if (auto floats = readFloats(*constant))
      return n.b.getFloatAttr(type, floats->front());
    if (auto integers = readIntegers(*constant))
      return n.b.getIntegerAttr(type, type.isInteger(1) ? integers->front() != 0
                                                        : integers->front());
    return {};
  }
  std::optional<ShapeValue> shape = n.shape(i);
  if (!constant && shape && shape->elements.size() == 1)
    if (auto value = constantOf(shape->elements.front()))
      return n.b.getIntegerAttr(type, *value);
  return {};
}

std::optional<Lane> quantc::importer::lane(NodeView &n, unsigned i) {
  if (n.has(i))
    if (TypedAttr scalar = scalarOf(n, i))
      return Lane{{}, scalar, n.sizes(i)};
  Value tensor = n.tensor(i);
  if (!tensor)
    return std::nullopt;
  return lane(n, tensor);
}

Lane quantc::importer::lane(NodeView &n, Value tensor) {
  return Lane{tensor, {}, n.math.sizesOf(tensor)};
}

std::optional<double> quantc::importer::scalarNumber(NodeView &n, unsigned i) {
  TypedAttr scalar = n.has(i) ? scalarOf(n, i) : TypedAttr();
  if (auto attr = dyn_cast_if_present<FloatAttr>(scalar))
    return attr.getValueAsDouble();
  if (auto attr = dyn_cast_if_present<IntegerAttr>(scalar))
    return static_cast<double>(attr.getValue().getSExtValue());
  return std::nullopt;
}

/// The sizes that all lanes broadcast to, or nullopt with a problem.
static std::optional<Sizes> broadcastSizes(NodeView &n, ArrayRef<Lane> lanes) {
  size_t rank = 0;
  for (const Lane &lane : lanes)
    rank = std::max(rank, lane.sizes.size());
  Sizes sizes(rank, n.math.constant(1));
  for (const Lane &lane : lanes)
    for (auto [i, size] : llvm::enumerate(lane.sizes)) {
      Size &out = sizes[rank - lane.sizes.size() + i];
      auto have = constantOf(out), more = constantOf(size);
      if (have && more && *have != *more && *have != 1 && *more != 1) {
        (void)n.invalid("sizes " + textOf(lanes[0].sizes) + " and " +
                        textOf(lane.sizes) + " do not broadcast");
        return std::nullopt;
      }
      // Two dynamic sizes are equal; a number other than one is what a dynamic
      // size must be.
      if (have == 1 || (!have && more && *more != 1))
        out = size;
    }
  return sizes;
}

/// The generic over tensors of `lanes` read through `maps`.
static Value generic(NodeView &n, ArrayRef<Lane> lanes, ArrayRef<Size> sizes,
                     Type element, SmallVector<AffineMap> maps,
                     Payload payload) {
  SmallVector<Value> inputs;
  for (const Lane &lane : lanes)
    if (lane.tensor)
      inputs.push_back(lane.tensor);
  Value init = empty(n, sizes, element);
  maps.push_back(n.b.getMultiDimIdentityMap(sizes.size()));
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &builder, Location loc, ValueRange args) {
    ImplicitLocOpBuilder b(loc, builder);
    SmallVector<Value> values;
    unsigned next = 0;
    for (const Lane &lane : lanes)
      values.push_back(lane.scalar
                           ? Value(arith::ConstantOp::create(b, lane.scalar))
                           : args[next++]);
    linalg::YieldOp::create(b, payload(b, values));
    for (Value value : values) // a lane may only bring its sizes
      if (auto constant = value.getDefiningOp<arith::ConstantOp>())
        if (value.use_empty())
          constant.erase();
  };
  Value result = linalg::GenericOp::create(n.b, init.getType(), inputs, init,
                                           maps, iterators, body)
                     ->getResult(0);
  n.math.record(result, Sizes(sizes));
  return result;
}

Value quantc::importer::elementwise(NodeView &n, ArrayRef<Lane> lanes,
                                    Type element, Payload payload) {
  std::optional<Sizes> sizes = broadcastSizes(n, lanes);
  if (!sizes)
    return {};
  SmallVector<AffineMap> maps;
  for (const Lane &lane : lanes)
    if (lane.tensor)
      maps.push_back(broadcastMap(lane.sizes, *sizes, n.b.getContext()));
  return generic(n, lanes, *sizes, element, std::move(maps), payload);
}

Value quantc::importer::channelwise(NodeView &n, ArrayRef<Lane> lanes,
                                    Payload payload) {
  Sizes sizes = lanes.front().sizes;
  int64_t rank = sizes.size();
  SmallVector<AffineMap> maps{n.b.getMultiDimIdentityMap(rank)};
  for (const Lane &vector : lanes.drop_front()) {
    auto have = constantOf(sizes[1]), own = constantOf(vector.sizes[0]);
    if (have && own && *have != *own)
      return (void)n.invalid("a vector of " + Twine(*own) + " elements for " +
                             Twine(*have) + " channels"),
             Value();
    if (!have)
      sizes[1] = vector.sizes[0];
    maps.push_back(AffineMap::get(rank, 0, n.b.getAffineDimExpr(1)));
  }
  return generic(n, lanes, sizes, lanes.front().element(), std::move(maps),
                 payload);
}

bool quantc::importer::foldShapes(NodeView &n, unsigned count, ElementType type,
                                  ShapeFold fold) {
  SmallVector<ShapeValue> inputs;
  ShapeValue out{{}, true, type};
  size_t length = 1;
  for (unsigned i = 0; i < count; ++i) {
    std::optional<ShapeValue> input = n.shape(i);
    if (!input || input->elements.empty())
      return false;
    size_t own = input->elements.size();
    if (own != 1 && length != 1 && own != length)
      return false;
    length = std::max(length, own);
    out.isScalar &= input->isScalar;
    inputs.push_back(std::move(*input));
  }
  for (size_t e = 0; e < length; ++e) {
    auto column = llvm::map_to_vector(inputs, [&](const ShapeValue &v) {
      return v.elements[v.elements.size() == 1 ? 0 : e];
    });
    std::optional<Size> element = fold(column);
    if (!element)
      return false;
    out.elements.push_back(*element);
  }
  return succeeded(n.result(0, std::move(out)));
}

Value quantc::importer::number(ImplicitLocOpBuilder &b, Type type,
                               double value) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
  return arith::ConstantOp::create(
      b, b.getIntegerAttr(type, static_cast<int64_t>(value)));
}

Value quantc::importer::castScalar(ImplicitLocOpBuilder &b, Value value,
                                   Type to, bool fromUnsigned,
                                   bool toUnsigned) {
  Type from = value.getType();
  if (from == to)
    return value;
  bool isFloat = isa<FloatType>(from), toFloat = isa<FloatType>(to);
  if (to.isInteger(1)) {
    Value zero = number(b, from, 0);
    if (isFloat)
      return arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, value, zero);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, value, zero);
  }
  unsigned have = from.getIntOrFloatBitWidth(),
           want = to.getIntOrFloatBitWidth();
  if (isFloat && toFloat) {
    // Between f16 and bf16, or kinds of 8-bit floats; and kernels widen to f64
    // from f32 only.
    if (have == want || (have < 32 && want > 32)) {
      value = arith::ExtFOp::create(b, b.getF32Type(), value);
      have = 32;
    }
    return have < want ? Value(arith::ExtFOp::create(b, to, value))
                       : Value(arith::TruncFOp::create(b, to, value));
  }
  if (isFloat)
    return toUnsigned ? Value(arith::FPToUIOp::create(b, to, value))
                      : Value(arith::FPToSIOp::create(b, to, value));
  fromUnsigned |= from.isInteger(1);
  if (toFloat)
    return fromUnsigned ? Value(arith::UIToFPOp::create(b, to, value))
                        : Value(arith::SIToFPOp::create(b, to, value));
  if (have > want)
    return arith::TruncIOp::create(b, to, value);
  return fromUnsigned ? Value(arith::ExtUIOp::create(b, to, value))
                      : Value(arith::ExtSIOp::create(b, to, value));
}
