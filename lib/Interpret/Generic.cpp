//===- Generic.cpp - linalg operations -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The body of a linalg.generic is executed once, each of its values being the
// numbers of all loop positions. So the evaluators of scalars serve here too.

#include "Evaluators.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace quantc;

SmallVector<int64_t, 6> quantc::placeOf(int64_t index,
                                        ArrayRef<int64_t> shape) {
  SmallVector<int64_t, 6> place(shape.size());
  for (int64_t d = shape.size() - 1; d >= 0; --d) {
    place[d] = index % shape[d];
    index /= shape[d];
  }
  return place;
}

SmallVector<int64_t> quantc::stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

Tensor quantc::gather(const Tensor &source, ArrayRef<int64_t> shape,
                      function_ref<int64_t(int64_t)> from) {
  Tensor result(source.type(), shape);
  unsigned size = elementBytes(source.type());
  for (int64_t i = 0, e = result.count(); i < e; ++i)
    if (int64_t at = from(i); at >= 0)
      std::memcpy(result.fill().data() + i * size,
                  source.bytes().data() + at * size, size);
  return result;
}

static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> loops) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return loops[dim.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  auto both = cast<AffineBinaryOpExpr>(expr);
  int64_t x = evaluate(both.getLHS(), loops),
          y = evaluate(both.getRHS(), loops);
  switch (both.getKind()) {
  case AffineExprKind::Add:
    return x + y;
  case AffineExprKind::Mul:
    return x * y;
  case AffineExprKind::Mod:
    return llvm::mod(x, y);
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(x, y);
  case AffineExprKind::CeilDiv:
    return llvm::divideCeilSigned(x, y);
  default:
    llvm_unreachable("no other expression is binary");
  }
}

/// Sizes of the loops: each is some operand's dimension.
static FailureOr<SmallVector<int64_t>> loopSizes(linalg::GenericOp op,
                                                 const Frame &frame) {
  SmallVector<int64_t> sizes(op.getNumLoops(), -1);
  for (OpOperand &operand : op->getOpOperands())
    for (auto [expr, size] :
         llvm::zip(op.getMatchingIndexingMap(&operand).getResults(),
                   frame.get(operand.get()).shape()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
        int64_t &known = sizes[dim.getPosition()];
        if (known != -1 && known != size)
          return op.emitError("has operands whose sizes do not fit: ")
                 << known << " and " << size << " along loop "
                 << dim.getPosition();
        known = size;
      }
  assert(!llvm::is_contained(sizes, -1) && "results have every loop's size");
  return sizes;
}

/// What an operand is at each loop position.
static FailureOr<Tensor> atLoops(Operation *op, const Tensor &operand,
                                 AffineMap map, ArrayRef<int64_t> loops) {
  bool isOutside = false;
  Tensor result = gather(operand, loops, [&](int64_t position) {
    auto place = placeOf(position, loops);
    int64_t at = 0;
    for (auto [expr, size] : llvm::zip(map.getResults(), operand.shape())) {
      int64_t index = evaluate(expr, place);
      isOutside |= index < 0 || index >= size;
      at = at * size + index;
    }
    return isOutside ? -1 : at;
  });
  if (isOutside)
    return op->emitError("reads outside an operand of the sizes [")
           << operand.shape() << "]";
  return result;
}

LogicalResult quantc::evalGeneric(Operation *op, Frame &frame) {
  auto generic = cast<linalg::GenericOp>(op);
  if (generic.getNumParallelLoops() != generic.getNumLoops() ||
      !llvm::all_of(generic.getDpsInitsMutable(), [&](OpOperand &init) {
        return generic.getMatchingIndexingMap(&init).isIdentity();
      }))
    return op->emitError("is a reduction; the interpreter runs elementwise "
                         "operations only");
  FailureOr<SmallVector<int64_t>> loops = loopSizes(generic, frame);
  if (failed(loops))
    return failure();
  Block &body = *generic.getBlock();
  for (OpOperand &operand : op->getOpOperands()) {
    auto numbers = atLoops(op, frame.get(operand.get()),
                           generic.getMatchingIndexingMap(&operand), *loops);
    if (failed(numbers))
      return failure();
    frame.set(body.getArgument(operand.getOperandNumber()), *numbers);
  }
  frame.loops = *loops;
  LogicalResult done = runBlock(body, frame, nullptr);
  frame.loops = {};
  if (failed(done))
    return failure();
  for (auto [result, value] :
       llvm::zip(op->getResults(), body.getTerminator()->getOperands())) {
    const Tensor &all = frame.get(value);
    frame.set(result, all.rank() == int64_t(loops->size())
                          ? all
                          : gather(all, *loops, [](int64_t) { return 0; }));
  }
  return success();
}

LogicalResult quantc::evalLoopIndex(Operation *op, Frame &frame) {
  int64_t dim = cast<linalg::IndexOp>(op).getDim();
  std::vector<int64_t> indices(elementCount(frame.loops));
  for (size_t i = 0; i < indices.size(); ++i)
    indices[i] = placeOf(i, frame.loops)[dim];
  frame.set(op->getResult(0), Tensor::ofIntegers(op->getResult(0).getType(),
                                                 frame.loops, indices));
  return success();
}

LogicalResult quantc::evalFill(Operation *op, Frame &frame) {
  auto fill = cast<linalg::FillOp>(op);
  const Tensor &shape = frame.get(fill.getOutputs().front());
  frame.set(op->getResult(0), gather(frame.get(fill.getInputs().front()),
                                     shape.shape(), [](int64_t) { return 0; }));
  return success();
}

LogicalResult quantc::evalTranspose(Operation *op, Frame &frame) {
  auto transpose = cast<linalg::TransposeOp>(op);
  const Tensor &x = frame.get(transpose.getInput());
  SmallVector<int64_t> strides = stridesOf(x.shape()), shape, steps;
  for (int64_t from : transpose.getPermutation()) {
    shape.push_back(x.shape()[from]);
    steps.push_back(strides[from]);
  }
  frame.set(op->getResult(0), gather(x, shape, [&](int64_t i) {
              int64_t at = 0;
              for (auto [place, step] : llvm::zip(placeOf(i, shape), steps))
                at += place * step;
              return at;
            }));
  return success();
}
