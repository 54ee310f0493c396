//===- Product.h - operands and blocks of a matrix product ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What matmul and conv kernels have in common: rows times panels of 16 output
// channels, how both are cut into work items and register tiles, and the end of
// a tile (bias, activation, store). How a tile is computed is up to the kernel.

#ifndef QUANTC_LIB_LOWER_CPU_PRODUCT_H
#define QUANTC_LIB_LOWER_CPU_PRODUCT_H

#include "Emitters.h"
#include "quantc/Target/CodeLines.h"

namespace quantc {

/// How scales are stored.
enum class ScaleCode : uint8_t { Float, E8M0, E4M3 };

/// Operands of out[m, n] = sum_k x[m, k] * w[n, k], in buffers.
struct Product {
  using Value = mlir::Value;
  Value x;          ///< [M, K] fp32 or i8 codes; null where rows are gathered
  Value rowScales;  ///< [M] fp32, or null
  Value rowZeros;   ///< [M] i8, or null: zero points of the rows
  Value weightSums; ///< [P, 1, 16] fp32, there with rowZeros
  Value weight;     ///< [P, K, 16] fp32, [P, L, line bytes] i8 or, in columns,
                    ///< [K, T, tile bytes] i8
  Value scales;     ///< [P, G, 16] fp32, f16 or i8 (scaleCode), or null
  Value scaleUnit;  ///< [1, 1] fp32 where scales are i8, else null
  Value zeroPoints; ///< [P, G, 16] i8, or [P, G, 8] with those of channels n
                    ///< and n + 8 in a byte, or [P, G, 16] fp32 or f16 numbers;
                    ///< null: constantZero() for all, of signs 0
  Value codebook;   ///< [1, patterns / 2] i32, two patterns in each, or null
  Value projected;  ///< [M, R] fp32, or null: rows of the low-rank branch
  Value up;         ///< [P, R, 16] f16, there with projected
  Value threshold;  ///< [1] fp32, or null: of one row smaller inputs are 0
  Value bias;       ///< [N] fp32, or null
  Value out;        ///< [M, N] fp32
  Value m;          ///< index
  int64_t leastRows = 1; ///< rows there are at least, unless there are none
  int64_t n = 0, k = 0, panels = 0;
  int64_t bits = 32, groupSize = 0, groups = 1;
  int64_t rank = 0; ///< of the low-rank branch
  bool relu = false;
  ScaleCode scaleCode = ScaleCode::Float;
  llvm::StringRef code = "uint";    ///< kind of code, as qnt names it
  const CodeSteps *steps = nullptr; ///< of `code`; null for integers
  bool inColumns = false;           ///< the weight lies in columns, each a line
  bool hasSigns = false;            ///< codes 0 and 1 stand for -1 and +1
  int64_t parentBits = 0; ///< of codes in planes, of which `bits` are read
  /// The planes that hold these, the first of them `weight`: [P, L, 64],
  /// [P, L, 64], [P, 2 L, 64] i8.
  llvm::SmallVector<Value, 3> planes;
  int64_t codebookDim = 0; ///< signs in a pattern; 0 without a codebook

  /// True when zero points are numbers, not codes.
  bool hasRealZeros() const {
    return zeroPoints &&
           llvm::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(zeroPoints));
  }
  bool hasPlanes() const { return parentBits != 0; }
  /// The zero point where there is no other.
  int64_t constantZero() const {
    return steps ? int64_t(steps->zero) : int64_t(1) << (bits - 1);
  }
  /// Columns in a line of packed codes.
  int64_t lineColumns() const {
    if (codebookDim)
      return codebookDim;
    if (hasPlanes())
      return kPlaneLineInputs;
    return inColumns ? 1 : codeLineColumns(bits);
  }
  /// Bytes of a line, of all planes together.
  int64_t lineBytes() const {
    if (hasPlanes())
      return bits * kPlaneLineInputs * kPanelChannels / 8;
    return codebookDim ? indexLineBytes(static_cast<unsigned>(bits))
                       : codeLineBytes(bits);
  }
  int64_t lines() const { return (k + lineColumns() - 1) / lineColumns(); }
};

/// The numbers of bits that a product of planes can be read at, descending from
/// those of its codes; empty for other codes. Says which ones do not fit.
llvm::FailureOr<llvm::ArrayRef<int64_t>> widthsOf(kern::MatMulOp op);

/// Reads `kern.matmul`, of planes at the width of that number; says what is
/// wrong if it cannot be lowered.
llvm::FailureOr<Product> readMatMul(KernelBuilder &b, kern::MatMulOp op,
                                    size_t width = 0);

