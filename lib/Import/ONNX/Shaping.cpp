//===- Shaping.cpp - moving elements without changing them ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Types follow from sizes, never the other way round. Reshapes are in
// Reshape.cpp beside this file.

#include "Shaping.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

int64_t quantc::importer::rankOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getRank();
}

Type quantc::importer::elementOf(Value tensor) {
  return getElementTypeOrSelf(tensor);
}

RankedTensorType quantc::importer::typeWith(ArrayRef<Size> sizes,
                                            Type element) {
  return RankedTensorType::get(IndexMath::shapeOf(sizes), element);
}

std::string quantc::importer::textOf(ArrayRef<Size> sizes) {
  std::string text = "[";
  for (Size size : sizes) {
    auto number = constantOf(size);
    text += (text.size() > 1 ? ", " : "") +
            (number ? std::to_string(*number) : "?");
  }
  return text + "]";
}

Value quantc::importer::empty(NodeView &n, ArrayRef<Size> sizes, Type element) {
  return tensor::EmptyOp::create(n.b, sizes, element);
}

Value quantc::importer::transpose(NodeView &n, Value input,
                                  ArrayRef<int64_t> permutation) {
  const Sizes &from = n.math.sizesOf(input);
  Sizes sizes =
      llvm::map_to_vector(permutation, [&](int64_t p) { return from[p]; });
  Value init = empty(n, sizes, elementOf(input));
  Value result =
      linalg::TransposeOp::create(n.b, input, init, permutation)->getResult(0);
  n.math.record(result, sizes);
  return result;
}

Value quantc::importer::slice(NodeView &n, Value input, ArrayRef<Size> offsets,
                              ArrayRef<Size> sizes, ArrayRef<int64_t> strides) {
  Sizes steps = n.math.constants(strides), begins(offsets);
  // An empty slice may begin behind the last element, which IR does not allow.
  for (auto [begin, size] : llvm::zip_equal(begins, sizes))
    if (constantOf(size) == 0)
      begin = n.math.constant(0);
  auto type = typeWith(sizes, elementOf(input));
  Value result =
      tensor::ExtractSliceOp::create(n.b, type, input, begins, sizes, steps);
  n.math.record(result, Sizes(sizes));
  return result;
}

Value quantc::importer::select(NodeView &n, Value input, ArrayRef<Size> sizes,
                               AffineMap map) {
  Value init = empty(n, sizes, elementOf(input));
  AffineMap maps[] = {map, n.b.getMultiDimIdentityMap(sizes.size())};
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  Value result = linalg::GenericOp::create(
                     n.b, init.getType(), input, init, maps, iterators,
                     [](OpBuilder &b, Location loc, ValueRange args) {
                       linalg::YieldOp::create(b, loc, args[0]);
                     })
                     ->getResult(0);
  n.math.record(result, Sizes(sizes));
  return result;
}

AffineMap quantc::importer::broadcastMap(ArrayRef<Size> operand,
                                         ArrayRef<Size> result,
                                         MLIRContext *context) {
  SmallVector<AffineExpr> exprs;
  size_t missing = result.size() - operand.size();
  for (auto [i, size] : llvm::enumerate(operand)) {
    bool isStretched =
        constantOf(size) == 1 && constantOf(result[missing + i]) != 1;
    exprs.push_back(isStretched ? getAffineConstantExpr(0, context)
                                : getAffineDimExpr(missing + i, context));
  }
  return AffineMap::get(result.size(), 0, exprs, context);
}

Value quantc::importer::broadcast(NodeView &n, Value input,
                                  ArrayRef<Size> sizes) {
  return select(n, input, sizes,
                broadcastMap(n.math.sizesOf(input), sizes, n.b.getContext()));
}

Value quantc::importer::concat(NodeView &n, ArrayRef<Value> inputs,
                               int64_t axis) {
  Sizes sizes = n.math.sizesOf(inputs[0]);
  for (Value input : inputs.drop_front()) {
    const Sizes &other = n.math.sizesOf(input);
    if (other.size() != sizes.size() ||
        elementOf(input) != elementOf(inputs[0]))
      return (void)n.invalid(
                 "inputs of different rank or type cannot be concatenated"),
             Value();
    for (auto [d, size] : llvm::enumerate(other)) {
      if (static_cast<int64_t>(d) == axis) {
        sizes[d] = n.math.add(sizes[d], size);
        continue;
      }
      auto x = constantOf(sizes[d]), y = constantOf(size);
      if (x && y && *x != *y)
        return (void)n.invalid("sizes " + textOf(sizes) + " and " +
                               textOf(other) + " differ in dimension " +
                               Twine(d)),
               Value();
      if (!x)
        sizes[d] = size;
    }
  }
  auto type = typeWith(sizes, elementOf(inputs[0]));
  // All inputs agree in the other dimensions, some only at run time.
  SmallVector<Value> operands;
  for (Value input : inputs) {
    Sizes own = sizes;
    own[axis] = n.math.sizesOf(input)[axis];
    auto refined = typeWith(own, elementOf(input));
    operands.push_back(
        refined == input.getType()
            ? input
            : Value(tensor::CastOp::create(n.b, refined, input)));
  }
  Value result = tensor::ConcatOp::create(n.b, type, axis, operands);
  n.math.record(result, sizes);
  return result;
}
