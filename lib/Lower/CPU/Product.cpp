//===- Product.cpp - operands and blocks of a matrix product ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Product.h.

#include "Product.h"
#include "MathHalf.h"

using namespace mlir;
using namespace quantc;

Value quantc::sumOfCodes(KernelBuilder &b, Value codes, Value sumOfX,
                         Value negativeZeroPoint) {
  auto number = [&](Value integer) {
    Type f32 = b.getF32Type();
    if (auto type = dyn_cast<VectorType>(integer.getType()))
      return b.create<arith::SIToFPOp>(type.clone(f32), integer).getResult();
    return b.create<arith::SIToFPOp>(f32, integer).getResult();
  };
  return b.fma(negativeZeroPoint, number(sumOfX), number(codes));
}

//===-- operands
//-----------------------------------------------------------===//

FailureOr<bool> quantc::readActivation(Operation *op) {
  auto activation = op->getAttrOfType<StringAttr>("activation");
  if (!activation || activation.getValue() == "none")
    return false;
  if (activation.getValue() == "relu")
    return true;
  return op->emitOpError("has activation '")
         << activation.getValue() << "'; expected relu or none";
}

static int64_t intAttr(Operation *op, StringRef name, int64_t otherwise) {
  auto attr = op->getAttrOfType<IntegerAttr>(name);
  return attr ? attr.getInt() : otherwise;
}

/// True for signs that there is a policy for.
static bool hasSignKernels(const Product &p) {
  if (p.code == "binary")
    return p.bits == 1 && p.codebookDim == 0;
  return p.bits >= 1 && p.bits <= 16 && p.codebookDim >= 2 &&
         p.codebookDim <= 16;
}

FailureOr<ArrayRef<int64_t>> quantc::widthsOf(kern::MatMulOp op) {
  auto code = op->getAttrOfType<StringAttr>("code");
  if (!code || code.getValue() != "planes")
    return ArrayRef<int64_t>();
  auto widths = op->getAttrOfType<DenseI64ArrayAttr>("widths");
  int64_t bits = intAttr(op, "bits", 0);
  if (widths && hasPlaneLayout(bits) && arePlaneWidths(widths, bits) &&
      op.getKernel() != "matmul.sparse")
    return widths.asArrayRef();
  return op->emitOpError("has ")
         << bits << "-bit planes in '" << op.getKernel()
         << "'; expected 4 or 8 bits in matmul.a16 or matmul.a8, and widths "
            "that descend from them, out of 8, 4 and 2";
}

LogicalResult quantc::readCodes(Operation *op, Product &p) {
  if (!p.hasPlanes())
    p.bits = intAttr(op, "bits", 0);
  p.codebookDim = intAttr(op, "codebook_dim", 0);
  if (auto code = op->getAttrOfType<StringAttr>("code"))
    p.code = code.getValue();
  p.hasSigns = p.code == "binary" || p.code == "codebook";
  if (p.hasSigns ? !hasSignKernels(p) : !hasCodeKernels(p.bits))
    return op->emitOpError("has codes of ")
           << p.bits << " bits; expected "
           << (p.hasSigns ? "1, or indices of 1 to 16 bits and codebook_dim "
                            "from 2 to 16"
                          : "2, 3, 4 or 8");
  if (p.code == "planes" && !p.hasPlanes())
    return op->emitOpError("has codes in planes, which only kern.matmul takes");
  p.steps = p.hasPlanes() ? planeSteps(p.parentBits, p.bits)
                          : lookupCodeSteps(p.code);
  if (!p.hasSigns &&
      (!hasCodePolicy(p.code) || (p.steps && p.steps->bits != p.bits)))
    return op->emitOpError("has ") << p.bits << "-bit \"" << p.code
                                   << "\" codes, which no policy decodes";
  if (auto scales = op->getAttrOfType<StringAttr>("scales")) {
    bool isE8M0 = scales.getValue() == "e8m0";
    if (!isE8M0 && scales.getValue() != "e4m3")
      return op->emitOpError("has ")
             << scales << " scales; expected \"e8m0\" or \"e4m3\"";
    p.scaleCode = isE8M0 ? ScaleCode::E8M0 : ScaleCode::E4M3;
  }
  if (p.inColumns && !hasColumnLayout(p.bits))
    return op->emitOpError("has codes of ")
           << p.bits << " bits in columns; expected 2, 4 or 8";
  p.groupSize = intAttr(op, "group_size", p.k);
  if (p.groupSize <= 0 || p.groupSize > p.k)
    p.groupSize = p.k;
  if (p.groupSize < p.k && p.groupSize % p.lineColumns() != 0)
    return op->emitOpError("has groups of ")
           << p.groupSize << " columns, which are no whole lines of "
           << p.lineColumns();
  p.groups = (p.k + p.groupSize - 1) / p.groupSize;
  return success();
}

