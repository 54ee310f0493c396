//===- MatMul.cpp - products with packed weights ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Chooses the generator of kern.matmul and generates matmul.f32. The low-bit
// kernels are in MatMulA16.cpp and MatMulA8.cpp.

#include "MatMul.h"
#include "AccumulateF32.h"
#include "BlockMatMulF32.h"
#include "RuntimeCalls.h"

using namespace mlir;
using namespace quantc;

/// Bytes of activations that a work item keeps in the second cache.
static constexpr int64_t kRowBytes = 192 * 1024;

Blocking quantc::floatBlocking(const KernelBuilder &b, const Product &p) {
  Blocking blocking;
  switch (b.level().kind) {
  case Level::Device:
    return {/*tile=*/{1, 1}, /*single=*/{1, 1}, /*blockRows=*/1,
            /*blockPanels=*/1};
  case Level::Generic:
    blocking.tile = {2, 1};
    break;
  case Level::V3:
    blocking.tile = {6, 1};
    break;
  case Level::V4:
    blocking.tile = {12, 2};
    break;
  }
  bool isWide = b.level().kind == Level::V4;
  // One row has a chain of additions for each panel beside another, which wait
  // for themselves: four of them, even where two would divide more evenly.
  if (isWide && p.panels % 4 == 0)
    blocking.blockPanels = 4;
  else
    blocking.blockPanels = isWide ? choosePanels(p.panels, {4, 2})
                                  : choosePanels(p.panels, {4, 3, 2});
  blocking.single = {1, blocking.blockPanels};
  int64_t rows = blocking.tile.rows;
  blocking.blockRows =
      std::clamp<int64_t>(kRowBytes / (4 * p.k), 48, 192) / rows * rows;
  if (KernelBuilder::constantOf(p.m) == 1)
    blocking.tile.rows = blocking.blockRows = 1;
  return blocking;
}

void quantc::emitFloatProduct(KernelBuilder &b, const Product &p,
                              const WorkItem &block, const Blocking &blocking,
                              const RowSource &rows) {
  forTiles(b, block, blocking, [&](Tile tile, Value row, Value panel) {
    FloatOperands operands{
        rows.x,   b.sub(row, rows.first), b.idx(0), p.weight, panel,
        b.idx(0), tile.rows == 1};
    auto sums = accumulateF32(b, operands, tile, p.k, zeroTile(b, tile));
    storeTile(b, p, tile, row, panel, sums);
  });
}

static void emitMatMulF32(KernelBuilder &b, const Product &p) {
  if (b.level().isDevice())
    return emitBlockMatMulF32(b, p);
  Blocking blocking = floatBlocking(b, p);
  forBlocks(b, p, blocking, [&](const WorkItem &block) {
    emitFloatProduct(b, p, block, blocking, {p.x, b.idx(0)});
  });
}

using EmitProduct = void (*)(KernelBuilder &, const Product &);

/// The products of some widths, of which `precision` is that of one; the last
/// of them where it is none.
static void emitChosen(KernelBuilder &b, ArrayRef<Product> products,
                       Value precision, EmitProduct emit) {
  if (products.size() == 1)
    return emit(b, products.front());
  auto bits = static_cast<int32_t>(products.front().bits);
  b.ifThen(
      b.equal(precision, b.i32(bits)), [&] { emit(b, products.front()); },
      [&] { emitChosen(b, products.drop_front(), precision, emit); });
}

/// A product for each width of planes.
static LogicalResult emitWidths(KernelBuilder &b, kern::MatMulOp op,
                                size_t widths, EmitProduct emit) {
  std::vector<Product> products;
  for (size_t i = 0; i < widths; ++i) {
    FailureOr<Product> product = readMatMul(b, op, i);
    if (failed(product))
      return failure();
    products.push_back(*product);
  }
  emitChosen(b, products, callPrecision(b, op), emit);
  return success();
}

LogicalResult quantc::emitMatMul(KernelBuilder &b, kern::MatMulOp op) {
  StringRef kernel = op.getKernel();
  auto *emit = kernel == "matmul.f32"      ? emitMatMulF32
               : kernel == "matmul.a16"    ? emitMatMulA16
               : kernel == "matmul.sparse" ? emitMatMulSparse
               : kernel == "matmul.a8"     ? emitMatMulA8
                                           : nullptr;
  if (!emit)
    return unknownKernel(op, kernel);
  FailureOr<ArrayRef<int64_t>> widths = widthsOf(op);
  if (failed(widths))
    return failure();
  if (!widths->empty())
    return emitWidths(b, op, widths->size(), emit);
  FailureOr<Product> product = readMatMul(b, op);
  if (failed(product))
    return failure();
  emit(b, *product);
  return success();
}
