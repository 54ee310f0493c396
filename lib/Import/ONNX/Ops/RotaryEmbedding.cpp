//===- RotaryEmbedding.cpp - RotaryEmbedding of ai.onnx and com.microsoft -===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// nn.rope on [B, heads, T, size]; rows of the caches are picked by
// nn.embedding. The two operators of this name have their operands in different
// orders.

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
struct Rotary {
  Value x, positions, cosines,
      sines;         ///< no positions: the caches are per token
  int64_t heads = 0; ///< of a 3-D input; 0 if not given
  bool isInterleaved = false;
};
} // namespace

/// Rows of a cache for all tokens: [T, size/2] or [B, T, size/2].
static Value rowsOf(NodeView &n, Value cache, Value positions) {
  if (!positions)
    return cache;
  auto op = n.create<nn::EmbeddingOp>({positions, cache});
  if (!op)
    return {};
  Sizes sizes = n.math.sizesOf(positions);
  sizes.push_back(n.math.sizesOf(cache).back());
  n.math.record(op.getResult(), sizes);
  return op.getResult();
}

static LogicalResult importRotary(NodeView &n, const Rotary &rotary) {
  int64_t rank = rankOf(rotary.x);
  if (rank != 3 && rank != 4)
    return n.invalid("an input of rank " + Twine(rank) + ", expected 3 or 4");
  if (rankOf(rotary.cosines) < 2 ||
      rankOf(rotary.sines) != rankOf(rotary.cosines))
    return n.invalid("caches of rank " + Twine(rankOf(rotary.cosines)) +
                     " and " + Twine(rankOf(rotary.sines)));
  std::optional<int64_t> half =
      constantOf(n.math.sizesOf(rotary.cosines).back());
  std::optional<int64_t> hidden = constantOf(n.math.sizesOf(rotary.x).back());
  int64_t heads = rotary.heads;
  if (rank == 3 && heads == 0 && half && hidden && *half > 0)
    heads = *hidden / (2 * *half);
  if (rank == 3 && heads < 1)
    return n.invalid("attribute 'num_heads' is missing or not positive for an "
                     "input of rank 3");
  Value x = rank == 3 ? splitHeads(n, rotary.x, heads) : rotary.x;
  Value cosines = rowsOf(n, rotary.cosines, rotary.positions);
  Value sines = rowsOf(n, rotary.sines, rotary.positions);
  if (!x || !cosines || !sines)
    return failure();
  SmallVector<NamedAttribute> attributes;
  if (rotary.isInterleaved)
    attributes.push_back(n.attr("interleaved", n.b.getUnitAttr()));
  auto op = n.create<nn::RopeOp>({x, cosines, sines}, attributes);
  if (!op)
    return failure();
  n.math.record(op.getResult(), n.math.sizesOf(x));
  return n.result(0,
                  rank == 3 ? mergeHeads(n, op.getResult()) : op.getResult());
}

LogicalResult importer::importRotaryEmbedding(NodeView &n) {
  Rotary rotary;
  if (failed(n.tensors({&rotary.x, &rotary.cosines, &rotary.sines},
                       {&rotary.positions})))
    return failure();
  rotary.heads = n.intAttr("num_heads", 0);
  rotary.isInterleaved = n.intAttr("interleaved", 0);
  n.onlyInt("rotary_embedding_dim", 0, 0);
  if (rotary.positions && rankOf(rotary.positions) != 2)
    return n.invalid("position_ids of rank " + Twine(rankOf(rotary.positions)) +
                     ", expected 2");
  return importRotary(n, rotary);
}

/// One first position as the positions of all tokens.
// Tokens are the last dimension but one of both forms.
static Value countUp(NodeView &n, Value first, Size tokens) {
  Type element = elementOf(first);
  Lane all{{}, n.b.getIntegerAttr(element, 0), {tokens}};
  return elementwise(n, {lane(n, first), all}, element,
                     [&](ImplicitLocOpBuilder &b, ValueRange v) -> Value {
                       Value index = linalg::IndexOp::create(b, 0);
                       Value step =
                           arith::IndexCastOp::create(b, element, index);
                       return arith::AddIOp::create(b, v[0], step);
                     });
}

LogicalResult importer::importMicrosoftRotaryEmbedding(NodeView &n) {
  Rotary rotary;
  if (failed(n.tensors(
          {&rotary.x, &rotary.positions, &rotary.cosines, &rotary.sines})))
    return failure();
  rotary.heads = n.intAttr("num_heads", 0);
  rotary.isInterleaved = n.intAttr("interleaved", 0);
  n.onlyInt("rotary_embedding_dim", 0, 0);
  n.onlyInt("is_packed_batching", 0, 0);
  float scale = n.floatAttr("scale", 1);
  if (scale != 1)
    return n.unsupported("attribute 'scale' = " +
                         llvm::formatv("{0}", scale).str() + " (only 1)");
  int64_t rank = rankOf(rotary.x);
  if (rankOf(rotary.positions) == 1 && (rank == 3 || rank == 4))
    rotary.positions =
        countUp(n, rotary.positions, n.math.sizesOf(rotary.x)[rank - 2]);
  return rotary.positions ? importRotary(n, rotary) : failure();
}
