//===- Unary.cpp - operators of one operand and one formula -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Abs to Tanh: a table of payloads, one operation where MLIR has it.

#include "../Elementwise.h"
#include "../Ops.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

using Unary = Value (*)(ImplicitLocOpBuilder &, Value);

template <typename Op> static Value unary(ImplicitLocOpBuilder &b, Value x) {
  return Op::create(b, x);
}

static Value reciprocal(ImplicitLocOpBuilder &b, Value x) {
  return arith::DivFOp::create(b, number(b, x.getType(), 1), x);
}

/// 1 / (1 + exp(-x))
static Value sigmoid(ImplicitLocOpBuilder &b, Value x) {
  Value one = number(b, x.getType(), 1);
  Value power = math::ExpOp::create(b, arith::NegFOp::create(b, x));
  return arith::DivFOp::create(b, one, arith::AddFOp::create(b, one, power));
}

/// -1, 0 or 1; a zero or a NaN stays what it is.
static Value signOfFloat(ImplicitLocOpBuilder &b, Value x) {
  Value zero = number(b, x.getType(), 0);
  Value above = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, zero);
  Value below = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, zero);
  Value rest = arith::SelectOp::create(b, below, number(b, x.getType(), -1), x);
  return arith::SelectOp::create(b, above, number(b, x.getType(), 1), rest);
}

static Value signOfInteger(ImplicitLocOpBuilder &b, Value x) {
  Value one = number(b, x.getType(), 1), minusOne = number(b, x.getType(), -1);
  return arith::MaxSIOp::create(b, arith::MinSIOp::create(b, x, one), minusOne);
}

static Value negateInteger(ImplicitLocOpBuilder &b, Value x) {
  return arith::SubIOp::create(b, number(b, x.getType(), 0), x);
}

static Value logicalNot(ImplicitLocOpBuilder &b, Value x) {
  Value isTrue = arith::ConstantOp::create(b, b.getBoolAttr(true));
  return arith::XOrIOp::create(b, x, isTrue);
}

namespace {
struct Row {
  StringRef name;
  Unary onFloat, onInteger, onBool;
};
} // namespace

static constexpr Row rows[] = {
    {"Abs", unary<math::AbsFOp>, unary<math::AbsIOp>, nullptr},
    {"Ceil", unary<math::CeilOp>, nullptr, nullptr},
    {"Cos", unary<math::CosOp>, nullptr, nullptr},
    {"Erf", unary<math::ErfOp>, nullptr, nullptr},
    {"Exp", unary<math::ExpOp>, nullptr, nullptr},
    {"Floor", unary<math::FloorOp>, nullptr, nullptr},
    {"Log", unary<math::LogOp>, nullptr, nullptr},
    {"Neg", unary<arith::NegFOp>, negateInteger, nullptr},
    {"Not", nullptr, nullptr, logicalNot},
    {"Reciprocal", reciprocal, nullptr, nullptr},
    {"Round", unary<math::RoundEvenOp>, nullptr, nullptr},
    {"Sigmoid", sigmoid, nullptr, nullptr},
    {"Sign", signOfFloat, signOfInteger, nullptr},
    {"Sin", unary<math::SinOp>, nullptr, nullptr},
    {"Sqrt", unary<math::SqrtOp>, nullptr, nullptr},
    {"Tanh", unary<math::TanhOp>, nullptr, nullptr},
};

LogicalResult importer::importUnary(NodeView &n) {
  Value x;
  if (failed(n.tensors({&x})))
    return failure();
  const Row &row =
      *llvm::find_if(rows, [&](const Row &r) { return r.name == n.opType(); });
  Type element = elementOf(x);
  Unary payload = isa<FloatType>(element) ? row.onFloat
                  : element.isInteger(1)  ? row.onBool
                  : isUnsigned(n.type(0)) ? nullptr
                                          : row.onInteger;
  if (!payload)
    return n.unsupported("element type " + nameOf(n.type(0)));
  Value result = elementwise(
      n, lane(n, x), element,
      [&](ImplicitLocOpBuilder &b, ValueRange v) { return payload(b, v[0]); });
  return n.result(0, result);
}
