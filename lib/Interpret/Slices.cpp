//===- Slices.cpp - tensor operations that move elements -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Parts of tensors: cut out, put in, joined, padded, looked up.

#include "Evaluators.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace quantc;

namespace {
/// A part of a tensor along each dimension.
struct Part {
  SmallVector<int64_t> offsets, sizes, steps;
};

template <typename Op> Part partOf(Op op, const Frame &frame) {
  return {mixedSizes(op.getStaticOffsets(), op.getOffsets(), frame),
          mixedSizes(op.getStaticSizes(), op.getSizes(), frame),
          mixedSizes(op.getStaticStrides(), op.getStrides(), frame)};
}
} // namespace

/// Every element of the part lies inside the tensor.
static LogicalResult checkPart(Operation *op, const Part &part,
                               ArrayRef<int64_t> shape) {
  for (auto [d, size] : llvm::enumerate(shape)) {
    int64_t first = part.offsets[d],
            last = first + (part.sizes[d] - 1) * part.steps[d];
    if (part.sizes[d] < 0 ||
        (part.sizes[d] > 0 &&
         (std::min(first, last) < 0 || std::max(first, last) >= size)))
      return op->emitError("takes ")
             << part.sizes[d] << " elements from " << first
             << " on in steps of " << part.steps[d] << " along dimension " << d
             << " of size " << size;
  }
  return success();
}

/// The place in a tensor of `shape` of element number `i` of the part.
static int64_t placeInWhole(int64_t i, const Part &part,
                            ArrayRef<int64_t> shape) {
  int64_t at = 0;
  for (auto [d, place] : llvm::enumerate(placeOf(i, part.sizes)))
    at = at * shape[d] + part.offsets[d] + place * part.steps[d];
  return at;
}

/// The sizes of a part without the dimensions of size one that its type drops.
static SmallVector<int64_t> keptSizes(ArrayRef<int64_t> sizes,
                                      const llvm::SmallBitVector &dropped) {
  SmallVector<int64_t> kept;
  for (auto [d, size] : llvm::enumerate(sizes))
    if (!dropped.test(d))
      kept.push_back(size);
  return kept;
}

LogicalResult quantc::evalExtractSlice(Operation *op, Frame &frame) {
  auto slice = cast<tensor::ExtractSliceOp>(op);
  const Tensor &x = frame.get(slice.getSource());
  Part part = partOf(slice, frame);
  if (failed(checkPart(op, part, x.shape())))
    return failure();
  Tensor result = gather(x, part.sizes, [&](int64_t i) {
    return placeInWhole(i, part, x.shape());
  });
  frame.set(slice,
            result.reshaped(keptSizes(part.sizes, slice.getDroppedDims())));
  return success();
}

LogicalResult quantc::evalInsertSlice(Operation *op, Frame &frame) {
  auto insert = cast<tensor::InsertSliceOp>(op);
  const Tensor &source = frame.get(insert.getSource());
  const Tensor &whole = frame.get(insert.getDest());
  Part part = partOf(insert, frame);
  if (failed(checkPart(op, part, whole.shape())))
    return failure();
  Tensor result = gather(whole, whole.shape(), [](int64_t i) { return i; });
  unsigned size = elementBytes(source.type());
  for (int64_t i = 0, e = source.count(); i < e; ++i)
    std::memcpy(result.fill().data() +
                    placeInWhole(i, part, whole.shape()) * size,
                source.bytes().data() + i * size, size);
  frame.set(insert, std::move(result));
  return success();
}

LogicalResult quantc::evalConcat(Operation *op, Frame &frame) {
  int64_t axis = cast<tensor::ConcatOp>(op).getDim();
  SmallVector<int64_t> shape(frame.get(op->getOperand(0)).shape());
  shape[axis] = 0;
  for (Value operand : op->getOperands())
    shape[axis] += frame.get(operand).shape()[axis];
  Tensor result(elementOf(op->getResult(0)), shape);
  int64_t inner = elementCount(ArrayRef(shape).drop_front(axis + 1)) *
                  elementBytes(result.type());
  int64_t outer = elementCount(ArrayRef(shape).take_front(axis)), done = 0;
  for (Value operand : op->getOperands()) {
    const Tensor &part = frame.get(operand);
    int64_t bytes = part.shape()[axis] * inner;
    for (int64_t i = 0; i < outer && bytes; ++i)
      std::memcpy(result.fill().data() + i * shape[axis] * inner + done,
                  part.bytes().data() + i * bytes, bytes);
    done += bytes;
  }
  frame.set(op->getResult(0), std::move(result));
  return success();
}

