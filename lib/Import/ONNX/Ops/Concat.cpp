//===- Concat.cpp - Concat --------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// tensor.concat; of shape arithmetic the longer vector.

#include "../Ops.h"
#include "../Shaping.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// All inputs as one vector of shape arithmetic, if they are.
static std::optional<ShapeValue> concatShapes(NodeView &n) {
  ShapeValue all;
  all.type = n.type(0);
  for (unsigned i = 0; i < n.numInputs(); ++i) {
    std::optional<ShapeValue> part = n.shape(i);
    if (!part || part->isScalar)
      return std::nullopt;
    all.elements.append(part->elements);
  }
  if (all.elements.size() > maxShapeValues)
    return std::nullopt;
  return all;
}

LogicalResult importer::importConcat(NodeView &n) {
  if (failed(n.expectInputs(std::max(1u, n.numInputs()), UINT_MAX)))
    return failure();
  std::optional<int64_t> axis = n.axisAttr(0, n.sizes(0).size());
  if (!axis)
    return failure();
  if (std::optional<ShapeValue> shape = concatShapes(n))
    return n.result(0, std::move(*shape));
  SmallVector<Value> inputs;
  for (unsigned i = 0; i < n.numInputs(); ++i) {
    inputs.push_back(n.tensor(i));
    if (!inputs.back())
      return failure();
  }
  return n.result(0, concat(n, inputs, *axis));
}
