//===- GroupQueryAttention.cpp - com.microsoft GroupQueryAttention -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// nn.rope, nn.kv_append and nn.attention for one sequence. Its sequence lengths
// are inputs of the operator (5 and 6); for a batch of one they can only be the
// past length and the number of tokens, so they are not read.

#include "../Elementwise.h"
#include "../Heads.h"
#include "../Ops.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "quantc/Dialect/NN/NN.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

namespace {
struct Group {
  Value query, key, value, pastKey, pastValue, cosines, sines, positions, mask;
  int64_t heads = 0, keyHeads = 0;
  float scale = 0;
  bool isRotary = false, isInterleaved = false;
};
} // namespace

/// Refuses what is not expressed here, by name and value.
static void refuseOthers(NodeView &n) {
  n.onlyInt("causal", 1, 1);
  n.onlyInt("local_window_size", -1, -1);
  n.onlyInt("smooth_softmax", 0, 0);
  n.onlyInt("qk_output", 0, 0);
  if (float softcap = n.floatAttr("softcap", 0); softcap != 0)
    (void)n.unsupported("attribute 'softcap' = " +
                        llvm::formatv("{0}", softcap).str() + " (only 0)");
  for (StringRef name : {"k_quant_type", "v_quant_type"})
    if (StringRef type = n.stringAttr(name, "NONE"); type != "NONE")
      (void)n.unsupported("attribute '" + name + "' = '" + type +
                          "' (only NONE)");
}

/// Inputs as tensors; false with a problem.
static bool readInputs(NodeView &n, Group &g) {
  if (failed(n.expectInputs(1, 11)) || failed(n.onlyOutputs({0, 1, 2})))
    return false;
  Value *places[] = {&g.query,     &g.key,       &g.value, &g.pastKey,
                     &g.pastValue, nullptr,      nullptr,  &g.cosines,
                     &g.sines,     &g.positions, &g.mask};
  for (auto [i, place] : llvm::enumerate(places))
    if (place && n.has(i))
      *place = n.tensor(i);
  return !n.problem();
}

/// Query, key and value behind each other in one tensor, taken apart.
static void unpack(NodeView &n, Group &g) {
  Sizes sizes = n.math.sizesOf(g.query), offsets(3, n.math.constant(0));
  int64_t all = g.heads + 2 * g.keyHeads,
          hidden = constantOf(sizes[2]).value_or(-1);
  if (hidden < 0 || hidden % all != 0)
    return (void)n.invalid(textOf(sizes) + " cannot be split into " +
                           Twine(all) + " heads");
  Value packed = g.query;
  int64_t offset = 0;
  for (auto [part, heads] :
       {std::pair(&g.query, g.heads), std::pair(&g.key, g.keyHeads),
        std::pair(&g.value, g.keyHeads)}) {
    offsets[2] = n.math.constant(offset);
    sizes[2] = n.math.constant(hidden / all * heads);
    *part = slice(n, packed, offsets, sizes, {1, 1, 1});
    offset += hidden / all * heads;
  }
}

/// Positions of the new tokens: those behind the past.
static Value countFrom(NodeView &n, Size past, Size tokens) {
  Type element = n.b.getI64Type();
  Value first = n.math.value(past);
  Lane length{{}, n.b.getI64IntegerAttr(0), {tokens}};
  return elementwise(
      n, length, element, [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
        Value position =
            arith::AddIOp::create(b, linalg::IndexOp::create(b, 0), first);
        return arith::IndexCastOp::create(b, element, position);
      });
}

