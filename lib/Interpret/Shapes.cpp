//===- Shapes.cpp - tensor operations that move no element -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sizes, reshapes, and tensors made of scalars.

#include "Evaluators.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "quantc/Support/Errors.h"

using namespace mlir;
using namespace quantc;

SmallVector<int64_t> quantc::mixedSizes(ArrayRef<int64_t> fixed,
                                        ValueRange dynamic,
                                        const Frame &frame) {
  SmallVector<int64_t> sizes(fixed);
  for (int64_t &size : sizes)
    if (ShapedType::isDynamic(size)) {
      size = frame.get(dynamic.front()).integer();
      dynamic = dynamic.drop_front();
    }
  return sizes;
}

LogicalResult quantc::evalDim(Operation *op, Frame &frame) {
  auto dim = cast<tensor::DimOp>(op);
  const Tensor &source = frame.get(dim.getSource());
  int64_t index = frame.get(dim.getIndex()).integer();
  if (index < 0 || index >= source.rank())
    return op->emitError("asks for dimension ")
           << index << " of a tensor of rank " << source.rank();
  frame.set(dim, Tensor::ofIntegers(dim.getType(), {}, source.shape()[index]));
  return success();
}

LogicalResult quantc::evalEmpty(Operation *op, Frame &frame) {
  auto empty = cast<tensor::EmptyOp>(op);
  SmallVector<int64_t> sizes =
      mixedSizes(empty.getType().getShape(), empty.getDynamicSizes(), frame);
  if (llvm::any_of(sizes, [](int64_t size) { return size < 0; }))
    return op->emitError("has a negative size: [") << sizes << "]";
  frame.set(empty, Tensor(empty.getType().getElementType(), sizes));
  return success();
}

/// `x` under another shape, which must have as many elements.
static LogicalResult setReshaped(Operation *op, Frame &frame,
                                 ArrayRef<int64_t> shape) {
  const Tensor &x = frame.get(op->getOperand(0));
  if (elementCount(shape) != x.count())
    return op->emitError("makes the sizes [")
           << shape << "] of [" << x.shape() << "]";
  frame.set(op->getResult(0), x.reshaped(shape));
  return success();
}

LogicalResult quantc::evalExpandShape(Operation *op, Frame &frame) {
  auto expand = cast<tensor::ExpandShapeOp>(op);
  return setReshaped(op, frame,
                     mixedSizes(expand.getStaticOutputShape(),
                                expand.getOutputShape(), frame));
}

LogicalResult quantc::evalCollapseShape(Operation *op, Frame &frame) {
  auto collapse = cast<tensor::CollapseShapeOp>(op);
  ArrayRef<int64_t> sizes = frame.get(collapse.getSrc()).shape();
  SmallVector<int64_t> shape;
  for (ArrayRef<int64_t> group : collapse.getReassociationIndices()) {
    shape.push_back(1);
    for (int64_t d : group)
      shape.back() *= sizes[d];
  }
  return setReshaped(op, frame, shape);
}

LogicalResult quantc::evalReshape(Operation *op, Frame &frame) {
  return setReshaped(op, frame, frame.get(op->getOperand(1)).integers());
}

LogicalResult quantc::evalFromElements(Operation *op, Frame &frame) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Tensor result(type.getElementType(), type.getShape());
  unsigned size = elementBytes(result.type());
  for (auto [i, element] : llvm::enumerate(op->getOperands()))
    std::memcpy(result.fill().data() + i * size,
                frame.get(element).bytes().data(), size);
  frame.set(op->getResult(0), std::move(result));
  return success();
}

LogicalResult quantc::evalSplat(Operation *op, Frame &frame) {
  auto splat = cast<tensor::SplatOp>(op);
  frame.set(splat, gather(frame.get(splat.getInput()),
                          mixedSizes(splat.getType().getShape(),
                                     splat.getDynamicSizes(), frame),
                          [](int64_t) { return 0; }));
  return success();
}

LogicalResult quantc::evalParam(Operation *op, Frame &frame) {
  auto param = cast<nn::ParamOp>(op);
  auto data = SymbolTable::lookupNearestSymbolFrom<nn::DataOp>(
      param, param.getNameAttr());
  auto bytes = frame.reader.bytes(data);
  if (!bytes)
    return op->emitError(llvm::toString(bytes.takeError()));
  Type type = param.getResult().getType();
  if (auto packed = dyn_cast<qnt::PackedType>(type)) {
    frame.set(param.getResult(),
              Tensor(packed, packed.getShape(), *bytes, nullptr));
    return success();
  }
  auto tensor = cast<RankedTensorType>(type);
  Type stored = getElementTypeOrSelf(data.getType());
  if (tensor.getElementType().isF64() && !stored.isF64()) {
    Tensor narrow(stored, tensor.getShape(), *bytes, nullptr);
    frame.set(param.getResult(),
              Tensor::ofNumbers(tensor.getElementType(), tensor.getShape(),
                                narrow.numbers()));
    return success();
  }
  frame.set(param.getResult(), Tensor(tensor.getElementType(),
                                      tensor.getShape(), *bytes, nullptr));
  return success();
}
