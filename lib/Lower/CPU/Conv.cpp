//===- Conv.cpp - convolutions as products ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates conv.f32, conv.a16 and conv.a8. Rows of the product are output
// pixels. A work item gathers what its pixels read into scratch, once for all
// panels; a pointwise convolution reads the image itself.

#include "MatMulA8.h"
#include "Window.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Bytes of gathered numbers that a work item keeps in the second cache.
static constexpr int64_t kGatheredBytes = 160 * 1024;

/// Work items that a convolution should have at least, for threads to share.
static constexpr int64_t kItems = 8;

/// The operands after x and the weight: scales and zero points of codes, bias.
static FailureOr<Product> readConv(KernelBuilder &b, kern::ConvOp op,
                                   const Window &window) {
  Product p;
  auto type = cast<MemRefType>(op.getInits()[0].getType());
  FailureOr<bool> relu = readActivation(op);
  if (failed(relu))
    return failure();
  if (type.isDynamicDim(3))
    return op.emitOpError("needs a static number of output channels");
  p.relu = *relu;
  p.n = type.getDimSize(3);
  p.k = p.groupSize = window.columns();
  bool isFloat = op.getKernel() == "conv.f32";
  if (!isFloat && failed(readCodes(op, p)))
    return failure();
  p.panels = (p.n + kLanes - 1) / kLanes;
  p.out = b.flattenRows(op.getInits()[0]);
  p.leastRows = leastRowsOf(op.getInits()[0]);
  p.m = b.dim(p.out, 0);
  unsigned next = 1;
  p.weight = op.getInputs()[next++];
  if (!isFloat)
    p.scales = op.getInputs()[next++];
  if (!isFloat && op->hasAttr("has_zero_points"))
    p.zeroPoints = op.getInputs()[next++];
  if (failed(refuseRealZeros(op, p)))
    return failure();
  if (op->hasAttr("has_bias"))
    p.bias = op.getInputs()[next];
  return p;
}

/// A block has all panels, unless one image would give too few work items. Of
/// images whose size is not known nothing is assumed.
static void shareRows(const Product &p, Blocking &blocking, int64_t rowBytes,
                      int64_t maxBytes) {
  // Threads of a GPU share nothing.
  if (blocking.blockRows == 1 && blocking.blockPanels == 1)
    return;
  int64_t height = blocking.tile.rows;
  int64_t rows =
      std::clamp<int64_t>(maxBytes / rowBytes, 2 * height, 16 * height);
  blocking.blockRows = rows / height * height;
  blocking.blockPanels = p.panels;
  if (p.leastRows == 1 && !KernelBuilder::constantOf(p.m))
    return;
  int64_t rowBlocks = llvm::divideCeil(p.leastRows, blocking.blockRows);
  int64_t panelBlocks =
      std::min<int64_t>(p.panels, llvm::divideCeil(kItems, rowBlocks));
  if (rowBlocks < kItems)
    blocking.blockPanels = llvm::divideCeil(p.panels, panelBlocks);
}

/// Numbers times numbers, or times codes: the rows of a block come from the
/// image itself or are gathered.
static LogicalResult emitConvF32(KernelBuilder &b, kern::ConvOp op,
                                 const Product &p, const Window &window) {
  Value x = op.getInputs()[0];
  Blocking blocking = floatBlocking(b, p);
  auto *emitBlock = p.scales ? emitA16Product : emitFloatProduct;
  if (window.isPointwise()) {
    Value flat = b.flattenRows(x);
    forBlocks(b, p, blocking, [&](const WorkItem &item) {
      emitBlock(b, p, item, blocking, {flat, b.idx(0)});
    });
    return success();
  }
  shareRows(p, blocking, 4 * p.k, kGatheredBytes);
  SmallVector<ReassociationIndices> lines{{0, 1}, {2, 3}};
  Value image = b.create<memref::CollapseShapeOp>(x, lines);
  forBlocks(b, p, blocking, [&](const WorkItem &item) {
    Value rows = b.scratch({blocking.blockRows, p.k}, b.getF32Type());
    gatherRows(b, window, image, item.rowBegin, item.rowEnd, b.f32(0), rows);
    emitBlock(b, p, item, blocking, {rows, item.rowBegin});
  });
  return success();
}

/// `sizes` elements from `offsets` on, without the leading dimensions of size
/// one where `rank` is smaller.
static Value viewOf(KernelBuilder &b, Value memref,
                    ArrayRef<OpFoldResult> offsets,
                    ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> shape) {
  SmallVector<OpFoldResult> strides(sizes.size(), b.getIndexAttr(1));
  auto type = cast<MemRefType>(memref::SubViewOp::inferRankReducedResultType(
      shape, cast<MemRefType>(memref.getType()), offsets, sizes, strides));
  return b.create<memref::SubViewOp>(type, memref, offsets, sizes, strides);
}

