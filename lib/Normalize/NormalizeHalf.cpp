//===- NormalizeHalf.cpp - 16-bit floats are computed in fp32 ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Gives every 16-bit float inside a function the type f32. What callers pass
// and get keeps its type, and a cast that the model asks for still rounds.

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_NORMALIZEHALF
#include "quantc/Normalize/Passes.h.inc"
} // namespace quantc

using namespace quantc;

static bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

/// `type` with f32 in the place of 16-bit floats.
static Type widen(Type type) {
  auto f32 = Float32Type::get(type.getContext());
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return isHalf(tensor.getElementType()) ? tensor.clone(f32) : type;
  return isHalf(type) ? Type(f32) : type;
}

/// `value` with the elements of `type`, by arith.extf or arith.truncf.
template <typename CastOp>
static Value castTensor(OpBuilder &b, Value value, Type type) {
  auto to = cast<RankedTensorType>(type);
  Location loc = value.getLoc();
  Value init = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, value), to.getElementType());
  AffineMap identity = b.getMultiDimIdentityMap(to.getRank());
  SmallVector<utils::IteratorType> loops(to.getRank(),
                                         utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, loc, to, value, init, ArrayRef<AffineMap>{identity, identity},
             loops,
             [&](OpBuilder &body, Location, ValueRange args) {
               Value number =
                   CastOp::create(body, loc, to.getElementType(), args[0]);
               linalg::YieldOp::create(body, loc, number);
             })
      .getResult(0);
}

/// A constant of 16-bit floats in fp32, which has each of them; other constants
/// as they are.
static TypedAttr widen(TypedAttr value) {
  auto toSingle = [](APFloat number) {
    bool losesInfo;
    number.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                   &losesInfo);
    return number;
  };
  Type type = widen(value.getType());
  if (type == value.getType())
    return value;
  if (auto number = dyn_cast<FloatAttr>(value))
    return FloatAttr::get(type, toSingle(number.getValue()));
  if (auto elements = dyn_cast<DenseElementsAttr>(value))
    return elements.mapValues(cast<RankedTensorType>(type).getElementType(),
                              [&](const APFloat &number) {
                                return toSingle(number).bitcastToAPInt();
                              });
  return value;
}

namespace {
struct NormalizeHalf : quantc::impl::NormalizeHalfBase<NormalizeHalf> {
  void runOnOperation() override {
    for (auto data : getOperation().getOps<nn::DataOp>())
      widenData(data);
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        widenFunction(function);
  }

  /// The bytes stay as they are: readers convert them.
  void widenData(nn::DataOp data) {
    auto type = dyn_cast<RankedTensorType>(data.getType());
    if (!type || !isHalf(type.getElementType()))
      return;
    data.setType(widen(type));
    if (data.getValue())
      data.setValueAttr(
          cast<ElementsAttr>(widen(cast<TypedAttr>(*data.getValue()))));
    else
      data.setStoredAttr(TypeAttr::get(type.getElementType()));
    ++constants;
  }

  void widenFunction(func::FuncOp function) {
    Block &entry = function.getBody().front();
    SmallVector<Operation *> operations;
    // Arguments of a body change before what is inside.
    function.walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (op != function)
        operations.push_back(op);
    });
    for (BlockArgument argument : entry.getArguments())
      widenArgument(argument);
    for (Operation *op : operations)
      widenOperation(op);
    narrowResults(function);
  }

  void widenArgument(BlockArgument argument) {
    Type wide = widen(argument.getType());
    if (wide == argument.getType() || argument.use_empty())
      return;
    OpBuilder b = OpBuilder::atBlockBegin(argument.getOwner());
    Value number = castTensor<arith::ExtFOp>(b, argument, wide);
    argument.replaceUsesWithIf(number, [&](OpOperand &use) {
      // Sizes, among them those that the cast itself asks for.
      return use.getOwner() != number.getDefiningOp() &&
             !isa<tensor::DimOp>(use.getOwner());
    });
    ++values;
  }

  void widenOperation(Operation *op) {
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setType(widen(argument.getType()));
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      constant.setValueAttr(widen(constant.getValue()));
    if (auto cast = dyn_cast<arith::ExtFOp>(op))
      return dropCast(cast);
    if (auto cast = dyn_cast<arith::TruncFOp>(op))
      return roundCast(cast);
    for (OpResult result : op->getResults()) {
      Type wide = widen(result.getType());
      values += wide != result.getType();
      result.setType(wide);
    }
  }

  /// From a 16-bit float, which is f32 by now.
  void dropCast(arith::ExtFOp op) {
    if (op.getIn().getType() != op.getType())
      return;
    op.replaceAllUsesWith(op.getIn());
    op.erase();
  }

  /// To a 16-bit float: rounds, and goes on in fp32.
  void roundCast(arith::TruncFOp op) {
    if (!isHalf(op.getType()))
      return;
    OpBuilder b(op->getContext());
    b.setInsertionPointAfter(op);
    auto wide =
        arith::ExtFOp::create(b, op.getLoc(), b.getF32Type(), op.getResult());
    op.getResult().replaceAllUsesExcept(wide, wide);
    ++values;
  }

  void narrowResults(func::FuncOp function) {
    Operation *exit = function.getBody().front().getTerminator();
    OpBuilder b(exit);
    for (auto [operand, type] :
         llvm::zip(exit->getOpOperands(), function.getResultTypes()))
      if (operand.get().getType() != type)
        operand.set(castTensor<arith::TruncFOp>(b, operand.get(), type));
  }
};
} // namespace
