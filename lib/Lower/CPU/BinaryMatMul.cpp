//===- BinaryMatMul.cpp - products of packed signs --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates binary_matmul.b1: rows of words times a packed weight. A work item
// is some rows with all their output channels, whose words are few.

#include "SignProduct.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// From as many rows on a GPU's tensor cores count: they take 8 at a time.
static constexpr int64_t kTileRows = 8;

static void emitOnBlocks(KernelBuilder &b, const SignProduct &product) {
  auto countsOf = [&](ArrayRef<Value> rows, Value panel, Value lane) {
    return product.addWordsOfLane(b, rows, b.idx(0), panel, lane,
                                  Values(rows.size(), b.i32(0)));
  };
  auto signsOf = [&](Value) {
    return b.i32(static_cast<int32_t>(product.product.k));
  };
  b.ifThen(
      b.less(product.product.m, b.idx(kTileRows)),
      [&] { product.emitBlocks(b, 1, countsOf, signsOf); },
      [&] { product.emitTiles(b); });
}

LogicalResult quantc::emitBinaryMatMul(KernelBuilder &b,
                                       kern::BinaryMatMulOp op) {
  if (op.getKernel() != "binary_matmul.b1")
    return unknownKernel(op, op.getKernel());
  FailureOr<SignProduct> read =
      SignProduct::read(b, op, op.getInputs(), op.getInits()[0]);
  if (failed(read))
    return failure();
  const SignProduct &product = *read;
  if (b.level().isDevice()) {
    emitOnBlocks(b, product);
    return success();
  }
  auto dotsOf = [&](Value row, Value panel, int64_t panels) {
    Values counts = product.addWords(b, row, b.idx(0), panel,
                                     product.zeroCounts(b, panels));
    return product.dots(b, b.i32(static_cast<int32_t>(product.product.k)),
                        counts);
  };
  b.parallelFor(product.product.m, KernelBuilder::grainOf(product.steps(1)),
                [&](Value row) { product.emitRow(b, row, dotsOf); });
  return success();
}
