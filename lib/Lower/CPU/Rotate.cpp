//===- Rotate.cpp - Hadamard matrices along rows ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates rotate.hadamard: rows shared among threads. What happens to a row
// is in RowRotation.cpp.

#include "Emitters.h"
#include "RowRotation.h"
#include "Rows.h"
#include "Warps.h"

using namespace mlir;
using namespace quantc;

/// Warps of a GPU that rotate a row.
static constexpr int64_t kRotateWarps = 4;

LogicalResult quantc::emitRotate(KernelBuilder &b, kern::RotateOp op) {
  if (op.getKernel() != "rotate.hadamard")
    return unknownKernel(op, op.getKernel());
  if (failed(checkFloatRows(op)))
    return failure();
  Value x = op.getInputs()[0], out = op.getInits()[0];
  FailureOr<RowRotation> rotation = RowRotation::of(b, op, x);
  if (failed(rotation))
    return failure();
  if (b.level().isDevice()) {
    launchBlocks(b, b.rows(x), kRotateWarps, {}, [&](const BlockThread &at) {
      rotation->emitTogether(b, x, rowIndices(b, x, at.block), out,
                             rowIndices(b, out, at.block), at.thread(b),
                             kRotateWarps * kWarpLanes);
    });
    return success();
  }
  int64_t grain = KernelBuilder::grainOf(rotation->steps());
  b.parallelFor(b.rows(x), grain, [&](Value row) {
    rotation->emit(b, x, rowIndices(b, x, row), out, rowIndices(b, out, row));
  });
  return success();
}