LogicalResult quantc::evalKVAppend(Operation *op, Frame &frame) {
  auto append = cast<nn::KVAppendOp>(op);
  const Tensor &past = frame.get(append.getPast()),
               &fresh = frame.get(append.getFresh());
  int64_t axis = append.getAxis(), length = past.shape()[axis];
  SmallVector<int64_t> shape(past.shape());
  shape[axis] += fresh.shape()[axis];
  Tensor result = gather(past, shape, [&](int64_t i) -> int64_t {
    auto place = placeOf(i, shape);
    if (place[axis] >= length)
      return -1;
    int64_t at = 0;
    for (auto [d, size] : llvm::enumerate(past.shape()))
      at = at * size + place[d];
    return at;
  });
  Part part{SmallVector<int64_t>(shape.size(), 0),
            SmallVector<int64_t>(fresh.shape()),
            SmallVector<int64_t>(shape.size(), 1)};
  part.offsets[axis] = length;
  unsigned size = elementBytes(fresh.type());
  for (int64_t i = 0, e = fresh.count(); i < e; ++i)
    std::memcpy(result.fill().data() + placeInWhole(i, part, shape) * size,
                fresh.bytes().data() + i * size, size);
  frame.set(append.getResult(), std::move(result));
  return success();
}

LogicalResult quantc::evalPad(Operation *op, Frame &frame) {
  auto pad = cast<tensor::PadOp>(op);
  Value value = pad.getConstantPaddingValue();
  if (!value)
    return op->emitError("pads with something else than one value");
  if (Operation *inside = value.getDefiningOp();
      inside && inside->getBlock() == &pad.getRegion().front() &&
      failed(findEvaluator(inside->getName().getStringRef())(inside, frame)))
    return failure();
  const Tensor &x = frame.get(pad.getSource());
  auto low = mixedSizes(pad.getStaticLow(), pad.getLow(), frame),
       high = mixedSizes(pad.getStaticHigh(), pad.getHigh(), frame);
  SmallVector<int64_t> shape(x.shape());
  for (auto [d, size] : llvm::enumerate(shape))
    size += low[d] + high[d];
  Tensor result = gather(frame.get(value), shape, [](int64_t) { return 0; });
  Part part{low, SmallVector<int64_t>(x.shape()),
            SmallVector<int64_t>(shape.size(), 1)};
  if (failed(checkPart(op, part, shape)))
    return failure();
  unsigned size = elementBytes(x.type());
  for (int64_t i = 0, e = x.count(); i < e; ++i)
    std::memcpy(result.fill().data() + placeInWhole(i, part, shape) * size,
                x.bytes().data() + i * size, size);
  frame.set(pad, std::move(result));
  return success();
}

/// In the body of a linalg.generic the indices are those of all positions.
LogicalResult quantc::evalExtract(Operation *op, Frame &frame) {
  auto extract = cast<tensor::ExtractOp>(op);
  const Tensor &x = frame.get(extract.getTensor());
  SmallVector<std::vector<int64_t>> indices;
  SmallVector<int64_t> shape;
  for (Value index : extract.getIndices()) {
    const Tensor &all = frame.get(index);
    indices.push_back(all.integers());
    if (all.rank())
      shape.assign(all.shape().begin(), all.shape().end());
  }
  bool isOutside = false;
  Tensor result = gather(x, shape, [&](int64_t i) {
    int64_t at = 0;
    for (auto [index, size] : llvm::zip(indices, x.shape())) {
      int64_t place = index[index.size() == 1 ? 0 : i];
      isOutside |= place < 0 || place >= size;
      at = at * size + place;
    }
    return isOutside ? -1 : at;
  });
  if (isOutside)
    return op->emitError("reads outside a tensor of the sizes [")
           << x.shape() << "]";
  frame.set(extract.getResult(), std::move(result));
  return success();
}
