//===- Softmax.cpp - softmax over the last dimension ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates softmax.f32: the maximum, then exponentials and their sum, then the
// division, three passes over a row. A row of -inf alone gives NaN, as in ONNX.
// On a GPU a block has a row.

#include "BlockRows.h"
#include "Emitters.h"
#include "MathFunctions.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;

static void emitSoftmaxRow(KernelBuilder &b, Value x, Value out, Value width,
                           Value row) {
  using Values = KernelBuilder::Values;
  auto from = rowIndices(b, x, row), to = rowIndices(b, out, row);
  Value lowest = b.splatF32(-std::numeric_limits<float>::infinity());
  auto best = forLanes(
      b, width, ValueRange{lowest}, [&](Lanes lanes, ValueRange carried) {
        Value v = fillLanes(b, loadLanes(b, x, from, lanes), lanes, lowest);
        return Values{maxIgnoringNaN(b, carried[0], v)};
      });
  Value top = b.splat(maxLanes(b, best[0]));
  auto sum =
      forLanes(b, width, ValueRange{b.splatF32(0)},
               [&](Lanes lanes, ValueRange carried) {
                 Value e =
                     emitExp(b, b.subf(loadLanes(b, x, from, lanes), top));
                 storeLanes(b, e, out, to, lanes);
                 return Values{
                     b.addf(carried[0], fillLanes(b, e, lanes, b.splatF32(0)))};
               });
  Value total = b.splat(sumLanes(b, sum[0]));
  forLanes(b, width, [&](Lanes lanes) {
    storeLanes(b, b.divf(loadLanes(b, out, to, lanes), total), out, to, lanes);
  });
}

/// The same by a block. Exponentials stand in `kept`, or without it in the
/// result; what others still read is written after a barrier.
static void emitSoftmaxBlock(KernelBuilder &b, const BlockThread &at, Value x,
                             Value out, Value width, Value kept) {
  auto place = [&](Value memref, Value i) {
    auto indices = rowIndices(b, memref, at.block);
    indices.push_back(i);
    return indices;
  };
  auto each = [&](function_ref<void(Value)> body) {
    dealRow(b, at, width, 1, body);
    barrier(b);
  };
  auto load = [&](Value i) {
    return kept ? b.load(kept, i) : b.load(out, place(out, i));
  };
  auto store = [&](Value number, Value i) {
    if (kept)
      b.store(number, kept, i);
    else
      b.store(number, out, place(out, i));
  };
  auto loadInput = [&](Value i) { return b.load(x, place(x, i)); };
  if (kept)
    each([&](Value i) { store(loadInput(i), i); });
  auto first = [&](Value i) { return kept ? load(i) : loadInput(i); };
  auto larger = [&](Value one, Value other) {
    return maxIgnoringNaN(b, one, other);
  };
  Value top = foldRow(
      b, at, width, b.f32(-std::numeric_limits<float>::infinity()), first,
      [&](Value v, Value acc) { return larger(acc, v); }, larger);
  barrier(b);
  each([&](Value i) { store(emitExp(b, b.subf(first(i), top)), i); });
  auto sum = [&](Value one, Value other) { return b.addf(one, other); };
  Value total = foldRow(
      b, at, width, b.f32(0), load,
      [&](Value e, Value acc) { return sum(acc, e); }, sum);
  if (!kept)
    barrier(b);
  dealRow(b, at, width, 1, [&](Value i) {
    b.store(b.divf(load(i), total), out, place(out, i));
  });
}

/// A block a row; it keeps the row if it is known to fit.
static void emitSoftmaxBlocks(KernelBuilder &b, Value x, Value out,
                              Value width) {
  std::optional<int64_t> size = KernelBuilder::constantOf(width);
  SmallVector<SharedBuffer> shared;
  if (size && *size <= kRowBlockNumbers)
    shared.push_back({{*size}, b.getF32Type()});
  launchBlocks(b, b.rows(x), kRowBlockWarps, shared,
               [&](const BlockThread &at) {
                 emitSoftmaxBlock(b, at, x, out, width,
                                  shared.empty() ? Value() : at.shared[0]);
               });
}

LogicalResult quantc::emitSoftmax(KernelBuilder &b, kern::SoftmaxOp op) {
  if (op.getKernel() != "softmax.f32" && op.getKernel() != "softmax")
    return unknownKernel(op, op.getKernel());
  if (failed(checkFloatRows(op)))
    return failure();
  Value x = op.getInputs()[0], out = op.getInits()[0];
  Value width = b.dim(x, cast<MemRefType>(x.getType()).getRank() - 1);
  if (b.level().isDevice()) {
    emitSoftmaxBlocks(b, x, out, width);
    return success();
  }
  forRows(b, b.rows(x), width,
          [&](Value row) { emitSoftmaxRow(b, x, out, width, row); });
  return success();
}
