//===- MultiThreshold.cpp - MultiThreshold of QONNX --------------*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How many thresholds of its channel a number reaches, times out_scale plus
// out_bias (QONNX, MultiThreshold): comparisons and a sum.

#include "../Elementwise.h"
#include "../Ops.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// The dimension of channels; nullopt with a problem.
static std::optional<int64_t> channelOf(NodeView &n, int64_t rank) {
  StringRef layout = n.stringAttr("data_layout", "NCHW");
  if (rank >= 2 && (layout == "NCHW" || layout == "NC"))
    return 1;
  if (rank >= 2 && layout == "NHWC")
    return rank - 1;
  (void)n.unsupported("data layout '" + layout + "' of rank " + Twine(rank) +
                      "; expected NC, NCHW or NHWC");
  return std::nullopt;
}

/// The number of thresholds [C, T] or [1, T] not above each element: each is
/// compared with, beside the others, and then they are counted.
static Value count(NodeView &n, Value x, Value thresholds, int64_t channel) {
  Sizes wide = n.math.sizesOf(x), own = n.math.sizesOf(thresholds);
  int64_t rank = wide.size();
  wide.push_back(n.math.constant(1));
  Sizes aligned(rank + 1, n.math.constant(1));
  aligned[channel] = own[0];
  aligned[rank] = own[1];
  Value apart = reshape(n, x, wide), limits = reshape(n, thresholds, aligned);
  if (!apart || !limits)
    return {};
  auto payload = [](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Value isReached =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, v[0], v[1]);
    return arith::SelectOp::create(b, isReached, number(b, v[0].getType(), 1),
                                   number(b, v[0].getType(), 0));
  };
  Value reached =
      elementwise(n, {lane(n, apart), lane(n, limits)}, elementOf(x), payload);
  if (!reached)
    return {};
  auto sum = n.create<nn::ReduceOp>(
      reached, {n.attr("kind", nn::ReduceKindAttr::get(n.b.getContext(),
                                                       nn::ReduceKind::Sum)),
                n.attr("axes", n.b.getDenseI64ArrayAttr({rank})),
                n.attr("keepdims", n.b.getBoolAttr(false))});
  if (!sum)
    return {};
  wide.pop_back();
  n.math.record(sum.getResult(), std::move(wide));
  return sum.getResult();
}

LogicalResult importer::importMultiThreshold(NodeView &n) {
  Value x, thresholds;
  if (failed(n.tensors({&x, &thresholds})))
    return failure();
  (void)n.stringAttr("out_dtype", ""); // says what the numbers are known to be
  float scale = n.floatAttr("out_scale", 1), bias = n.floatAttr("out_bias", 0);
  std::optional<int64_t> channel = channelOf(n, rankOf(x));
  if (!channel)
    return failure();
  if (!elementOf(x).isF32() || !elementOf(thresholds).isF32())
    return n.unsupported("element types " + nameOf(n.type(0)) + " and " +
                         nameOf(n.type(1)));
  Sizes sizes = n.math.sizesOf(x), own = n.math.sizesOf(thresholds);
  auto rows = own.size() == 2 ? constantOf(own[0]) : std::nullopt;
  if (!rows || (*rows != 1 && *rows != constantOf(sizes[*channel])))
    return n.invalid("thresholds of sizes " + textOf(own) + " for " +
                     textOf(sizes));
  Value counts = count(n, x, thresholds, *channel);
  if (!counts)
    return failure();
  if (scale == 1 && bias == 0)
    return n.result(0, counts);
  auto payload = [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
    Type type = v[0].getType();
    Value scaled = arith::MulFOp::create(b, v[0], number(b, type, scale));
    return arith::AddFOp::create(b, scaled, number(b, type, bias));
  };
  return n.result(0, elementwise(n, lane(n, counts), elementOf(x), payload));
}