LogicalResult quantc::refuseRealZeros(Operation *op, const Product &p) {
  if (!p.hasRealZeros())
    return success();
  return op->emitOpError("has zero points that are numbers, which only matrix "
                         "products take; expected codes");
}

int64_t quantc::leastRowsOf(Value memref) {
  int64_t rows = 1;
  for (int64_t size : cast<MemRefType>(memref.getType()).getShape().drop_back())
    rows *= ShapedType::isDynamic(size) ? 1 : std::max<int64_t>(size, 1);
  return rows;
}

/// Takes an operand for each width, and gives that of one of them.
template <typename Take>
static Value takeWidth(size_t width, size_t widths, Take take) {
  Value chosen;
  for (size_t i = 0; i < widths; ++i) {
    Value one = take();
    if (i == width)
      chosen = one;
  }
  return chosen;
}

/// Takes the planes and the scales of a product.
template <typename Take>
static void takePlanes(Product &p, size_t width, size_t widths, Take take) {
  for (int64_t plane = 0; plane < planeCount(p.parentBits); ++plane) {
    Value one = take();
    if (plane < planeCount(p.bits))
      p.planes.push_back(one);
  }
  p.weight = p.planes.front();
  p.scales = takeWidth(width, widths, take);
}

FailureOr<Product> quantc::readMatMul(KernelBuilder &b, kern::MatMulOp op,
                                      size_t width) {
  FailureOr<ArrayRef<int64_t>> widths = widthsOf(op);
  if (failed(widths))
    return failure();
  Product p;
  if (!widths->empty()) {
    p.parentBits = widths->front();
    p.bits = (*widths)[width];
  }
  ValueRange inputs = op.getInputs();
  bool isFloat = op.getKernel() == "matmul.f32",
       hasCodes = op.getKernel() == "matmul.a8";
  auto xType = cast<MemRefType>(inputs[0].getType());
  auto outType = cast<MemRefType>(op.getInits()[0].getType());
  p.k = xType.getShape().back();
  p.n = outType.getShape().back();
  if (ShapedType::isDynamic(p.k) || ShapedType::isDynamic(p.n))
    return op.emitOpError("needs static numbers of columns");
  p.panels = (p.n + kLanes - 1) / kLanes;
  p.inColumns = op.getKernel() == "matmul.sparse";
  if (!isFloat && failed(readCodes(op, p)))
    return failure();
  if (hasCodes && p.codebookDim)
    return op.emitOpError("has int8 codes and a codebook; expected fp32 rows");
  FailureOr<bool> relu = readActivation(op);
  if (failed(relu))
    return failure();
  p.relu = *relu;

  unsigned next = 0;
  auto take = [&]() { return inputs[next++]; };
  p.x = b.flattenRows(take());
  p.out = b.flattenRows(op.getInits()[0]);
  p.leastRows = leastRowsOf(op.getInits()[0]);
  bool hasRowZeros = op->hasAttr("has_row_zero_points");
  if (hasCodes)
    p.rowScales = b.flatten(take());
  if (hasRowZeros)
    p.rowZeros = b.flatten(take());
  if (!p.x || !p.out || (hasCodes && !p.rowScales) ||
      (hasRowZeros && !p.rowZeros))
    return op.emitOpError("needs rows without gaps between them");
  p.m = b.dim(p.x, 0);
  if (p.hasPlanes())
    takePlanes(p, width, widths->size(), take);
  else
    p.weight = take();
  if (!isFloat && !p.hasPlanes())
    p.scales = take();
  if (p.scaleCode != ScaleCode::Float)
    p.scaleUnit = take();
  if (!isFloat && op->hasAttr("has_zero_points"))
    p.zeroPoints = take();
  if (!isFloat && p.codebookDim)
    p.codebook = take();
  if (hasRowZeros)
    p.weightSums =
        p.hasPlanes() ? takeWidth(width, widths->size(), take) : take();
  if (p.inColumns)
    p.threshold = take();
  if (op->hasAttr("has_branch")) {
    p.projected = b.flattenRows(take());
    p.up = take();
    p.rank = cast<MemRefType>(p.up.getType()).getDimSize(1);
    if (!p.projected)
      return op.emitOpError("needs rows without gaps between them");
  }
  if (op->hasAttr("has_bias"))
    p.bias = take();
  return p;
}

