//===- Project.cpp - rows times a small fp16 matrix -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates project.f16: dot products of rows, each in 16 partial sums that are
// added up as a tree. The other half of a low-rank branch is the end of the
// product, in Product.cpp.

#include "Emitters.h"
#include "MathHalf.h"
#include "Rows.h"

using namespace mlir;
using namespace quantc;

using Values = KernelBuilder::Values;

/// Rows of the matrix that one work item takes, and how many side by side: the
/// sums of a dot product wait for each other.
static constexpr int64_t kItemRanks = 16, kSideBySide = 4;

namespace {
/// x[row] times rows of the matrix.
struct Projection {
  KernelBuilder &b;
  Value x, matrix, out;
  int64_t k;

  void emit(Value row, Value first, int64_t count) {
    Values sums(count, b.splatF32(0));
    sums = forLanes(b, b.idx(k), sums, [&](Lanes lanes, ValueRange carried) {
      Value number = loadLanes(b, x, row, lanes);
      Values next;
      for (int64_t r = 0; r < count; ++r) {
        Value half = loadLanes(b, matrix, b.add(first, r), lanes);
        next.push_back(b.fma(number, emitFromHalf(b, half), carried[r]));
      }
      return next;
    });
    for (int64_t r = 0; r < count; ++r)
      b.store(sumLanes(b, sums[r]), out, {row, b.add(first, r)});
  }
};
} // namespace

LogicalResult quantc::emitProject(KernelBuilder &b, kern::ProjectOp op) {
  if (op.getKernel() != "project.f16")
    return unknownKernel(op, op.getKernel());
  Value matrix = op.getInputs()[1];
  auto type = cast<MemRefType>(matrix.getType());
  if (!type.getElementType().isF16() || type.getRank() != 2 ||
      !type.hasStaticShape())
    return op.emitOpError("needs a matrix of f16 of static size, found ")
           << type;
  Value x = b.flattenRows(op.getInputs()[0]),
        out = b.flattenRows(op.getInits()[0]);
  if (!x || !out)
    return op.emitOpError("needs rows without gaps between them");
  int64_t rank = type.getDimSize(0), k = type.getDimSize(1);
  int64_t width = b.level().isDevice() ? 1 : kItemRanks;
  int64_t blocks = (rank + width - 1) / width;
  Projection projection{b, x, matrix, out, k};
  int64_t grain = KernelBuilder::grainOf(std::min(width, rank) * k);
  b.parallelFor(b.mul(b.dim(x, 0), blocks), grain, [&](Value item) {
    Value row = b.floorDiv(item, blocks);
    Value first = b.mul(b.rem(item, blocks), width);
    Value end = b.min(b.add(first, width), b.idx(rank));
    int64_t together = std::min(kSideBySide, width);
    Value full = b.sub(end, b.rem(b.sub(end, first), together));
    b.forLoop(first, full, together,
              [&](Value r) { projection.emit(row, r, together); });
    if (together > 1)
      b.forLoop(full, end, 1, [&](Value r) { projection.emit(row, r, 1); });
  });
  return success();
}
