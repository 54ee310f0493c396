//===- AssignObservers.cpp - observers for static ranges -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes the float model that calibration runs, and takes its result back.

#include "quantc/Assign/Passes.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include <cmath>

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_ASSIGNOBSERVERS
#include "quantc/Assign/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// Static schemes of activations, in the order of their products.
static SmallVector<qnt::AssignOp> findStatic(ModuleOp module) {
  SmallVector<qnt::AssignOp> found;
  module.walk([&](qnt::AssignOp op) {
    bool isWeight = qnt::TransformOp::paramOf(op.getInput()) != nullptr;
    if (!isWeight && !op.isFromModel() && !op.getScheme().isNone() &&
        !op.getScheme().getDynamic())
      found.push_back(op);
  });
  return found;
}

namespace {
struct AssignObservers : quantc::impl::AssignObserversBase<AssignObservers> {
  void runOnOperation() override {
    for (auto [i, op] : llvm::enumerate(findStatic(getOperation()))) {
      OpBuilder b(op);
      auto observe = qnt::ObserveOp::create(
          b, op.getLoc(), op.getType(), op.getInput(), b.getI64IntegerAttr(i));
      op.replaceAllUsesWith(observe.getResult());
      op.erase();
      ++observers;
    }
    getOperation().walk([](qnt::AssignOp op) {
      if (op.isFromModel())
        return;
      op.replaceAllUsesWith(op.getInput());
      op.erase();
    });
  }
};
} // namespace

LogicalResult quantc::setStaticRanges(ModuleOp module,
                                      ArrayRef<StaticRange> ranges) {
  SmallVector<qnt::AssignOp> schemes = findStatic(module);
  Builder b(module.getContext());
  for (auto [i, op] : llvm::enumerate(schemes)) {
    if (i >= ranges.size())
      return op.emitError(
          "has a static scheme, but calibration found no range for it");
    double low = std::min(0.0, ranges[i].low),
           high = std::max(0.0, ranges[i].high);
    if (!std::isfinite(low) || !std::isfinite(high))
      return op.emitError(
          "has activations that are not finite in the calibration data");
    // Codes -128 .. 127; a range of zero keeps the scale 1.
    float scale = high > low ? static_cast<float>((high - low) / 255) : 1.0f;
    int64_t zeroPoint = std::lrint(-128 - low / scale);
    op->setAttr("qnt.scale", b.getF32FloatAttr(scale));
    op->setAttr("qnt.zero_point",
                b.getI8IntegerAttr(std::clamp<int64_t>(zeroPoint, -128, 127)));
    if (ranges[i].clipped)
      op->setAttr("qnt.clipped", b.getF64FloatAttr(*ranges[i].clipped));
  }
  return success();
}
