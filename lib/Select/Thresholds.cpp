//===- Thresholds.cpp - inputs that are set to zero -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Thresholds that no product applies itself, as elementwise operations.

#include "Selector.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace quantc;

/// True when products with weights in columns are all that uses the result.
static bool isPartOfProducts(qnt::ThresholdOp op) {
  return !op->use_empty() && llvm::all_of(op->getUsers(), [](Operation *user) {
    auto product = dyn_cast<qnt::MatMulOp>(user);
    return product && product.getWeight().getType().getLayout().getKind() ==
                          qnt::LayoutKind::Column64;
  });
}

/// The number of rows of a tensor.
static Value rowsOf(OpBuilder &b, Location loc, Value value) {
  Value rows = arith::ConstantIndexOp::create(b, loc, 1);
  int64_t last = cast<RankedTensorType>(value.getType()).getRank() - 1;
  for (int64_t d = 0; d < last; ++d) {
    Value size = tensor::DimOp::create(b, loc, value, d);
    rows = arith::MulIOp::create(b, loc, rows, size);
  }
  return rows;
}

Value quantc::emitThreshold(qnt::ThresholdOp op, Selector &s) {
  OpBuilder::InsertionGuard guard(s.rewriter);
  s.rewriter.setInsertionPoint(op);
  OpBuilder &b = s.rewriter;
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getResult().getType());
  unsigned rank = type.getRank();
  AffineMap all = b.getMultiDimIdentityMap(rank);
  AffineMap first = AffineMap::get(rank, 0, b.getAffineConstantExpr(0));
  // A kernel of a GPU is given sizes, not what they are compared with.
  Value rows = op.getOneRow() ? rowsOf(b, loc, op.getInput()) : Value();
  auto body = [&](OpBuilder &inner, Location at, ValueRange args) {
    Value magnitude = math::AbsFOp::create(inner, at, args[0]);
    Value isLarge = arith::CmpFOp::create(inner, at, arith::CmpFPredicate::UGT,
                                          magnitude, args[1]);
    if (rows) {
      Value one = arith::ConstantIndexOp::create(inner, at, 1);
      Value isDense =
          arith::CmpIOp::create(inner, at, arith::CmpIPredicate::ne, rows, one);
      isLarge = arith::OrIOp::create(inner, at, isLarge, isDense);
    }
    Value zero = arith::ConstantOp::create(
        inner, at, inner.getZeroAttr(args[0].getType()));
    bool isLeftOut = op.getLeftOut();
    Value result =
        arith::SelectOp::create(inner, at, isLarge, isLeftOut ? zero : args[0],
                                isLeftOut ? args[0] : zero);
    linalg::YieldOp::create(inner, at, result);
  };
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             b, loc, type,
             ValueRange{s.plain(op.getInput()), s.plain(op.getAbove())},
             s.destination(op), ArrayRef<AffineMap>{all, first, all}, loops,
             body)
      .getResult(0);
}

LogicalResult quantc::selectThreshold(qnt::ThresholdOp op, Selector &s) {
  if (isPartOfProducts(op))
    return success();
  if (!Selector::paramOf(op.getAbove()))
    return op.emitError("compares with a number that is computed");
  s.rewriter.replaceOp(op, emitThreshold(op, s));
  return success();
}
