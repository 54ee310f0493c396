//===- BatchMatMul.cpp - product of two computed tensors --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates batch_matmul.f32. A work item is one matrix and 16 of its output
// columns: pieces of the right operand are packed into scratch, then rows pass.
// Sums between pieces stand in the destination; k ascends.

#include "AccumulateF32.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Steps of k that are packed at once.
static constexpr int64_t kPiece = 64;

namespace {
class BatchMatMul {
public:
  BatchMatMul(KernelBuilder &b, kern::BatchMatMulOp op)
      : b(b), lhs(op.getInputs()[0]), rhs(op.getInputs()[1]),
        out(op.getInits()[0]), isTransposed(op->hasAttr("transpose_rhs")) {
    rank = cast<MemRefType>(out.getType()).getRank();
    rows = b.dim(out, rank - 2);
    columns = b.dim(out, rank - 1);
    depth = b.dim(lhs, rank - 1);
  }

  void emit() {
    Value panels = b.ceilDiv(columns, kLanes), matrices = b.idx(1);
    for (int64_t d = 0; d < rank - 2; ++d)
      matrices = b.mul(matrices, b.dim(out, d));
    auto known = [](Value size) {
      return KernelBuilder::constantOf(size).value_or(32);
    };
    int64_t grain = KernelBuilder::grainOf(known(rows) * known(depth) * kLanes);
    b.parallelFor(b.mul(matrices, panels), grain, [&](Value item) {
      setMatrix(b.floorDiv(item, panels));
      first = b.mul(b.rem(item, panels), kLanes);
      width = b.min(b.sub(columns, first), b.idx(kLanes));
      scratch = b.scratch({kPiece, kLanes}, b.getF32Type());
      clear();
      b.forLoop(b.idx(0), depth, kPiece, [&](Value k) { addPiece(k); });
    });
  }

private:
  /// Indices of a matrix in an operand whose batch dimensions may be one.
  Values matrixOf(Value memref, ValueRange matrix) {
    Values indices;
    for (int64_t d = 0; d < rank - 2; ++d) {
      Value single = b.equal(b.dim(memref, d), b.idx(1));
      indices.push_back(
          b.createOrFold<arith::SelectOp>(single, b.idx(0), matrix[d]));
    }
    return indices;
  }

  void setMatrix(Value number) {
    Values matrix(rank - 2);
    for (int64_t d = rank - 3; d >= 0; --d) {
      matrix[d] = b.rem(number, b.dim(out, d));
      number = b.floorDiv(number, b.dim(out, d));
    }
    lhsMatrix = matrixOf(lhs, matrix);
    rhsMatrix = matrixOf(rhs, matrix);
    outMatrix = matrix;
  }

  static Values at(Values matrix, Value row, Value column) {
    matrix.append({row, column});
    return matrix;
  }

  void clear() {
    b.forLoop(b.idx(0), rows, 1, [&](Value row) {
      b.storeTail(b.splatF32(0), out, at(outMatrix, row, first), width);
    });
  }

  /// Rows [k, k + kPiece) of the 16 columns; zeros behind the last row do not
  /// matter, because only `count` steps are added.
  void pack(Value k, Value count) {
    if (!isTransposed)
      return b.forLoop(b.idx(0), count, 1, [&](Value i) {
        Value values =
            b.loadTail(rhs, at(rhsMatrix, b.add(k, i), first), width);
        b.storeVec(values, scratch, {i, b.idx(0)});
      });
    b.forLoop(b.idx(0), width, 1, [&](Value n) {
      b.forLoop(b.idx(0), count, 1, [&](Value i) {
        b.store(b.load(rhs, at(rhsMatrix, b.add(first, n), b.add(k, i))),
                scratch, {i, n});
      });
    });
  }

  void addRows(Value k, Value count, Value row, int64_t height) {
    Values sums;
    for (int64_t r = 0; r < height; ++r)
      sums.push_back(
          b.loadTail(out, at(outMatrix, b.add(row, r), first), width));
    sums =
        b.forLoop(b.idx(0), count, 1, sums, [&](Value i, ValueRange carried) {
          Value weights = b.loadVec(scratch, {i, b.idx(0)});
          Values next;
          for (int64_t r = 0; r < height; ++r) {
            Value x =
                b.loadSplat(lhs, at(lhsMatrix, b.add(row, r), b.add(k, i)));
            next.push_back(b.fma(x, weights, carried[r]));
          }
          return next;
        });
    for (int64_t r = 0; r < height; ++r)
      b.storeTail(sums[r], out, at(outMatrix, b.add(row, r), first), width);
  }

  void addPiece(Value k) {
    Value count = b.min(b.sub(depth, k), b.idx(kPiece));
    pack(k, count);
    int64_t height = b.level().kind == Level::Generic ? 2 : 6;
    Value full = b.sub(rows, b.rem(rows, height));
    b.forLoop(b.idx(0), full, height,
              [&](Value row) { addRows(k, count, row, height); });
    b.forLoop(full, rows, 1, [&](Value row) { addRows(k, count, row, 1); });
  }

  KernelBuilder &b;
  Value lhs, rhs, out;
  bool isTransposed;
  int64_t rank;
  Value rows, columns, depth, first, width, scratch;
  Values lhsMatrix, rhsMatrix, outMatrix;
};
} // namespace

LogicalResult quantc::emitBatchMatMul(KernelBuilder &b,
                                      kern::BatchMatMulOp op) {
  if (op.getKernel() != "batch_matmul.f32")
    return unknownKernel(op, op.getKernel());
  int64_t rank = cast<MemRefType>(op.getInits()[0].getType()).getRank();
  if (rank < 2 || llvm::any_of(
                      op.getInputs(),
                      [&](Value input) {
                        return cast<MemRefType>(input.getType()).getRank() !=
                               rank;
                      }))
    return op.emitOpError("needs operands of one rank, two or more");
  BatchMatMul(b, op).emit();
  return success();
}
