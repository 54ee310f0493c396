//===- MatMul.cpp - MatMul and Gemm -----------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// nn.matmul. Vectors become matrices and back; Gemm's factors and its third
// operand are elementwise.

#include "../Elementwise.h"
#include "../Ops.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// Batch sizes of two operands by broadcasting; a contradiction is left to the
/// verifier.
static Sizes batchSizes(NodeView &n, ArrayRef<Size> x, ArrayRef<Size> y) {
  if (x.size() < y.size())
    std::swap(x, y);
  Sizes sizes(x);
  for (auto [i, size] : llvm::enumerate(y)) {
    Size &out = sizes[x.size() - y.size() + i];
    if (constantOf(out) == 1 ||
        (!constantOf(out) && constantOf(size).value_or(1) != 1))
      out = size;
  }
  return sizes;
}

/// nn.matmul of operands of rank 2 or more, or null with a problem.
static Value matmul(NodeView &n, Value x, Value y, bool transposeRhs) {
  SmallVector<NamedAttribute> attributes;
  if (transposeRhs)
    attributes.push_back(n.attr("transpose_rhs", n.b.getUnitAttr()));
  auto op = n.create<nn::MatMulOp>({x, y}, attributes);
  if (!op)
    return {};
  ArrayRef<Size> left = n.math.sizesOf(x);
  Sizes rightSizes = n.math.sizesOf(y);
  ArrayRef<Size> right = rightSizes;
  Sizes sizes = batchSizes(n, left.drop_back(2), right.drop_back(2));
  sizes.push_back(left[left.size() - 2]);
  sizes.push_back(right[right.size() - (transposeRhs ? 2 : 1)]);
  n.math.record(op.getResult(), sizes);
  return op.getResult();
}

LogicalResult importer::importMatMul(NodeView &n) {
  Value x, y;
  if (failed(n.tensors({&x, &y})))
    return failure();
  if (rankOf(x) == 0 || rankOf(y) == 0)
    return n.invalid("a scalar operand");
  bool isRow = rankOf(x) == 1, isColumn = rankOf(y) == 1;
  Size one = n.math.constant(1);
  if (isRow)
    x = reshape(n, x, {one, n.math.sizesOf(x)[0]});
  if (isColumn)
    y = reshape(n, y, {n.math.sizesOf(y)[0], one});
  Value product = x && y ? matmul(n, x, y, false) : Value();
  if (!product)
    return failure();
  Sizes sizes = n.math.sizesOf(product);
  if (isColumn)
    sizes.pop_back();
  if (isRow)
    sizes.erase(sizes.end() - (isColumn ? 1 : 2));
  return n.result(0, isRow || isColumn ? reshape(n, product, sizes) : product);
}

/// x times a number, or x itself for 1.
static Value scaled(NodeView &n, Value x, float factor) {
  if (factor == 1)
    return x;
  return elementwise(n, lane(n, x), elementOf(x),
                     [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                       return arith::MulFOp::create(
                           b, v[0], number(b, v[0].getType(), factor));
                     });
}

LogicalResult importer::importGemm(NodeView &n) {
  Value x, y, bias;
  if (failed(n.tensors({&x, &y}, {&bias})))
    return failure();
  float alpha = n.floatAttr("alpha", 1), beta = n.floatAttr("beta", 1);
  bool transposeX = n.intAttr("transA", 0), transposeY = n.intAttr("transB", 0);
  if (rankOf(x) != 2 || rankOf(y) != 2)
    return n.invalid("operands of rank " + Twine(rankOf(x)) + " and " +
                     Twine(rankOf(y)) + ", expected 2");
  if (!isa<FloatType>(elementOf(x)))
    return n.unsupported("element type " + nameOf(n.type(0)));
  if (transposeX)
    x = transpose(n, x, {1, 0});
  Value product = matmul(n, x, y, transposeY);
  if (!product)
    return failure();
  product = scaled(n, product, alpha);
  if (!bias || beta == 0)
    return n.result(0, product);
  if (elementOf(bias) != elementOf(product))
    return n.invalid("the third operand has element type " + nameOf(n.type(2)));
  bias = scaled(n, bias, beta);
  Value sum =
      elementwise(n, {lane(n, product), lane(n, bias)}, elementOf(product),
                  [](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                    return arith::AddFOp::create(b, v[0], v[1]);
                  });
  return n.result(0, sum);
}
