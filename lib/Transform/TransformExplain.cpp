//===- TransformExplain.cpp - remarks on feature axes -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Shows what the analysis found.

#include "quantc/Transform/FeatureAxes.h"
#include "quantc/Transform/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_TRANSFORMEXPLAIN
#include "quantc/Transform/Passes.h.inc"
} // namespace quantc

using namespace quantc;

static void remarkOn(const FeatureClass &features, func::FuncOp function) {
  Operation *at = features.obstacle ? features.obstacle
                  : !features.writers.empty()
                      ? features.writers.front().operand->getOwner()
                      : function.getOperation();
  auto said = at->emitRemark() << features.size << " features";
  if (features.isSplit())
    said << " in blocks of " << features.block;
  if (features.isRotatable())
    said << " can be rotated: " << features.writers.size() << " writers, "
         << features.readers.size() << " readers, " << features.norms.size()
         << " norms" << (features.holdsCache ? ", held by a cache" : "");
  else
    said << " cannot be rotated: " << features.reason;
}

namespace {
struct TransformExplain : quantc::impl::TransformExplainBase<TransformExplain> {
  void runOnOperation() override {
    qnt::DataReader reader;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.getBody().hasOneBlock())
        continue;
      for (const FeatureClass &features : findFoldedClasses(function, reader)) {
        remarkOn(features, function);
        ++(features.isRotatable() ? rotatable : fixed);
      }
    }
    markAllAnalysesPreserved();
  }
};
} // namespace
