//===- Take.cpp - channels along rows ---------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generates take.channels: rows shared among threads. What happens to a row is
// in RowTake.cpp.

#include "Emitters.h"
#include "RowTake.h"
#include "Rows.h"
#include "Warps.h"

using namespace mlir;
using namespace quantc;

/// Warps of a GPU that copy a row.
static constexpr int64_t kTakeWarps = 4;

LogicalResult quantc::emitTake(KernelBuilder &b, kern::TakeOp op) {
  if (op.getKernel() != "take.channels")
    return unknownKernel(op, op.getKernel());
  Value x = op.getInputs()[0], out = op.getInits()[0];
  FailureOr<RowTake> take = RowTake::of(b, op, op.getInputs());
  if (failed(take))
    return failure();
  if (b.level().isDevice()) {
    launchBlocks(b, b.rows(x), kTakeWarps, {}, [&](const BlockThread &at) {
      take->emit(b, x, rowIndices(b, x, at.block), out,
                 rowIndices(b, out, at.block), at.thread(b),
                 kTakeWarps * kWarpLanes);
    });
    return success();
  }
  forRows(b, b.rows(x), b.idx(take->width()), [&](Value row) {
    take->emit(b, x, rowIndices(b, x, row), out, rowIndices(b, out, row));
  });
  return success();
}