/// Operands of one group: its panels, output channels and biases.
static Product groupOf(KernelBuilder &b, const Product &p, Value group) {
  Product part = p;
  auto size = [&](int64_t n) -> OpFoldResult { return b.getIndexAttr(n); };
  OpFoldResult none = size(0);
  Value first = b.mul(group, p.n);
  auto weight = cast<MemRefType>(p.weight.getType());
  part.weight = viewOf(b, p.weight, {group, none, none, none},
                       {size(1), size(p.panels), size(p.k), size(kLanes)},
                       weight.getShape().drop_front());
  int64_t rows = cast<MemRefType>(p.out.getType()).getDimSize(0);
  part.out = viewOf(
      b, p.out, {none, first},
      {ShapedType::isDynamic(rows) ? OpFoldResult(p.m) : size(rows), size(p.n)},
      {rows, p.n});
  if (p.bias)
    part.bias = viewOf(b, p.bias, {first}, {size(p.n)}, {p.n});
  return part;
}

/// `p` has the channels of one group; its operands are those of all groups. A
/// work item gathers the channels of one group and has all of its panels.
static LogicalResult emitGroupedConv(KernelBuilder &b, kern::ConvOp op,
                                     const Product &p, Window window,
                                     int64_t groups) {
  Blocking blocking = floatBlocking(b, p);
  shareRows(p, blocking, 4 * p.k, kGatheredBytes);
  blocking.blockPanels = p.panels;
  SmallVector<ReassociationIndices> lines{{0, 1}, {2, 3}};
  Value image = b.create<memref::CollapseShapeOp>(op.getInputs()[0], lines);
  Value rowBlocks = b.ceilDiv(p.m, blocking.blockRows);
  int64_t grain =
      KernelBuilder::grainOf(blocking.blockRows * p.panels * kLanes * p.k);
  b.parallelFor(b.mul(rowBlocks, groups), grain, [&](Value number) {
    Value group = b.floorDiv(number, rowBlocks);
    Value begin = b.mul(b.rem(number, rowBlocks), blocking.blockRows);
    Value end = b.min(b.add(begin, blocking.blockRows), p.m);
    window.firstChannel = b.mul(group, window.depth);
    Value rows = b.scratch({blocking.blockRows, p.k}, b.getF32Type());
    gatherRows(b, window, image, begin, end, b.f32(0), rows);
    emitFloatProduct(b, groupOf(b, p, group),
                     {begin, end, b.idx(0), b.idx(p.panels)}, blocking,
                     {rows, begin});
  });
  return success();
}

namespace {
/// A convolution of codes with one scale and zero point for all of them.
class CodeConv {
public:
  CodeConv(KernelBuilder &b, const Product &p, const Window &window, Value x,
           float scale, int64_t zeroPoint)
      : b(b), p(p), window(window), x(x), scale(scale), zeroPoint(zeroPoint),
        dot(IntDot::create(b, p)), blocking(intBlocking(b, p)),
        columns(paddedColumns(*dot, p)) {
    constexpr int64_t maxBytes = 96 * 1024;
    shareRows(p, blocking, columns, maxBytes);
  }

  void emit() {
    SmallVector<ReassociationIndices> lines{{0, 1}, {2, 3}};
    image = b.create<memref::CollapseShapeOp>(x, lines);
    flat = b.flattenRows(x);
    forBlocks(b, p, blocking, [&](const WorkItem &item) { emitItem(item); });
  }

private:
  void emitItem(const WorkItem &item) {
    CodeRows rows = readRows(item);
    Value count = b.sub(item.rowEnd, item.rowBegin);
    if (dot->takesPairs())
      splitPairs(b, rows, count, blocking.blockRows, columns);
    Value sums = sumGroups(b, *dot, p, rows.codes, count, blocking.blockRows);
    std::function<Value(Value, Value)> columnSums;
    if (zeroPoint) {
      subtractZeroPoints(sums, count);
      Value products = sumColumns(item);
      columnSums = [this, products, begin = item.panelBegin](Value panel,
                                                             Value group) {
        return b.loadVec(products, {b.sub(panel, begin), group, b.idx(0)});
      };
    }
    forTiles(b, item, blocking, [&](Tile tile, Value row, Value panel) {
      IntTile{b, *dot, p, rows, sums, tile, row, panel, scale, columnSums}
          .emit();
    });
  }

  CodeRows readRows(const WorkItem &item) {
    CodeRows rows;
    rows.first = item.rowBegin;
    Value count = b.sub(item.rowEnd, item.rowBegin);
    if (window.isPointwise() && columns == p.k) {
      rows.codes = b.rowsFrom(flat, item.rowBegin, count);
      return rows;
    }
    rows.codes = b.scratch({blocking.blockRows, columns}, b.getI8Type());
    gatherRows(b, window, image, item.rowBegin, item.rowEnd,
               b.constant(b.getI8Type(), zeroPoint), rows.codes);
    if (columns > p.k)
      b.forLoop(b.idx(0), count, 1, [&](Value row) {
        fillRow(b, b.constant(b.getI8Type(), 0), rows.codes, row, b.idx(p.k),
                columns - p.k);
      });
    return rows;
  }

