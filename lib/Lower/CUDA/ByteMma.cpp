//===- ByteMma.cpp - products of a warp without tensor cores ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See ByteMma.h. Lane 4g + t makes elements (g, 2t), (g, 2t + 1), (g + 8, 2t)
// and (g + 8, 2t + 1) of D. Of A it needs what lanes 4g to 4g + 3 hold, of B
// what lanes 8t to 8t + 7 hold (PTX ISA, mma.m16n8k32 and m16n8k256).

#include "ByteMma.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "quantc/Target/Cuda.h"

using namespace mlir;
using namespace quantc;

namespace {
class Exchange {
public:
  explicit Exchange(NVVM::MmaOp op)
      : b(op.getLoc(), op), operands(op->getOperands()),
        sums(operands.take_back(4)), isOfBits(op.getB1Op().has_value()) {}

  SmallVector<Value> multiply() {
    Value thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
    Value lane = arith::RemUIOp::create(b, thread, number(kWarpLanes));
    Value t = arith::RemUIOp::create(b, lane, number(4));
    Value ofRow = arith::SubIOp::create(b, lane, t);
    Value ofColumn = arith::MulIOp::create(b, t, number(8));
    for (int32_t k = 0; k < 4; ++k)
      addColumns(add(ofRow, k), add(ofColumn, k), add(ofColumn, k + 4));
    return sums;
  }

private:
  /// What one lane of a row of A and one of each of two columns of B hold.
  void addColumns(Value ofRow, Value ofFirst, Value ofSecond) {
    SmallVector<Value> x, first, second;
    for (int64_t i = 0; i < 4; ++i)
      x.push_back(from(operands[i], ofRow));
    for (int64_t i = 4; i < 6; ++i) {
      first.push_back(from(operands[i], ofFirst));
      second.push_back(from(operands[i], ofSecond));
    }
    for (int64_t i = 0; i < 4; ++i)
      for (int64_t half = 0; half < 2; ++half)
        sums[i] = addWord(x[i / 2 + 2 * half],
                          i % 2 ? second[half] : first[half], sums[i]);
  }

  Value number(int32_t value) {
    return arith::ConstantIntOp::create(b, b.getI32Type(), value);
  }
  Value add(Value value, int32_t more) {
    return arith::AddIOp::create(b, value, number(more));
  }
  Value from(Value word, Value lane) {
    return NVVM::ShflOp::create(b, b.getI32Type(), number(-1), word, lane,
                                number(kWarpLanes - 1), NVVM::ShflKind::idx,
                                UnitAttr());
  }
  Value bytes(Value word) {
    Value one = vector::BroadcastOp::create(
        b, VectorType::get({1}, b.getI32Type()), word);
    return vector::BitCastOp::create(b, VectorType::get({4}, b.getI8Type()),
                                     one);
  }
  Value addWord(Value x, Value y, Value sum) {
    if (isOfBits)
      return arith::AddIOp::create(
          b, sum, math::CtPopOp::create(b, arith::AndIOp::create(b, x, y)));
    return NVVM::DotAccumulate4WayOp::create(
        b, b.getI32Type(), bytes(x), NVVM::DotAccumulateType::UNSIGNED,
        bytes(y), NVVM::DotAccumulateType::SIGNED, sum);
  }

  ImplicitLocOpBuilder b;
  ValueRange operands;
  SmallVector<Value> sums;
  bool isOfBits;
};
} // namespace

void quantc::multiplyWithoutTensorCores(NVVM::MmaOp op) {
  SmallVector<Value> sums = Exchange(op).multiply();
  for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
    auto word = cast<LLVM::ExtractValueOp>(user);
    word.replaceAllUsesWith(sums[word.getPosition()[0]]);
    word.erase();
  }
  op.erase();
}
