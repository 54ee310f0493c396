//===- LowerSingleItems.cpp - no threads for one work item ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass lower-single-items. It works on what convert-scf-to-openmp makes of
// the kernels' outermost loops, because scf.parallel has no condition.

#include "mlir/Dialect/OpenMP/OpenMPDialect.h"
#include "quantc/Lower/CPU/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERSINGLEITEMS
#include "quantc/Lower/CPU/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// The number of iterations of the one loop of a region, if it starts at 0,
/// goes in steps of 1 and the number is known before the region.
static Value iterations(omp::ParallelOp parallel) {
  auto loops = parallel.getRegion().getOps<omp::WsloopOp>();
  if (!llvm::hasSingleElement(loops))
    return nullptr;
  auto nest = dyn_cast<omp::LoopNestOp>((*loops.begin()).getWrappedLoop());
  if (!nest || nest.getLoopUpperBounds().size() != 1 ||
      !isConstantIntValue(nest.getLoopLowerBounds()[0], 0) ||
      !isConstantIntValue(nest.getLoopSteps()[0], 1))
    return nullptr;
  Value count = nest.getLoopUpperBounds()[0];
  bool isInside = parallel.getRegion().isAncestor(count.getParentRegion());
  return isInside || getConstantIntValue(count) ? nullptr : count;
}

namespace {
struct LowerSingleItems : quantc::impl::LowerSingleItemsBase<LowerSingleItems> {
  void runOnOperation() override {
    getOperation()->walk([&](omp::ParallelOp parallel) {
      Value count = parallel.getIfExpr() ? Value() : iterations(parallel);
      if (!count)
        return;
      OpBuilder b(parallel);
      Location loc = parallel.getLoc();
      auto one = arith::ConstantOp::create(
          b, loc, b.getIntegerAttr(count.getType(), 1));
      Value many =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, count, one);
      parallel.getIfExprMutable().assign(many);
      ++numConditions;
    });
  }
};
} // namespace