  /// Calls `body` with each group of columns and how many it has: a loop over
  /// the whole ones, then the rest.
  void forGroups(function_ref<void(Value, int64_t)> body) {
    int64_t full = p.k / p.groupSize;
    b.forLoop(b.idx(0), b.idx(full), 1,
              [&](Value group) { body(group, p.groupSize); });
    if (int64_t rest = p.k % p.groupSize)
      body(b.idx(full), rest);
  }

  /// sum(code_x) - zx * columns of every group.
  void subtractZeroPoints(Value sums, Value count) {
    b.forLoop(b.idx(0), count, 1, [&](Value row) {
      forGroups([&](Value group, int64_t size) {
        Value sum = b.load(sums, {row, group});
        b.store(b.create<arith::SubIOp>(sum, b.i32(zeroPoint * size)), sums,
                {row, group});
      });
    });
  }

  /// zx * sum(code_w) of every panel and group: the product with a row of ones.
  Value sumColumns(const WorkItem &item) {
    Value products =
        b.scratch({blocking.blockPanels, p.groups, kLanes}, b.getI32Type());
    CodeRows ones;
    ones.first = b.idx(0);
    ones.codes = b.scratch({1, columns}, b.getI8Type());
    fillRow(b, b.constant(b.getI8Type(), 1), ones.codes, b.idx(0), b.idx(0),
            p.k);
    if (columns > p.k)
      fillRow(b, b.constant(b.getI8Type(), 0), ones.codes, b.idx(0), b.idx(p.k),
              columns - p.k);
    if (dot->takesPairs())
      splitPairs(b, ones, b.idx(1), 1, columns);
    Value zx = b.constant(b.i32Vec(), zeroPoint);
    forPanels(b, item, blocking.single.panels, [&](int64_t count, Value panel) {
      forGroups([&](Value group, int64_t size) {
        Value line = b.mul(group, p.groupSize / p.lineColumns());
        Values sums =
            accumulateInt(b, *dot, ones, {1, count}, b.idx(0), panel, line,
                          llvm::divideCeil(size, p.lineColumns()));
        for (int64_t j = 0; j < count; ++j)
          b.storeVec(
              b.create<arith::MulIOp>(zx, sums[j]), products,
              {b.add(b.sub(panel, item.panelBegin), j), group, b.idx(0)});
      });
    });
    return products;
  }

  KernelBuilder &b;
  const Product &p;
  const Window &window;
  Value x, image, flat;
  float scale;
  int64_t zeroPoint;
  std::unique_ptr<IntDot> dot;
  Blocking blocking;
  int64_t columns;
};
} // namespace

static LogicalResult emitConvA8(KernelBuilder &b, kern::ConvOp op,
                                const Product &p, const Window &window) {
  auto scale = op->getAttrOfType<FloatAttr>("input_scale");
  auto zeroPoint = op->getAttrOfType<IntegerAttr>("input_zero_point");
  if (!scale || !zeroPoint)
    return op.emitOpError(
        "needs the attributes 'input_scale' and 'input_zero_point'");
  CodeConv(b, p, window, op.getInputs()[0], scale.getValueAsDouble(),
           zeroPoint.getInt())
      .emit();
  return success();
}

LogicalResult quantc::emitConv(KernelBuilder &b, kern::ConvOp op) {
  StringRef kernel = op.getKernel();
  if (kernel != "conv.f32" && kernel != "conv.a16" && kernel != "conv.a8")
    return unknownKernel(op, kernel);
  FailureOr<Window> window =
      Window::read(b, op, op.getInputs()[0], op.getInits()[0]);
  if (failed(window))
    return failure();
  int64_t groups = 1;
  if (auto attr = op->getAttrOfType<IntegerAttr>("groups"))
    groups = attr.getInt();
  if (groups < 1 || window->channels % groups ||
      (groups > 1 && kernel != "conv.f32"))
    return op.emitOpError("has ")
           << groups << " groups; expected a divisor of the channels, and one "
           << "group of codes";
  window->depth = window->channels / groups;
  FailureOr<Product> product = readConv(b, op, *window);
  if (failed(product))
    return failure();
  if (groups > 1) {
    product->n /= groups;
    product->panels = (product->n + kLanes - 1) / kLanes;
    return emitGroupedConv(b, op, *product, *window, groups);
  }
  return kernel == "conv.a8" ? emitConvA8(b, op, *product, *window)
                             : emitConvF32(b, op, *product, *window);
}
