//===- Embedding.cpp - rows of a table -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rows are copied; nothing is computed.

#include "Evaluators.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;

LogicalResult quantc::evalEmbedding(Operation *op, Frame &frame) {
  auto embedding = cast<nn::EmbeddingOp>(op);
  const Tensor &ids = frame.get(embedding.getIds()),
               &table = frame.get(embedding.getTable());
  int64_t rows = table.shape()[0];
  int64_t bytes =
      elementCount(table.shape().drop_front()) * elementBytes(table.type());
  SmallVector<int64_t> shape(ids.shape());
  llvm::append_range(shape, table.shape().drop_front());
  Tensor result(table.type(), shape);
  for (auto [i, id] : llvm::enumerate(ids.integers())) {
    int64_t row = id < 0 ? id + rows : id;
    if (row < 0 || row >= rows)
      return op->emitError("looks up row ")
             << id << " of a table of " << rows << " rows";
    std::memcpy(result.fill().data() + i * bytes,
                table.bytes().data() + row * bytes, bytes);
  }
  frame.set(embedding.getResult(), std::move(result));
  return success();
}