/// The rows that a buffer of rows has at least, unless it is empty: a size that
/// is not known counts as 1.
int64_t leastRowsOf(mlir::Value memref);

/// Reads what describes the codes and scales of a weight: `bits`, `group_size`,
/// `code`, `scales`; `k` is known.
llvm::LogicalResult readCodes(mlir::Operation *op, Product &p);

/// The sum of (code - zero point) * x of a group, fp32, scalars or vectors,
/// from the exact sums of code * x and of x, both i32, and of a zero point that
/// is a number: fma(-zero point, sum of x, sum of code * x).
mlir::Value sumOfCodes(KernelBuilder &b, mlir::Value codes, mlir::Value sumOfX,
                       mlir::Value negativeZeroPoint);

/// Fails, with a diagnostic, where zero points are numbers.
llvm::LogicalResult refuseRealZeros(mlir::Operation *op, const Product &p);

/// True where CodePolicies.def has the kind of code.
bool hasCodePolicy(llvm::StringRef code);

/// True for activation = "relu", false for none; other names are an error.
llvm::FailureOr<bool> readActivation(mlir::Operation *op);

/// Consecutive channels of a panel: all of them, or those that a lane of a GPU
/// has, which divide a panel.
struct PanelPart {
  int64_t channels = kLanes;
  mlir::Value first; ///< of them; null for 0

  bool isWhole() const { return channels == kLanes; }
  /// The place of the first one in a row of `size` elements a channel, from
  /// `before` on.
  mlir::Value place(KernelBuilder &b, int64_t size = 1,
                    int64_t before = 0) const {
    return isWhole() ? b.idx(before) : b.add(b.mul(first, size), before);
  }
  /// The vector of the part, `size` elements a channel, that `prefix` and
  /// `place` lead to. Rows of a panel start on 16 bytes or more.
  mlir::Value load(KernelBuilder &b, mlir::Value memref,
                   llvm::ArrayRef<mlir::Value> prefix, int64_t size = 1,
                   int64_t before = 0) const;
};

/// A register tile: rows times panels.
struct Tile {
  int64_t rows, panels;
  int64_t size() const { return rows * panels; }
};

/// How a product is cut.
struct Blocking {
  Tile tile;           ///< main tile
  Tile single;         ///< tile of one row, for what is left and for M = 1
  int64_t blockRows;   ///< rows of a work item
  int64_t blockPanels; ///< panels of a work item
};

/// What one thread does at a time: a range of rows and one of panels.
struct WorkItem {
  mlir::Value rowBegin, rowEnd, panelBegin, panelEnd;
};

/// Panels that work items have, so that they divide evenly among threads.
int64_t choosePanels(int64_t panels, llvm::ArrayRef<int64_t> candidates);

/// Shares a product among threads. Work items have about as many rows each.
void forBlocks(KernelBuilder &b, const Product &product,
               const Blocking &blocking,
               llvm::function_ref<void(const WorkItem &)> body);

/// A tile's size, first row, first panel.
using TileBody = llvm::function_ref<void(Tile, mlir::Value, mlir::Value)>;

/// Covers a work item with tiles: panels outside, so that a panel stays in the
/// cache while rows pass. The last tile of rows overlaps the one before it
/// where the rows do not divide; fewer rows than a tile has go one by one.
void forTiles(KernelBuilder &b, const WorkItem &item, const Blocking &blocking,
              TileBody body);

/// The panels of a work item, `count` at a time, the rest one by one.
void forPanels(KernelBuilder &b, const WorkItem &item, int64_t count,
               llvm::function_ref<void(int64_t, mlir::Value)> body);

/// The tiles of `height` rows that cover the rows of an item, of which there
/// are at least `height`: body(number of the tile, its first row).
void forRowTiles(KernelBuilder &b, const WorkItem &item, int64_t height,
                 llvm::function_ref<void(mlir::Value, mlir::Value)> body);

/// True if the item has `height` rows or more; folds where that is known.
mlir::Value hasRows(KernelBuilder &b, const WorkItem &item, int64_t height);

/// Adds the low-rank branch and the bias, applies the activation, stores.
/// `values` are vectors of 16 channels, index row * tile.panels + panel.
void storeTile(KernelBuilder &b, const Product &product, Tile tile,
               mlir::Value row, mlir::Value panel,
               llvm::ArrayRef<mlir::Value> values);

/// The same for one element, if its channel exists.
void storeElement(KernelBuilder &b, const Product &product, mlir::Value row,
                  mlir::Value panel, mlir::Value channel, mlir::Value value);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_PRODUCT_H
