//===- NNVerify.cpp - verifiers of nn operations ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rules that the result type alone does not enforce. Each message says what was
// found and what was expected. Operands that make the result type impossible
// are left to type inference, which runs later and says so.

#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc::nn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// False only when both sizes are known and differ.
static bool mayBeEqual(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}

LogicalResult DataOp::verify() {
  if (getFile().has_value() == getValue().has_value())
    return emitOpError("expects either a file or a value");
  if (getFile() && (!getOffset() || *getOffset() < 0))
    return emitOpError("expects a non-negative offset beside the file");
  if (std::optional<Type> stored = getStored()) {
    auto type = dyn_cast<RankedTensorType>(getType());
    bool isHalf = stored->isF16() || stored->isBF16();
    if (!getFile() || !isHalf || !type || !type.getElementType().isF32())
      return emitOpError("expects 'stored' to be f16 or bf16 for a file's f32 "
                         "constant, found ")
             << *stored << " for " << getType();
  }
  if (getValue() && getValue()->getType() != getType())
    return emitOpError("holds a value of type ")
           << getValue()->getType() << ", expected " << getType();
  return success();
}

LogicalResult ParamOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto data = symbols.lookupNearestSymbolFrom<DataOp>(*this, getNameAttr());
  if (!data)
    return emitOpError("names ")
           << getNameAttr() << ", which no nn.data defines";
  if (data.getType() != getResult().getType())
    return emitOpError("has type ")
           << getResult().getType() << ", but " << getNameAttr() << " has "
           << data.getType();
  return success();
}

LogicalResult MatMulOp::verify() {
  auto lhs = typeOf(getLhs()), rhs = typeOf(getRhs());
  if (lhs.getRank() < 2 || rhs.getRank() < 2)
    return success();
  int64_t k = rhs.getShape()[rhs.getRank() - (getTransposeRhs() ? 1 : 2)];
  if (!mayBeEqual(lhs.getShape().back(), k))
    return emitOpError("reduces over ")
           << lhs.getShape().back() << " elements of the left and " << k
           << " of the right operand";
  return success();
}

LogicalResult ConvOp::verify() {
  bool nhwc = getLayout() == Layout::NHWC;
  auto filter = typeOf(getFilter());
  if (typeOf(getInput()).getRank() != 4 || filter.getRank() != 4)
    return success();
  int64_t channels = typeOf(getInput()).getDimSize(channelDim(nhwc));
  int64_t perGroup = filter.getDimSize(channelDim(nhwc)), groups = getGroups();
  if (groups < 1)
    return emitOpError("expects a positive number of groups, found ") << groups;
  if (!ShapedType::isDynamic(perGroup) &&
      !mayBeEqual(channels, perGroup * groups))
    return emitOpError("has ")
           << channels << " input channels, but the filter takes " << groups
           << " groups of " << perGroup;
  if (!filter.isDynamicDim(0) && filter.getDimSize(0) % groups != 0)
    return emitOpError("has ")
           << filter.getDimSize(0) << " filters, not a multiple of its "
           << groups << " groups";
  if (getBias() &&
      (typeOf(getBias()).getRank() != 1 ||
       !mayBeEqual(typeOf(getBias()).getDimSize(0), filter.getDimSize(0))))
    return emitOpError("expects a bias of ")
           << filter.getDimSize(0) << " elements, found "
           << getBias().getType();
  return success();
}

LogicalResult MaxPoolOp::verify() { return success(); }
LogicalResult AvgPoolOp::verify() { return success(); }
LogicalResult ActivationOp::verify() { return success(); }
LogicalResult EmbeddingOp::verify() { return success(); }

/// The vector of a norm has one element for each element of the last dimension.
static LogicalResult verifyNormVector(Operation *op, Value input, Value vector,
                                      StringRef name) {
  auto in = typeOf(input), type = typeOf(vector);
  if (in.getRank() < 1)
    return op->emitOpError("expects an input of rank 1 or more");
  if (type.getRank() != 1 ||
      !mayBeEqual(type.getDimSize(0), in.getShape().back()))
    return op->emitOpError("expects ") << name << " of " << in.getShape().back()
                                       << " elements, found " << type;
  return success();
}