/// The rotary embedding of `x`; null with a problem.
static Value rotate(NodeView &n, const Group &g, Value positions, Value x) {
  auto cosines = n.create<nn::EmbeddingOp>({positions, g.cosines});
  auto sines = n.create<nn::EmbeddingOp>({positions, g.sines});
  if (!cosines || !sines)
    return {};
  SmallVector<NamedAttribute> attributes;
  if (g.isInterleaved)
    attributes.push_back(n.attr("interleaved", n.b.getUnitAttr()));
  auto op = n.create<nn::RopeOp>({x, cosines.getResult(), sines.getResult()},
                                 attributes);
  if (!op)
    return {};
  n.math.record(op.getResult(), n.math.sizesOf(x));
  return op.getResult();
}

/// Heads, with rotary positions where asked for; false with a problem.
static bool prepareHeads(NodeView &n, Group &g) {
  if (!g.key)
    unpack(n, g);
  if (n.problem())
    return false;
  g.query = splitHeads(n, g.query, g.heads);
  g.key = splitHeads(n, g.key, g.keyHeads);
  g.value = splitHeads(n, g.value, g.keyHeads);
  if (n.problem() || !g.isRotary)
    return !n.problem();
  if (!g.cosines || !g.sines)
    return (void)n.invalid("attribute 'do_rotary' = 1 without caches"), false;
  Size past = g.pastKey ? n.math.sizesOf(g.pastKey)[2] : n.math.constant(0);
  Value positions = g.positions
                        ? g.positions
                        : countFrom(n, past, n.math.sizesOf(g.query)[2]);
  g.query = rotate(n, g, positions, g.query);
  g.key = g.query ? rotate(n, g, positions, g.key) : g.key;
  return !n.problem();
}

LogicalResult importer::importGroupQueryAttention(NodeView &n) {
  Group g;
  refuseOthers(n);
  g.heads = n.intAttr("num_heads", 0);
  g.keyHeads = n.intAttr("kv_num_heads", 0);
  g.scale = n.floatAttr("scale", 0);
  g.isRotary = n.intAttr("do_rotary", 0);
  g.isInterleaved = n.intAttr("rotary_interleaved", 0);
  if (!readInputs(n, g))
    return failure();
  if (g.heads < 1 || g.keyHeads < 1 || g.heads > 4096 || g.keyHeads > g.heads)
    return n.invalid("attributes 'num_heads' = " + Twine(g.heads) +
                     " and 'kv_num_heads' = " + Twine(g.keyHeads));
  for (Value value : {g.query, g.key, g.value})
    if (value && rankOf(value) != 3)
      return n.invalid("an input of rank " + Twine(rankOf(value)) +
                       ", expected 3");
  for (Value value : {g.pastKey, g.pastValue})
    if (value && rankOf(value) != 4)
      return n.invalid("a past of rank " + Twine(rankOf(value)) +
                       ", expected 4");
  if (!g.key != !g.value || !g.pastKey != !g.pastValue)
    return n.invalid("a key without a value, or a value without a key");
  if (constantOf(n.math.sizesOf(g.query)[0]) != 1)
    return n.unsupported(
        "a batch that is not 1, whose sequences differ in length at run time");
  if (!prepareHeads(n, g))
    return failure();
  Value key = appendTokens(n, g.pastKey, g.key),
        value = appendTokens(n, g.pastValue, g.value);
  if (!key || !value)
    return failure();
  Sizes sizes = n.math.sizesOf(g.query);
  float scale = g.scale != 0
                    ? g.scale
                    : 1 / std::sqrt(static_cast<float>(*constantOf(sizes[3])));
  SmallVector<Value> operands{g.query, key, value};
  if (g.mask)
    operands.push_back(g.mask);
  auto op = n.create<nn::AttentionOp>(
      operands, {n.attr("scale", n.b.getF32FloatAttr(scale)),
                 n.attr("causal", n.b.getUnitAttr())});
  if (!op)
    return failure();
  sizes[3] = n.math.sizesOf(value)[3];
  n.math.record(op.getResult(), sizes);
  if (failed(n.result(0, mergeHeads(n, op.getResult()))) ||
      failed(n.result(1, key)))
    return failure();
  return n.result(2, value);
}
