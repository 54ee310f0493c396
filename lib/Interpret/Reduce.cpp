//===- Reduce.cpp - reductions -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Where the last dimension stays, sums are fp32 in ascending order, as the
// kernel takes them; else in double precision, rounded once.

#include "Evaluators.h"
#include "quantc/Dialect/NN/NN.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {
/// The state of one result, for numbers of type T.
template <typename T> struct Reduction {
  nn::ReduceKind kind;
  bool roundsEachStep;
  T value = kind == nn::ReduceKind::Prod ? T(1) : T(0);
  int64_t count = 0;

  void add(T x) {
    bool isFirst = count++ == 0;
    switch (kind) {
    case nn::ReduceKind::Max:
      if (isFirst || x > value || x != x)
        value = value != value ? value : x;
      return;
    case nn::ReduceKind::Min:
      if (isFirst || x < value || x != x)
        value = value != value ? value : x;
      return;
    case nn::ReduceKind::Prod:
      value = round(value * x);
      return;
    case nn::ReduceKind::L2:
      value = round(value + x * x);
      return;
    case nn::ReduceKind::Sum:
    case nn::ReduceKind::Mean:
      value = round(value + x);
      return;
    }
  }

  T round(T x) const {
    return roundsEachStep && std::is_floating_point_v<T> ? T(float(x)) : x;
  }
  T result() const {
    if (kind == nn::ReduceKind::Mean)
      return count || std::is_floating_point_v<T> ? value / T(count) : 0;
    return kind == nn::ReduceKind::L2 ? T(std::sqrt(value)) : value;
  }
};
} // namespace

/// Sizes of the result with every reduced dimension kept as one.
static SmallVector<int64_t> keptShape(nn::ReduceOp op,
                                      ArrayRef<int64_t> shape) {
  SmallVector<int64_t> kept(shape);
  for (int64_t axis : op.getAxes())
    kept[axis] = 1;
  return kept;
}

template <typename T>
static std::vector<T> reduce(nn::ReduceOp op, ArrayRef<T> x,
                             ArrayRef<int64_t> shape) {
  SmallVector<int64_t> kept = keptShape(op, shape);
  bool lastStays = !llvm::is_contained(op.getAxes(), int64_t(shape.size()) - 1);
  bool rounds = lastStays && !elementOf(op.getInput()).isF64();
  std::vector<Reduction<T>> states(elementCount(kept),
                                   Reduction<T>{op.getKind(), rounds});
  for (size_t i = 0; i < x.size(); ++i) {
    int64_t at = 0;
    for (auto [size, place] : llvm::zip(kept, placeOf(i, shape)))
      at = at * size + (size == 1 ? 0 : place);
    states[at].add(x[i]);
  }
  std::vector<T> results;
  for (const Reduction<T> &state : states)
    results.push_back(state.result());
  return results;
}

LogicalResult quantc::evalReduce(Operation *op, Frame &frame) {
  auto reduction = cast<nn::ReduceOp>(op);
  const Tensor &x = frame.get(reduction.getInput());
  SmallVector<int64_t> shape;
  for (auto [d, size] : llvm::enumerate(x.shape()))
    if (!llvm::is_contained(reduction.getAxes(), int64_t(d)))
      shape.push_back(size);
    else if (reduction.getKeepdims())
      shape.push_back(1);
  if (isa<FloatType>(x.type())) {
    std::vector<double> y = reduce<double>(reduction, x.numbers(), x.shape());
    frame.set(reduction.getResult(), Tensor::ofNumbers(x.type(), shape, y));
    return success();
  }
  std::vector<int64_t> y = reduce<int64_t>(reduction, x.integers(), x.shape());
  frame.set(reduction.getResult(), Tensor::ofIntegers(x.type(), shape, y));
  return success();
}
