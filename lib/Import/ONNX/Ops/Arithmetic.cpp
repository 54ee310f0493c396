//===- Arithmetic.cpp - Add, Sub, Mul, Div and their relatives --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Two or more operands, one arithmetic operation. On shape arithmetic the
// result is shape arithmetic. Integer division rounds towards zero; dividing by
// zero is undefined, as in ONNX.

#include "../Elementwise.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

using Binary = Value (*)(ImplicitLocOpBuilder &, Value, Value);

template <typename Op>
static Value binary(ImplicitLocOpBuilder &b, Value x, Value y) {
  return Op::create(b, x, y);
}

namespace {
/// One operator: payloads by kind of number, and the fold on sizes if any.
struct Row {
  StringRef name;
  Binary onFloat, onSigned, onUnsigned;
  Size (IndexMath::*fold)(Size, Size);
};
} // namespace

static constexpr Row rows[] = {
    {"Add", binary<arith::AddFOp>, binary<arith::AddIOp>, binary<arith::AddIOp>,
     &IndexMath::add},
    {"Sub", binary<arith::SubFOp>, binary<arith::SubIOp>, binary<arith::SubIOp>,
     &IndexMath::sub},
    {"Mul", binary<arith::MulFOp>, binary<arith::MulIOp>, binary<arith::MulIOp>,
     &IndexMath::mul},
    {"Div", binary<arith::DivFOp>, binary<arith::DivSIOp>,
     binary<arith::DivUIOp>, &IndexMath::div},
    {"Sum", binary<arith::AddFOp>, binary<arith::AddIOp>, binary<arith::AddIOp>,
     &IndexMath::add},
    {"Min", binary<arith::MinimumFOp>, binary<arith::MinSIOp>,
     binary<arith::MinUIOp>, &IndexMath::min},
    {"Max", binary<arith::MaximumFOp>, binary<arith::MaxSIOp>,
     binary<arith::MaxUIOp>, &IndexMath::max},
    {"And", nullptr, binary<arith::AndIOp>, nullptr, nullptr},
    {"Or", nullptr, binary<arith::OrIOp>, nullptr, nullptr},
    {"Xor", nullptr, binary<arith::XOrIOp>, nullptr, nullptr},
};

/// All inputs as lanes of one element type; false with a problem.
static bool lanesOf(NodeView &n, SmallVectorImpl<Lane> &lanes) {
  for (unsigned i = 0; i < n.numInputs(); ++i) {
    std::optional<Lane> next = lane(n, i);
    if (!next)
      return false;
    if (!lanes.empty() && next->element() != lanes.front().element()) {
      (void)n.invalid("operands have different types, " + nameOf(n.type(0)) +
                      " and " + nameOf(n.type(i)));
      return false;
    }
    lanes.push_back(std::move(*next));
  }
  return true;
}

static LogicalResult importBinary(NodeView &n, unsigned most) {
  if (failed(n.expectInputs(most == 2 ? 2 : 1, most)))
    return failure();
  const Row &row =
      *llvm::find_if(rows, [&](const Row &r) { return r.name == n.opType(); });
  auto fold = [&](ArrayRef<Size> sizes) -> std::optional<Size> {
    Size result = sizes.front();
    for (Size size : sizes.drop_front())
      result = (n.math.*row.fold)(result, size);
    return result;
  };
  if (row.fold && foldShapes(n, n.numInputs(), n.type(0), fold))
    return success();
  SmallVector<Lane> lanes;
  if (!lanesOf(n, lanes))
    return failure();
  Type element = lanes.front().element();
  Binary payload = isa<FloatType>(element) ? row.onFloat
                   : isUnsigned(n.type(0)) ? row.onUnsigned
                                           : row.onSigned;
  if (!payload || (!row.fold && !element.isInteger(1)) ||
      (row.fold && element.isInteger(1)))
    return n.unsupported("element type " + nameOf(n.type(0)));
  Value result = elementwise(n, lanes, element,
                             [&](ImplicitLocOpBuilder &b, ValueRange values) {
                               Value result = values.front();
                               for (Value value : values.drop_front())
                                 result = payload(b, result, value);
                               return result;
                             });
  return n.result(0, result);
}

LogicalResult importer::importArithmetic(NodeView &n) {
  return importBinary(n, 2);
}
LogicalResult importer::importLogical(NodeView &n) {
  return importBinary(n, 2);
}
LogicalResult importer::importMinMax(NodeView &n) {
  return importBinary(n, UINT_MAX);
}