Value PanelPart::load(KernelBuilder &b, Value memref, ArrayRef<Value> prefix,
                      int64_t size, int64_t before) const {
  KernelBuilder::Values indices(prefix);
  indices.push_back(place(b, size, before));
  return isWhole() ? b.loadWeights(memref, indices, channels * size)
                   : b.loadAligned(memref, indices, channels * size);
}

//===-- blocks and tiles
//---------------------------------------------------===//

int64_t quantc::choosePanels(int64_t panels, ArrayRef<int64_t> candidates) {
  for (int64_t share : {8, 4, 2, 1})
    for (int64_t candidate : candidates)
      if (panels % (candidate * share) == 0)
        return candidate;
  return candidates.front();
}

void quantc::forBlocks(KernelBuilder &b, const Product &p,
                       const Blocking &blocking,
                       function_ref<void(const WorkItem &)> body) {
  Value rowBlocks = b.ceilDiv(p.m, blocking.blockRows);
  // No short block at the end: it could not be covered by whole tiles.
  int64_t height = blocking.tile.rows;
  Value blockRows = b.mul(
      b.ceilDiv(b.ceilDiv(p.m, b.max(rowBlocks, b.idx(1))), height), height);
  Value panelBlocks =
      b.idx((p.panels + blocking.blockPanels - 1) / blocking.blockPanels);
  Value panels = b.idx(p.panels);
  int64_t itemRows = std::min(p.leastRows, blocking.blockRows);
  int64_t grain =
      KernelBuilder::grainOf(itemRows * blocking.blockPanels * kLanes * p.k);
  b.parallelFor(b.mul(rowBlocks, panelBlocks), grain, [&](Value item) {
    // Neighbouring items have the same rows: they stay in the second cache.
    Value row = b.min(b.mul(b.floorDiv(item, panelBlocks), blockRows), p.m);
    Value panel = b.mul(b.rem(item, panelBlocks), blocking.blockPanels);
    body({row, b.min(b.add(row, blockRows), p.m), panel,
          b.min(b.add(panel, blocking.blockPanels), panels)});
  });
}

void quantc::forPanels(KernelBuilder &b, const WorkItem &item, int64_t count,
                       function_ref<void(int64_t, Value)> body) {
  Value full =
      b.sub(item.panelEnd, b.rem(b.sub(item.panelEnd, item.panelBegin), count));
  b.forLoop(item.panelBegin, full, count,
            [&](Value panel) { body(count, panel); });
  if (count > 1)
    b.forLoop(full, item.panelEnd, 1, [&](Value panel) { body(1, panel); });
}

void quantc::forRowTiles(KernelBuilder &b, const WorkItem &item, int64_t height,
                         function_ref<void(Value, Value)> body) {
  Value last = b.sub(item.rowEnd, b.idx(height));
  Value tiles = b.ceilDiv(b.sub(item.rowEnd, item.rowBegin), height);
  b.forLoop(b.idx(0), tiles, 1, [&](Value tile) {
    body(tile, b.min(b.add(item.rowBegin, b.mul(tile, height)), last));
  });
}

Value quantc::hasRows(KernelBuilder &b, const WorkItem &item, int64_t height) {
  return b.cmp(arith::CmpIPredicate::sge, b.sub(item.rowEnd, item.rowBegin),
               b.idx(height));
}

