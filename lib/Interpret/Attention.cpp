//===- Attention.cpp - scaled dot product attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One query after the other, in double precision, rounded once.

#include "Evaluators.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Support/ParallelFor.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {
/// Operands of an attention and their sizes.
struct AttentionData {
  std::vector<double> query, key, value, mask;
  SmallVector<int64_t> maskShape;
  int64_t batch, heads, queries, width, keyHeads, keys, valueWidth;
  double scale;
  bool isCausal;

  /// What is added to the score of query t and key s; -inf hides it.
  double added(int64_t b, int64_t h, int64_t t, int64_t s) const {
    double sum = isCausal && s > keys - queries + t ? -INFINITY : 0;
    if (mask.empty())
      return sum;
    int64_t at = 0, place[] = {b, h, t, s};
    for (size_t d = 0, rank = maskShape.size(); d < rank; ++d)
      at = at * maskShape[d] + (maskShape[d] == 1 ? 0 : place[4 - rank + d]);
    return sum + mask[at];
  }

  void attend(int64_t b, int64_t h, int64_t t, double *result) const {
    int64_t head = b * keyHeads + h / (heads / keyHeads);
    const double *q = &query[((b * heads + h) * queries + t) * width];
    std::vector<double> weights(keys);
    double largest = -INFINITY, sum = 0;
    for (int64_t s = 0; s < keys; ++s) {
      const double *k = &key[(head * keys + s) * width];
      double dot = 0;
      for (int64_t d = 0; d < width; ++d)
        dot += q[d] * k[d];
      weights[s] = scale * dot + added(b, h, t, s);
      largest = std::fmax(largest, weights[s]);
    }
    if (largest == -INFINITY) // no key may be seen: zeros
      return;
    for (double &weight : weights)
      sum += weight = std::exp(weight - largest);
    for (int64_t s = 0; s < keys; ++s)
      for (int64_t d = 0; d < valueWidth; ++d)
        result[d] +=
            weights[s] / sum * value[(head * keys + s) * valueWidth + d];
  }
};
} // namespace

LogicalResult quantc::evalAttention(Operation *op, Frame &frame) {
  auto attention = cast<nn::AttentionOp>(op);
  const Tensor &q = frame.get(attention.getQuery()),
               &k = frame.get(attention.getKey()),
               &v = frame.get(attention.getValue());
  AttentionData data{q.numbers(),
                     k.numbers(),
                     v.numbers(),
                     {},
                     {},
                     q.shape()[0],
                     q.shape()[1],
                     q.shape()[2],
                     q.shape()[3],
                     k.shape()[1],
                     k.shape()[2],
                     v.shape()[3],
                     attention.getScale().convertToFloat(),
                     attention.getCausal()};
  if (k.shape()[3] != data.width || v.shape()[2] != data.keys ||
      v.shape()[1] != data.keyHeads || data.heads % data.keyHeads != 0)
    return op->emitError("has query [") << q.shape() << "], key [" << k.shape()
                                        << "] and value [" << v.shape() << "]";
  if (attention.getMask()) {
    const Tensor &mask = frame.get(attention.getMask());
    data.mask = mask.numbers();
    data.maskShape.assign(mask.shape().begin(), mask.shape().end());
  }
  int64_t rows = data.batch * data.heads * data.queries;
  std::vector<double> y(rows * data.valueWidth);
  parallelFor(rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      data.attend(i / data.queries / data.heads, i / data.queries % data.heads,
                  i % data.queries, y.data() + i * data.valueWidth);
  });
  frame.set(attention.getResult(),
            Tensor::ofNumbers(
                q.type(),
                {data.batch, data.heads, data.queries, data.valueWidth}, y));
  return success();
}
