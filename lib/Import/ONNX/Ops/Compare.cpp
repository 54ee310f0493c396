//===- Compare.cpp - Equal, Less, Greater and their relatives ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Comparisons give i1. Equal on shape arithmetic folds when both sides are
// known.

#include "../Elementwise.h"
#include "../Ops.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

namespace {
struct Row {
  StringRef name;
  arith::CmpFPredicate onFloat;
  arith::CmpIPredicate onSigned, onUnsigned;
};
} // namespace

using F = arith::CmpFPredicate;
using I = arith::CmpIPredicate;
static constexpr Row rows[] = {
    {"Equal", F::OEQ, I::eq, I::eq},
    {"Greater", F::OGT, I::sgt, I::ugt},
    {"GreaterOrEqual", F::OGE, I::sge, I::uge},
    {"Less", F::OLT, I::slt, I::ult},
    {"LessOrEqual", F::OLE, I::sle, I::ule},
};

/// The truth of a comparison of two numbers as a size of 0 or 1.
static std::optional<Size> foldComparison(NodeView &n, I predicate,
                                          ArrayRef<Size> sizes) {
  auto x = constantOf(sizes[0]), y = constantOf(sizes[1]);
  if (!x || !y)
    return std::nullopt;
  return n.math.constant(arith::applyCmpPredicate(
      predicate, APInt(64, *x, true), APInt(64, *y, true)));
}

LogicalResult importer::importCompare(NodeView &n) {
  if (failed(n.expectInputs(2, 2)))
    return failure();
  const Row &row =
      *llvm::find_if(rows, [&](const Row &r) { return r.name == n.opType(); });
  auto fold = [&](ArrayRef<Size> sizes) {
    return foldComparison(n, row.onSigned, sizes);
  };
  if (foldShapes(n, 2, ElementType::Bool, fold))
    return success();
  std::optional<Lane> x = lane(n, 0), y = lane(n, 1);
  if (!x || !y)
    return failure();
  if (x->element() != y->element())
    return n.invalid("operands have different types, " + nameOf(n.type(0)) +
                     " and " + nameOf(n.type(1)));
  bool isFloat = isa<FloatType>(x->element());
  I predicate = isUnsigned(n.type(0)) ? row.onUnsigned : row.onSigned;
  Value result =
      elementwise(n, {*x, *y}, n.b.getI1Type(),
                  [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                    if (isFloat)
                      return arith::CmpFOp::create(b, row.onFloat, v[0], v[1]);
                    return arith::CmpIOp::create(b, predicate, v[0], v[1]);
                  });
  return n.result(0, result, {}, ElementType::Bool);
}