void quantc::forTiles(KernelBuilder &b, const WorkItem &item,
                      const Blocking &blocking, TileBody body) {
  int64_t height = blocking.tile.rows;
  auto rowByRow = [&] {
    b.forLoop(item.rowBegin, item.rowEnd, 1, [&](Value row) {
      forPanels(b, item, blocking.single.panels,
                [&](int64_t n, Value panel) { body({1, n}, row, panel); });
    });
  };
  if (height == 1)
    return rowByRow();
  auto tiled = [&] {
    forPanels(b, item, blocking.tile.panels, [&](int64_t n, Value panel) {
      forRowTiles(b, item, height,
                  [&](Value, Value row) { body({height, n}, row, panel); });
    });
  };
  b.ifThen(hasRows(b, item, height), tiled, rowByRow);
}

//===-- the end of a tile
//--------------------------------------------------===//

/// values + projected * up, one fma for each rank, ascending.
static KernelBuilder::Values addBranch(KernelBuilder &b, const Product &p,
                                       Tile tile, Value row, Value panel,
                                       ArrayRef<Value> values) {
  if (!p.up)
    return KernelBuilder::Values(values);
  auto addRank = [&](Value rank, ValueRange sums) {
    KernelBuilder::Values up, next;
    for (int64_t j = 0; j < tile.panels; ++j)
      up.push_back(emitFromHalf(
          b, b.loadWeights(p.up, {b.add(panel, j), rank, b.idx(0)})));
    for (int64_t r = 0; r < tile.rows; ++r) {
      Value t = b.loadSplat(p.projected, {b.add(row, r), rank});
      for (int64_t j = 0; j < tile.panels; ++j)
        next.push_back(b.fma(t, up[j], sums[r * tile.panels + j]));
    }
    return next;
  };
  return b.forLoop(b.idx(0), b.idx(p.rank), 1, values, addRank);
}

/// One panel of a tile; `count` is null when all 16 channels exist.
static void storePanel(KernelBuilder &b, const Product &p, Tile tile, Value row,
                       Value panel, int64_t j, ArrayRef<Value> values,
                       Value count) {
  Value column = b.mul(b.add(panel, j), kLanes);
  Value bias;
  if (p.bias)
    bias = count ? b.loadTail(p.bias, {column}, count)
                 : b.loadVec(p.bias, {column});
  for (int64_t r = 0; r < tile.rows; ++r) {
    Value y = values[r * tile.panels + j];
    if (bias)
      y = b.addf(y, bias);
    if (p.relu)
      y = b.relu(y);
    Value at = b.add(row, r);
    if (count)
      b.storeTail(y, p.out, {at, column}, count);
    else
      b.storeVec(y, p.out, {at, column});
  }
}

void quantc::storeTile(KernelBuilder &b, const Product &p, Tile tile, Value row,
                       Value panel, ArrayRef<Value> sums) {
  KernelBuilder::Values values = addBranch(b, p, tile, row, panel, sums);
  int64_t tail = p.n % kLanes;
  for (int64_t j = 0; j < tile.panels; ++j) {
    auto whole = [&] {
      storePanel(b, p, tile, row, panel, j, values, nullptr);
    };
    if (tail == 0) {
      whole();
      continue;
    }
    Value isLast = b.equal(b.add(panel, j), b.idx(p.panels - 1));
    b.ifThen(
        isLast,
        [&] { storePanel(b, p, tile, row, panel, j, values, b.idx(tail)); },
        whole);
  }
}

void quantc::storeElement(KernelBuilder &b, const Product &p, Value row,
                          Value panel, Value channel, Value value) {
  Value y = value;
  if (p.up)
    y = b.forLoop(
        b.idx(0), b.idx(p.rank), 1, y, [&](Value rank, ValueRange carried) {
          Value up = emitFromHalf(b, b.load(p.up, {panel, rank, channel}));
          Value x = b.load(p.projected, {row, rank});
          return KernelBuilder::Values{b.fma(x, up, carried[0])};
        })[0];
  Value column = b.add(b.mul(panel, kLanes), channel);
  auto store = [&] {
    if (p.bias)
      y = b.addf(y, b.load(p.bias, {column}));
    if (p.relu)
      y = b.relu(y);
    b.store(y, p.out, {row, column});
  };
  if (p.n % kLanes)
    b.ifThen(b.less(column, b.idx(p.n)), store);
  else
    store();
}
