//===- Elementwise.cpp - operations of one scalar formula -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Evaluates Elementwise.def. Operands of rank 0 stand for all elements.

#include "Evaluators.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantc/Dialect/NN/NN.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

/// The larger number; NaN if one is, and 0 rather than -0 (IEEE 754, maximum).
static double maximum(double x, double y) {
  if (std::isnan(x) || std::isnan(y))
    return NAN;
  if (x == y)
    return std::signbit(x) ? y : x;
  return x > y ? x : y;
}

static int64_t integerPower(int64_t base, int64_t exponent) {
  uint64_t result = 1, factor = uint64_t(base);
  for (int64_t left = exponent; left > 0; left >>= 1, factor *= factor)
    if (left & 1)
      result *= factor;
  return exponent < 0 ? 0 : int64_t(result);
}

namespace {
using Float1 = double (*)(double);
using Float2 = double (*)(double, double);
using Int1 = int64_t (*)(int64_t);
using Int2 = int64_t (*)(int64_t, int64_t);
using UInt2 = uint64_t (*)(uint64_t, uint64_t);

/// The formula of one operation; one of the pointers is set.
struct Formula {
  Float1 float1 = nullptr;
  Float2 float2 = nullptr;
  Int1 int1 = nullptr;
  Int2 int2 = nullptr;
  UInt2 uint2 = nullptr;
};
} // namespace

static const llvm::StringMap<Formula> &formulas() {
  // Unsigned arithmetic wraps where signed arithmetic would be undefined.
  static const llvm::StringMap<Formula> table = [] {
    llvm::StringMap<Formula> map;
#define QUANTC_FLOAT1(name, formula)                                           \
  map[name].float1 = [](double x) -> double { return formula; };
#define QUANTC_FLOAT2(name, formula)                                           \
  map[name].float2 = [](double x, double y) -> double { return formula; };
#define QUANTC_INT1(name, formula)                                             \
  map[name].int1 = [](int64_t x) -> int64_t { return formula; };
#define QUANTC_INT2(name, formula)                                             \
  map[name].int2 = [](int64_t x, int64_t y) -> int64_t { return formula; };
#define QUANTC_UINT2(name, formula)                                            \
  map[name].uint2 = [](uint64_t x, uint64_t y) -> uint64_t { return formula; };
#include "Elementwise.def"
    return map;
  }();
  return table;
}

/// Calls `each(i, j, k)` with the places in the operands for every element of
/// the result; k counts them.
template <typename Body>
static void forPairs(const Tensor &x, const Tensor &y, int64_t count,
                     Body each) {
  int64_t stepX = x.rank() ? 1 : 0, stepY = y.rank() ? 1 : 0;
  for (int64_t k = 0; k < count; ++k)
    each(k * stepX, k * stepY, k);
}

LogicalResult quantc::evalElementwise(Operation *op, Frame &frame) {
  const Formula &formula =
      formulas().find(op->getName().getStringRef())->second;
  Type type = elementOf(op->getResult(0));
  const Tensor &x = frame.get(op->getOperand(0));
  const Tensor &y = frame.get(op->getOperands().back());
  const Tensor &larger = x.rank() ? x : y;
  int64_t count = larger.count();
  if (isa<FloatType>(type)) {
    std::vector<double> a = x.numbers(), b = y.numbers(), result(count);
    forPairs(x, y, count, [&](int64_t i, int64_t j, int64_t k) {
      result[k] =
          formula.float1 ? formula.float1(a[i]) : formula.float2(a[i], b[j]);
    });
    frame.set(op->getResult(0),
              Tensor::ofNumbers(type, larger.shape(), result));
    return success();
  }
  bool isUnsigned = formula.uint2 != nullptr;
  std::vector<int64_t> a = x.integers(isUnsigned), b = y.integers(isUnsigned);
  std::vector<int64_t> result(count);
  forPairs(x, y, count, [&](int64_t i, int64_t j, int64_t k) {
    result[k] = formula.int1   ? formula.int1(a[i])
                : formula.int2 ? formula.int2(a[i], b[j])
                               : int64_t(formula.uint2(a[i], b[j]));
  });
  frame.set(op->getResult(0), Tensor::ofIntegers(type, larger.shape(), result));
  return success();
}

LogicalResult quantc::evalFma(Operation *op, Frame &frame) {
  const Tensor &x = frame.get(op->getOperand(0)),
               &y = frame.get(op->getOperand(1)),
               &z = frame.get(op->getOperand(2));
  const Tensor &larger = x.rank() ? x : y.rank() ? y : z;
  Type type = elementOf(op->getResult(0));
  std::vector<double> a = x.numbers(), b = y.numbers(), c = z.numbers();
  std::vector<double> result(larger.count());
  for (size_t i = 0; i < result.size(); ++i) {
    double p = a[x.rank() ? i : 0], q = b[y.rank() ? i : 0],
           r = c[z.rank() ? i : 0];
    result[i] = type.isF64() ? std::fma(p, q, r)
                             : std::fma(float(p), float(q), float(r));
  }
  frame.set(op->getResult(0), Tensor::ofNumbers(type, larger.shape(), result));
  return success();
}

static double activate(nn::ActivationKind kind, double x) {
  switch (kind) {
  case nn::ActivationKind::Relu:
    return maximum(x, 0);
  case nn::ActivationKind::Gelu:
    return x / 2 * (1 + std::erf(x * M_SQRT1_2));
  case nn::ActivationKind::GeluTanh:
    return x / 2 *
           (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  case nn::ActivationKind::Silu:
    return x / (1 + std::exp(-x));
  }
  llvm_unreachable("all kinds are handled");
}

LogicalResult quantc::evalActivation(Operation *op, Frame &frame) {
  auto activation = cast<nn::ActivationOp>(op);
  const Tensor &x = frame.get(activation.getInput());
  std::vector<double> numbers = x.numbers();
  for (double &number : numbers)
    number = activate(activation.getKind(), number);
  frame.set(activation.getResult(),
            Tensor::ofNumbers(x.type(), x.shape(), numbers));
  return success();
}
