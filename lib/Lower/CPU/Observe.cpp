//===- Observe.cpp - values for the observer --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates observe: copies the input and hands one of the two buffers, the one
// without gaps, to the runtime.

#include "ElementNest.h"
#include "Emitters.h"
#include "RuntimeCalls.h"

using namespace mlir;
using namespace quantc;

LogicalResult quantc::emitObserve(KernelBuilder &b, kern::ObserveOp op) {
  auto id = op->getAttrOfType<IntegerAttr>("id");
  if (!id)
    return op.emitOpError("needs the attribute 'id'");
  Value from = op.getInputs()[0], to = op.getInits()[0];
  auto source = cast<MemRefType>(from.getType()),
       target = cast<MemRefType>(to.getType());
  if (!source.getElementType().isF32())
    return op.emitOpError("observes f32 only, found ") << source;
  Value plain = source.getLayout().isIdentity() ? from : to;
  if (!cast<MemRefType>(plain.getType()).getLayout().isIdentity())
    return op.emitOpError("needs a buffer without gaps, found ")
           << source << " and " << target;

  ElementNest nest;
  for (int64_t d = 0; d < source.getRank(); ++d)
    nest.sizes.push_back(b.dim(from, d));
  AffineMap identity = b.getMultiDimIdentityMap(source.getRank());
  nest.inputs.push_back({from, identity});
  nest.outputs.push_back({to, identity});
  if (failed(nest.emit(b, [](auto inputs, auto, int64_t) { return inputs; })))
    return failure();
  callObserveRows(b, op, id.getInt(), plain);
  return success();
}
