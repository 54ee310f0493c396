//===- MatMul.cpp - matrix products of floats -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// fp32 sums with one fma a step, k ascending: the order of the kernels.

#include "Evaluators.h"
#include "Products.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Support/ParallelFor.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

// Nothing but the one fma is in here, so that there is nothing to contract.
#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v3", "default")))
#endif
void quantc::addScaledRow(float x, const float *weights, float *sums,
                          int64_t count) {
  for (int64_t n = 0; n < count; ++n)
    sums[n] = __builtin_fmaf(x, weights[n], sums[n]);
}

void quantc::addScaledRow(double x, const double *weights, double *sums,
                          int64_t count) {
  for (int64_t n = 0; n < count; ++n)
    sums[n] += x * weights[n];
}

template <typename T>
static std::vector<T> turn(ArrayRef<T> matrix, int64_t rows, int64_t columns) {
  std::vector<T> result(matrix.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      result[c * rows + r] = matrix[r * columns + c];
  return result;
}

std::vector<float> quantc::transposed(ArrayRef<float> matrix, int64_t rows,
                                      int64_t columns) {
  return turn(matrix, rows, columns);
}

void quantc::applyActivation(Operation *product,
                             MutableArrayRef<float> results) {
  auto activation = product->getAttrOfType<StringAttr>("activation");
  if (!activation || activation.getValue() != "relu")
    return;
  for (float &y : results)
    y = y > 0 || std::isnan(y) ? y : 0;
}

/// The element of an operand with dimensions of size one that belongs to a
/// place in the common batch dimensions, in matrices.
static int64_t matrixAt(ArrayRef<int64_t> place, ArrayRef<int64_t> batch) {
  int64_t at = 0;
  for (auto [size, index] : llvm::zip(batch, place.take_back(batch.size())))
    at = at * size + (size == 1 ? 0 : index);
  return at;
}

static FailureOr<SmallVector<int64_t>>
commonBatch(Operation *op, ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  SmallVector<int64_t> batch(std::max(a.size(), b.size()), 1);
  for (ArrayRef<int64_t> sizes : {a, b})
    for (auto [to, from] :
         llvm::zip(llvm::reverse(batch), llvm::reverse(sizes)))
      if (to == 1)
        to = from;
      else if (from != 1 && from != to)
        return op->emitError("has batch sizes [") << a << "] and [" << b << "]";
  return batch;
}

/// The products of all matrices, [matrices, m, n]; sums are of type T.
template <typename T>
static std::vector<T> multiply(const Tensor &lhs, const Tensor &rhs,
                               ArrayRef<int64_t> batch, int64_t n, bool isNK) {
  ArrayRef<int64_t> a = lhs.shape().drop_back(2), b = rhs.shape().drop_back(2);
  int64_t m = lhs.shape()[lhs.rank() - 2], k = lhs.shape().back();
  std::vector<T> x = elementsOf<T>(lhs), w = elementsOf<T>(rhs), turned;
  int64_t matrices = elementCount(batch);
  std::vector<T> y(matrices * m * n);
  for (int64_t i = 0, last = -1; i < matrices; ++i) {
    auto place = placeOf(i, batch);
    const T *left = x.data() + matrixAt(place, a) * m * k;
    int64_t number = matrixAt(place, b);
    const T *right = w.data() + number * k * n;
    if (isNK) {
      if (number != last)
        turned = turn<T>({right, size_t(k * n)}, n, k);
      right = turned.data();
      last = number;
    }
    parallelFor(m, 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        for (int64_t c = 0; c < k; ++c)
          addScaledRow(left[row * k + c], right + c * n,
                       y.data() + (i * m + row) * n, n);
    });
  }
  return y;
}

LogicalResult quantc::evalMatMul(Operation *op, Frame &frame) {
  auto matmul = cast<nn::MatMulOp>(op);
  const Tensor &lhs = frame.get(matmul.getLhs()),
               &rhs = frame.get(matmul.getRhs());
  ArrayRef<int64_t> a = lhs.shape().drop_back(2), b = rhs.shape().drop_back(2);
  bool isNK = matmul.getTransposeRhs();
  int64_t m = lhs.shape()[lhs.rank() - 2], k = lhs.shape().back(),
          n = rhs.shape()[rhs.rank() - (isNK ? 2 : 1)];
  if (rhs.shape()[rhs.rank() - (isNK ? 1 : 2)] != k)
    return op->emitError("multiplies [")
           << lhs.shape() << "] and [" << rhs.shape() << "]";
  auto batch = commonBatch(op, a, b);
  if (failed(batch))
    return failure();
  SmallVector<int64_t> shape(*batch);
  shape.append({m, n});
  if (lhs.type().isF64())
    frame.set(matmul.getResult(),
              Tensor::ofNumbers(lhs.type(), shape,
                                multiply<double>(lhs, rhs, *batch, n, isNK)));
  else
    frame.set(matmul.getResult(),
              Tensor::ofFloats(lhs.type(), shape,
                               multiply<float>(lhs, rhs, *batch, n, isNK)));
  return success();
}
