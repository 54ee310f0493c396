//===- Heads.cpp - hidden dimensions as attention heads ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A reshape and a transpose each way, and nn.kv_append.

#include "Heads.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

Value quantc::importer::splitHeads(NodeView &n, Value x, int64_t heads) {
  const Sizes &sizes = n.math.sizesOf(x);
  std::optional<int64_t> hidden = constantOf(sizes[2]);
  if (heads < 1 || !hidden || *hidden % heads != 0)
    return (void)n.invalid(textOf(sizes) + " cannot be split into " +
                           Twine(heads) + " heads"),
           Value();
  Sizes target{sizes[0], sizes[1], n.math.constant(heads),
               n.math.constant(*hidden / heads)};
  Value split = reshape(n, x, target);
  return split ? transpose(n, split, {0, 2, 1, 3}) : split;
}

Value quantc::importer::mergeHeads(NodeView &n, Value x) {
  Value rows = transpose(n, x, {0, 2, 1, 3});
  const Sizes &sizes = n.math.sizesOf(rows);
  Sizes target{sizes[0], sizes[1], n.math.mul(sizes[2], sizes[3])};
  return reshape(n, rows, target);
}

Value quantc::importer::appendTokens(NodeView &n, Value past, Value fresh) {
  if (!past)
    return fresh;
  auto op = n.create<nn::KVAppendOp>({past, fresh},
                                     n.attr("axis", n.b.getI64IntegerAttr(2)));
  if (!op)
    return {};
  Sizes sizes = n.math.sizesOf(past);
  sizes[2] = n.math.add(sizes[2], n.math.sizesOf(fresh)[2]);
  n.math.record(op.getResult(), sizes);
  return op.getResult();
}
