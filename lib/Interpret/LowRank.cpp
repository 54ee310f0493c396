//===- LowRank.cpp - low-rank branches of products --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The definitions of qnt.project and of the branch of qnt.matmul, in the order
// of their fp32 operations. The codes of the product are in PackedProducts.cpp.

#include "Evaluators.h"
#include "Products.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Support/ParallelFor.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

/// Partial sums of qnt.project.
static constexpr int64_t kPartialSums = 16;

/// sum of x[k] * a[k] in the order of qnt.project.
static float dot(const float *x, const float *a, int64_t count) {
  float sums[kPartialSums] = {};
  int64_t padded = llvm::alignTo(count, kPartialSums);
  for (int64_t k = 0; k < padded; ++k) {
    bool isThere = k < count;
    float &sum = sums[k % kPartialSums];
    sum = std::fma(isThere ? x[k] : 0.0f, isThere ? a[k] : 0.0f, sum);
  }
  for (int64_t n = kPartialSums / 2; n > 0; n /= 2)
    for (int64_t l = 0; l < n; ++l)
      sums[l] += sums[l + n];
  return sums[0];
}

LogicalResult quantc::evalProject(Operation *op, Frame &frame) {
  auto project = cast<qnt::ProjectOp>(op);
  const Tensor &input = frame.get(project.getInput());
  const Tensor &matrix = frame.get(project.getMatrix());
  int64_t rank = matrix.shape()[0], k = matrix.shape()[1];
  if (input.rank() < 1 || input.shape().back() != k)
    return op->emitError("multiplies [")
           << input.shape() << "] by a matrix of " << k << " columns";
  std::vector<float> x = input.floats(), a = matrix.floats();
  SmallVector<int64_t> shape(input.shape());
  shape.back() = rank;
  std::vector<float> t(elementCount(shape));
  parallelFor(t.size(), 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      t[i] = dot(x.data() + i / rank * k, a.data() + i % rank * k, k);
  });
  frame.set(project.getResult(),
            Tensor::ofFloats(elementOf(project.getResult()), shape, t));
  return success();
}

bool quantc::addBranch(Operation *product, const Tensor &projected,
                       const Tensor &up, MutableArrayRef<float> y) {
  int64_t rank = up.shape()[0], n = up.shape()[1];
  std::vector<float> t = projected.floats(), matrix = up.floats();
  auto rows = static_cast<int64_t>(y.size()) / n;
  if (static_cast<int64_t>(t.size()) != rows * rank) {
    product->emitError("has ")
        << rows << " rows and a low-rank branch of [" << projected.shape()
        << "], expected rows of " << rank;
    return false;
  }
  parallelFor(rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m)
      for (int64_t r = 0; r < rank; ++r)
        addScaledRow(t[m * rank + r], matrix.data() + r * n, y.data() + m * n,
                     n);
  });
  return true;
}
