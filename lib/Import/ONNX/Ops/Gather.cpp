//===- Gather.cpp - Gather --------------------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rows of a table are nn.embedding; another axis is moved to the front and
// back. Known indices need no table: one index or a run of indices is a slice,
// and each index repeated r times is a broadcast.

#include "../Ops.h"
#include "../Shaping.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// Known indices counted from 0; nullopt with a problem when one is outside.
static std::optional<SmallVector<int64_t>>
fixIndices(NodeView &n, ArrayRef<int64_t> indices, int64_t size) {
  SmallVector<int64_t> fixed;
  for (int64_t index : indices) {
    if (index < -size || index >= size)
      return (void)n.invalid("index " + Twine(index) +
                             " is outside a dimension of " + Twine(size)),
             std::nullopt;
    fixed.push_back(index < 0 ? index + size : index);
  }
  return fixed;
}

/// Elements of shape arithmetic.
static LogicalResult gatherShape(NodeView &n, const ShapeValue &data,
                                 ArrayRef<int64_t> indices) {
  auto fixed = fixIndices(n, indices, data.elements.size());
  if (!fixed)
    return failure();
  Sizes picked =
      llvm::map_to_vector(*fixed, [&](int64_t i) { return data.elements[i]; });
  return n.result(0, ShapeValue{picked, n.sizes(1).empty(), data.type});
}

/// first, first + 1, ...
static bool isRun(ArrayRef<int64_t> indices) {
  for (auto [i, index] : llvm::enumerate(indices))
    if (index != indices[0] + static_cast<int64_t>(i))
      return false;
  return true;
}

/// How often each index from 0 to size - 1 is repeated, in order; 0 if it is
/// not so.
static int64_t repetition(ArrayRef<int64_t> indices, int64_t size) {
  int64_t count = indices.size();
  if (size == 0 || count % size != 0)
    return 0;
  for (auto [i, index] : llvm::enumerate(indices))
    if (index != static_cast<int64_t>(i) / (count / size))
      return 0;
  return count / size;
}

/// Known indices of rank 0 or 1 without a table, or null if they have no
/// pattern.
static Value gatherKnown(NodeView &n, Value data, int64_t axis,
                         ArrayRef<int64_t> indices) {
  Sizes from = n.math.sizesOf(data), offsets(from.size(), n.math.constant(0)),
        sizes = from;
  int64_t rank = from.size(), size = *constantOf(from[axis]);
  bool isScalar = n.sizes(1).empty();
  if (!indices.empty() && isRun(indices)) {
    offsets[axis] = n.math.constant(indices[0]);
    sizes[axis] = n.math.constant(indices.size());
    Value part =
        llvm::equal(sizes, from)
            ? data
            : slice(n, data, offsets, sizes, SmallVector<int64_t>(rank, 1));
    if (!isScalar)
      return part;
    sizes.erase(sizes.begin() + axis);
    return reshape(n, part, sizes);
  }
  int64_t repeat = isScalar ? 0 : repetition(indices, size);
  if (repeat == 0)
    return {};
  // [.., size, ..] -> [.., size, repeat, ..] -> [.., size * repeat, ..]
  SmallVector<AffineExpr> exprs;
  for (int64_t d = 0; d < rank; ++d)
    exprs.push_back(n.b.getAffineDimExpr(d <= axis ? d : d + 1));
  Sizes copies = from;
  copies.insert(copies.begin() + axis + 1, n.math.constant(repeat));
  Value copied = select(n, data, copies,
                        AffineMap::get(rank + 1, 0, exprs, n.b.getContext()));
  sizes[axis] = n.math.constant(size * repeat);
  return reshape(n, copied, sizes);
}

/// The general case by nn.embedding, with the axis moved to the front.
static Value gatherRows(NodeView &n, Value data, Value indices, int64_t axis) {
  int64_t rank = rankOf(data), idsRank = rankOf(indices);
  Value table = data;
  if (axis != 0) {
    SmallVector<int64_t> toFront{axis};
    for (int64_t d = 0; d < rank; ++d)
      if (d != axis)
        toFront.push_back(d);
    table = transpose(n, data, toFront);
  }
  auto op = n.create<nn::EmbeddingOp>({indices, table});
  if (!op)
    return {};
  Sizes sizes = n.math.sizesOf(indices);
  ArrayRef<Size> row = ArrayRef(n.math.sizesOf(table)).drop_front();
  sizes.append(row.begin(), row.end());
  n.math.record(op.getResult(), sizes);
  if (axis == 0)
    return op.getResult();
  // ids..., before..., after... -> before..., ids..., after...
  SmallVector<int64_t> back;
  for (int64_t d = 0; d < axis; ++d)
    back.push_back(idsRank + d);
  for (int64_t d = 0; d < idsRank; ++d)
    back.push_back(d);
  for (int64_t d = axis; d < rank - 1; ++d)
    back.push_back(idsRank + d);
  return transpose(n, op.getResult(), back);
}

LogicalResult importer::importGather(NodeView &n) {
  if (failed(n.expectInputs(2, 2)))
    return failure();
  Sizes from = n.sizes(0);
  std::optional<int64_t> axis = n.axisAttr(0, from.size());
  if (!axis)
    return failure();
  if (n.type(1) != ElementType::Int64 && n.type(1) != ElementType::Int32)
    return n.invalid("indices have element type " + nameOf(n.type(1)));
  std::optional<SmallVector<int64_t>> indices = n.integers(1);
  std::optional<ShapeValue> shape = n.shape(0);
  if (shape && indices && n.sizes(1).size() <= 1 &&
      indices->size() <= maxShapeValues)
    return gatherShape(n, *shape, *indices);
  Value data = n.tensor(0);
  if (!data)
    return failure();
  if (indices && n.sizes(1).size() <= 1 && constantOf(from[*axis])) {
    auto fixed = fixIndices(n, *indices, *constantOf(from[*axis]));
    if (!fixed)
      return failure();
    if (Value known = gatherKnown(n, data, *axis, *fixed))
      return n.result(0, known);
  }
  Value ids = n.tensor(1);
  if (!ids)
    return failure();
  if (from.size() > 1)
    return n.result(0, gatherRows(n, data, ids, *axis));
  // A vector is a table of rows of one element.
  Value table = reshape(n, data, {from[0], n.math.constant(1)});
  Value rows = table ? gatherRows(n, table, ids, 0) : Value();
  return rows ? n.result(0, reshape(n, rows, n.math.sizesOf(ids))) : failure();
}
