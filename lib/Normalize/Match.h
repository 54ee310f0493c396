//===- Match.h - matching elementwise arithmetic -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A view on elementwise linalg.generic operations as formulas of one element.
// It does not matter whether a formula is spread over many generics or stands
// in one payload, nor how its operands are broadcast, transposed or given
// dimensions of size one. Nothing is rewritten here.

#ifndef QUANTC_LIB_NORMALIZE_MATCH_H
#define QUANTC_LIB_NORMALIZE_MATCH_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "quantc/Dialect/NN/NN.h"
#include <optional>

namespace quantc::normalize {

/// One element as a function of the position in some iteration space: of a
/// tensor at `map(position)`, or, when `generic` is set, a value of its payload
/// in the iteration `map(position)`.
struct Term {
  mlir::Value value;
  mlir::linalg::GenericOp generic;
  mlir::AffineMap map;

  bool operator==(const Term &other) const {
    return value == other.value && map == other.map;
  }
};

/// The element of `tensor` at the position itself.
Term elementOf(mlir::Value tensor);

/// Follows operations that only say which element is meant: broadcasts, casts,
/// transposes, and reshapes that add or drop dimensions of size one. Stops
/// early at a tensor of rank `rank`, if given.
Term source(Term term, std::optional<int64_t> rank = std::nullopt);

/// The payload operation that computes the term, or null. Its operands as terms
/// are given by `operand`. `term` becomes the payload value.
mlir::Operation *definition(Term &term);
Term operand(const Term &payload, unsigned i);

/// The number that the term is at every position: a constant of the payload, a
/// fill, or a constant of one element. A vector of equal numbers stays a
/// vector.
std::optional<double> constantOf(Term term);

/// True when the term is each element of a tensor of type `type` at its own
/// position.
bool isWhole(const Term &term, mlir::RankedTensorType type);
/// True when the term is a tensor of rank one along dimension `dim`.
bool isVectorAlong(const Term &term, unsigned dim);

template <typename Op> bool matchUnary(Term term, Term &x) {
  if (!isa_and_present<Op>(definition(term)))
    return false;
  x = operand(term, 0);
  return true;
}
template <typename Op> bool matchBinary(Term term, Term &x, Term &y) {
  if (!matchUnary<Op>(term, x))
    return false;
  (void)definition(term);
  y = operand(term, 1);
  return true;
}
/// A binary operation with a number on either side.
template <typename Op>
bool matchWithConstant(Term term, Term &x, double &number) {
  Term a, b;
  if (!matchBinary<Op>(term, a, b))
    return false;
  for (auto [other, constant] : {std::pair(a, b), std::pair(b, a)})
    if (std::optional<double> found = constantOf(constant)) {
      x = other;
      number = *found;
      return true;
    }
  return false;
}

/// number * factors... / divisors...
struct Product {
  double number = 1;
  llvm::SmallVector<Term> factors, divisors;

  /// Removes the first factor equal to `term`; false if there is none.
  bool takeFactor(const Term &term);
};
/// Flattens multiplications and divisions; does not look into `stop`.
Product productOf(Term term, const Term *stop = nullptr);

/// The reduction of one dimension, as seen from all elements of its input.
struct Reduction {
  mlir::Value input;
  int64_t axis;
};
/// Matches nn.reduce of kind `kind` along one dimension, broadcast back.
std::optional<Reduction> matchReduction(Term term, nn::ReduceKind kind);

/// True when a and b differ by at most a few roundings of fp32.
bool isClose(double a, double b);

} // namespace quantc::normalize

#endif // QUANTC_LIB_NORMALIZE_MATCH_H