LogicalResult RmsNormOp::verify() {
  return verifyNormVector(*this, getInput(), getGamma(), "gamma");
}

LogicalResult LayerNormOp::verify() {
  if (failed(verifyNormVector(*this, getInput(), getGamma(), "gamma")))
    return failure();
  return getBeta() ? verifyNormVector(*this, getInput(), getBeta(), "beta")
                   : success();
}

LogicalResult SoftmaxOp::verify() {
  int64_t rank = typeOf(getInput()).getRank(), axis = getAxis();
  if (axis < 0 || axis >= rank)
    return emitOpError("expects an axis from 0 to ")
           << rank - 1 << ", found " << axis;
  return success();
}

LogicalResult RopeOp::verify() {
  auto input = typeOf(getInput()), cos = typeOf(getCos()),
       sin = typeOf(getSin());
  if (input.getRank() != 4)
    return emitOpError("expects an input of rank 4, found ") << input;
  if (cos.getRank() < 2 || cos.getRank() > 3 || cos.getRank() != sin.getRank())
    return emitOpError("expects cosines and sines of rank 2 or 3, found ")
           << cos << " and " << sin;
  int64_t width = input.getDimSize(3);
  if (!ShapedType::isDynamic(width) &&
      !mayBeEqual(cos.getShape().back(), width / 2))
    return emitOpError("expects ")
           << width / 2 << " angles for heads of " << width << ", found "
           << cos.getShape().back();
  return success();
}

LogicalResult AttentionOp::verify() {
  auto q = typeOf(getQuery()), k = typeOf(getKey()), v = typeOf(getValue());
  if (q.getRank() != 4 || v.getRank() != 4)
    return success();
  if (k.getRank() != 4)
    return emitOpError("expects a key of rank 4, found ") << k;
  if (!mayBeEqual(q.getDimSize(3), k.getDimSize(3)))
    return emitOpError("has query heads of ")
           << q.getDimSize(3) << " and key heads of " << k.getDimSize(3)
           << " elements";
  if (!mayBeEqual(k.getDimSize(1), v.getDimSize(1)) ||
      !mayBeEqual(k.getDimSize(2), v.getDimSize(2)))
    return emitOpError("has keys ")
           << k << " and values " << v << " that do not go together";
  if (!q.isDynamicDim(1) && !k.isDynamicDim(1) &&
      q.getDimSize(1) % k.getDimSize(1) != 0)
    return emitOpError("has ")
           << q.getDimSize(1) << " query heads, not a multiple of its "
           << k.getDimSize(1) << " key heads";
  if (getMask() && typeOf(getMask()).getRank() > 4)
    return emitOpError("expects a mask of at most rank 4, found ")
           << getMask().getType();
  return success();
}

LogicalResult KVAppendOp::verify() {
  auto past = typeOf(getPast()), fresh = typeOf(getFresh());
  if (past.getRank() != fresh.getRank() || int64_t(getAxis()) < 0 ||
      int64_t(getAxis()) >= past.getRank())
    return success();
  for (int64_t i = 0; i < past.getRank(); ++i)
    if (i != static_cast<int64_t>(getAxis()) &&
        !mayBeEqual(past.getDimSize(i), fresh.getDimSize(i)))
      return emitOpError("cannot append ")
             << fresh << " to " << past << ": dimension " << i << " differs";
  return success();
}

LogicalResult ReduceOp::verify() {
  int64_t last = -1, rank = typeOf(getInput()).getRank();
  for (int64_t axis : getAxes()) {
    if (axis <= last || axis >= rank)
      return emitOpError("expects ascending axes from 0 to ")
             << rank - 1 << ", found " << axis;
    last = axis;
  }
  return success();
}
