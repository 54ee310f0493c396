//===- Casts.cpp - constants, comparisons and conversions -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Evaluators of arith operations whose operands and results differ in type.

#include "Evaluators.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

LogicalResult quantc::evalIdentity(Operation *op, Frame &frame) {
  frame.set(op->getResult(0), frame.get(op->getOperand(0)));
  return success();
}

/// The bytes of a constant tensor in memory order.
static FailureOr<Tensor> constantTensor(ElementsAttr value) {
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return failure();
  auto type = cast<RankedTensorType>(dense.getType());
  Type element = type.getElementType();
  if (isa<FloatType>(element)) {
    std::vector<double> numbers;
    for (const APFloat &number : dense.getValues<APFloat>()) {
      APFloat wide = number;
      bool losesInfo;
      wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
      numbers.push_back(wide.convertToDouble());
    }
    return Tensor::ofNumbers(element, type.getShape(), numbers);
  }
  std::vector<int64_t> integers;
  for (const APInt &integer : dense.getValues<APInt>())
    integers.push_back(integer.getSExtValue());
  return Tensor::ofIntegers(element, type.getShape(), integers);
}

LogicalResult quantc::evalConstant(Operation *op, Frame &frame) {
  Attribute value = cast<arith::ConstantOp>(op).getValue();
  Type type = op->getResult(0).getType();
  if (auto number = dyn_cast<FloatAttr>(value)) {
    frame.set(op->getResult(0),
              Tensor::ofNumbers(type, {}, number.getValueAsDouble()));
    return success();
  }
  if (auto integer = dyn_cast<IntegerAttr>(value)) {
    frame.set(op->getResult(0),
              Tensor::ofIntegers(type, {}, integer.getValue().getSExtValue()));
    return success();
  }
  auto elements = dyn_cast<ElementsAttr>(value);
  FailureOr<Tensor> tensor =
      elements ? constantTensor(elements) : FailureOr<Tensor>(failure());
  if (failed(tensor))
    return op->emitError("has a value that the interpreter cannot read: ")
           << type;
  frame.set(op->getResult(0), std::move(*tensor));
  return success();
}

LogicalResult quantc::evalFloatCast(Operation *op, Frame &frame) {
  const Tensor &x = frame.get(op->getOperand(0));
  frame.set(op->getResult(0), Tensor::ofNumbers(elementOf(op->getResult(0)),
                                                x.shape(), x.numbers()));
  return success();
}

LogicalResult quantc::evalUnsignedToFloat(Operation *op, Frame &frame) {
  const Tensor &x = frame.get(op->getOperand(0));
  std::vector<double> numbers;
  for (int64_t code : x.integers(/*asUnsigned=*/true))
    numbers.push_back(static_cast<double>(uint64_t(code)));
  frame.set(op->getResult(0),
            Tensor::ofNumbers(elementOf(op->getResult(0)), x.shape(), numbers));
  return success();
}

static LogicalResult castInteger(Operation *op, Frame &frame,
                                 bool fromUnsigned) {
  const Tensor &x = frame.get(op->getOperand(0));
  std::vector<int64_t> integers = x.integers(fromUnsigned);
  // i1 is -1 or 0 when it is extended with its sign.
  if (!fromUnsigned && x.type().isInteger(1))
    for (int64_t &integer : integers)
      integer = -integer;
  frame.set(op->getResult(0), Tensor::ofIntegers(elementOf(op->getResult(0)),
                                                 x.shape(), integers));
  return success();
}

LogicalResult quantc::evalSignedCast(Operation *op, Frame &frame) {
  return castInteger(op, frame, false);
}
LogicalResult quantc::evalUnsignedCast(Operation *op, Frame &frame) {
  return castInteger(op, frame, true);
}

LogicalResult quantc::evalFloatToInt(Operation *op, Frame &frame) {
  const Tensor &x = frame.get(op->getOperand(0));
  bool isUnsigned = isa<arith::FPToUIOp>(op);
  std::vector<int64_t> integers;
  for (double number : x.numbers()) {
    // What does not fit has no defined result; it becomes 0 here.
    double limit = isUnsigned ? 0x1p64 : 0x1p63, whole = std::trunc(number);
    bool fits = whole >= (isUnsigned ? 0 : -limit) && whole < limit;
    integers.push_back(!fits        ? 0
                       : isUnsigned ? int64_t(uint64_t(whole))
                                    : int64_t(whole));
  }
  frame.set(op->getResult(0), Tensor::ofIntegers(elementOf(op->getResult(0)),
                                                 x.shape(), integers));
  return success();
}

LogicalResult quantc::evalBitcast(Operation *op, Frame &frame) {
  const Tensor &x = frame.get(op->getOperand(0));
  auto keep = std::make_shared<Tensor>(x);
  frame.set(op->getResult(0), Tensor(elementOf(op->getResult(0)), x.shape(),
                                     x.bytes(), std::move(keep)));
  return success();
}

LogicalResult quantc::evalCmpF(Operation *op, Frame &frame) {
  auto compare = cast<arith::CmpFOp>(op);
  const Tensor &x = frame.get(compare.getLhs()),
               &y = frame.get(compare.getRhs());
  const Tensor &larger = x.rank() ? x : y;
  std::vector<double> a = x.numbers(), b = y.numbers();
  std::vector<int64_t> result(larger.count());
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = arith::applyCmpPredicate(compare.getPredicate(),
                                         APFloat(a[x.rank() ? i : 0]),
                                         APFloat(b[y.rank() ? i : 0]));
  frame.set(op->getResult(0), Tensor::ofIntegers(elementOf(op->getResult(0)),
                                                 larger.shape(), result));
  return success();
}

LogicalResult quantc::evalCmpI(Operation *op, Frame &frame) {
  auto compare = cast<arith::CmpIOp>(op);
  const Tensor &x = frame.get(compare.getLhs()),
               &y = frame.get(compare.getRhs());
  const Tensor &larger = x.rank() ? x : y;
  unsigned bits = x.type().isIndex() ? 64 : x.type().getIntOrFloatBitWidth();
  std::vector<int64_t> a = x.integers(), b = y.integers();
  std::vector<int64_t> result(larger.count());
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = arith::applyCmpPredicate(
        compare.getPredicate(),
        APInt(64, uint64_t(a[x.rank() ? i : 0])).trunc(bits),
        APInt(64, uint64_t(b[y.rank() ? i : 0])).trunc(bits));
  frame.set(op->getResult(0), Tensor::ofIntegers(elementOf(op->getResult(0)),
                                                 larger.shape(), result));
  return success();
}

LogicalResult quantc::evalSelect(Operation *op, Frame &frame) {
  auto select = cast<arith::SelectOp>(op);
  const Tensor &condition = frame.get(select.getCondition());
  const Tensor &x = frame.get(select.getTrueValue()),
               &y = frame.get(select.getFalseValue());
  const Tensor &larger = condition.rank() ? condition : x.rank() ? x : y;
  Tensor result(elementOf(op->getResult(0)), larger.shape());
  unsigned size = elementBytes(result.type());
  for (int64_t i = 0, e = larger.count(); i < e; ++i) {
    const Tensor &chosen = condition.bytes()[condition.rank() ? i : 0] ? x : y;
    std::memcpy(result.fill().data() + i * size,
                chosen.bytes().data() + (chosen.rank() ? i : 0) * size, size);
  }
  frame.set(op->getResult(0), std::move(result));
  return success();
}
