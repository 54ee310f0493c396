//===- Attention.cpp - Attention of ai.onnx ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// nn.attention on heads, nn.kv_append for past keys and values. Not the
// operator of this name in com.microsoft.

#include "../Elementwise.h"
#include "../Heads.h"
#include "../Ops.h"
#include "quantc/Dialect/NN/NN.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// A bool mask as 0 and -infinity to be added; other masks as they are.
static Value additiveMask(NodeView &n, Value mask, Type element) {
  if (elementOf(mask) == element)
    return mask;
  if (!elementOf(mask).isInteger(1))
    return (void)n.unsupported("an attention mask of element type " +
                               nameOf(n.type(3))),
           Value();
  return elementwise(
      n, lane(n, mask), element,
      [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
        Value hidden =
            number(b, element, -std::numeric_limits<double>::infinity());
        return arith::SelectOp::create(b, v[0], number(b, element, 0), hidden);
      });
}

/// Refuses what nn.attention does not express, by name and value.
static void refuseOthers(NodeView &n) {
  if (float softcap = n.floatAttr("softcap", 0); softcap != 0)
    (void)n.unsupported("attribute 'softcap' = " +
                        llvm::formatv("{0}", softcap).str() + " (only 0)");
  n.onlyInt("qk_matmul_output_mode", 0, 0);
  n.onlyInt("softmax_precision", 1, 1);
  n.onlyInt("left_window_size", -1, -1);
  n.onlyInt("right_window_size", -1, -1);
}

/// Whether "the last query sees the last key" is what the causal attribute
/// means: with a past, or with as many keys as queries.
static bool isCausalAtTheEnd(NodeView &n, Value query, Value key,
                             bool hasPast) {
  return hasPast || n.math.sizesOf(query)[2] == n.math.sizesOf(key)[2];
}

LogicalResult importer::importAttention(NodeView &n) {
  Value query, key, value, mask, pastKey, pastValue;
  if (failed(
          n.tensors({&query, &key, &value}, {&mask, &pastKey, &pastValue})) ||
      failed(n.onlyOutputs({0, 1, 2})))
    return failure();
  refuseOthers(n);
  bool isCausal = n.intAttr("is_causal", 0);
  int64_t queryHeads = n.intAttr("q_num_heads", 0),
          keyHeads = n.intAttr("kv_num_heads", 0);
  int64_t rank = rankOf(query);
  if ((rank != 3 && rank != 4) || rankOf(key) != rank || rankOf(value) != rank)
    return n.invalid("query, key and value of rank " + Twine(rank) + ", " +
                     Twine(rankOf(key)) + " and " + Twine(rankOf(value)) +
                     ", expected 3 or 4");
  if (!isa<FloatType>(elementOf(query)))
    return n.unsupported("element type " + nameOf(n.type(0)));
  if (rank == 3) {
    query = splitHeads(n, query, queryHeads);
    key = splitHeads(n, key, keyHeads);
    value = splitHeads(n, value, keyHeads);
  }
  if (mask)
    mask = additiveMask(n, mask, elementOf(query ? query : mask));
  if (n.problem())
    return failure();
  if (isCausal && !isCausalAtTheEnd(n, query, key, pastKey != nullptr))
    return n.unsupported(
        "attribute 'is_causal' = 1 with different numbers of queries and keys");
  std::optional<int64_t> width = constantOf(n.math.sizesOf(query)[3]);
  if (!n.hasAttribute("scale") && !width)
    return n.unsupported("heads of dynamic size without attribute 'scale'");
  float scale = n.floatAttr(
      "scale", width ? 1 / std::sqrt(static_cast<float>(*width)) : 0);
  key = appendTokens(n, pastKey, key);
  value = appendTokens(n, pastValue, value);
  if (!key || !value)
    return failure();
  SmallVector<Value> operands{query, key, value};
  if (mask)
    operands.push_back(mask);
  SmallVector<NamedAttribute> attributes{
      n.attr("scale", n.b.getF32FloatAttr(scale))};
  if (isCausal)
    attributes.push_back(n.attr("causal", n.b.getUnitAttr()));
  auto op = n.create<nn::AttentionOp>(operands, attributes);
  if (!op)
    return failure();
  Sizes sizes = n.math.sizesOf(query);
  sizes[3] = n.math.sizesOf(value)[3];
  n.math.record(op.getResult(), sizes);
  Value result =
      rank == 3 ? mergeHeads(n, op.getResult()) : Value(op.getResult());
  if (failed(n.result(0, result)) || failed(n.result(1, key)))
    return failure();
  return n.result(2, value);
}
