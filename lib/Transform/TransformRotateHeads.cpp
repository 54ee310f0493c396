//===- TransformRotateHeads.cpp - rotated heads of attention -----*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Heads are classes whose features are moved apart in blocks.

#include "Rotation.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Transform/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_TRANSFORMROTATEHEADS
#include "quantc/Transform/Passes.h.inc"
} // namespace quantc

namespace {
struct TransformRotateHeads
    : quantc::impl::TransformRotateHeadsBase<TransformRotateHeads> {
  using Base::Base;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.getBody().hasOneBlock())
        continue;
      auto count = quantc::rotateClasses(function, /*isSplit=*/true, seed);
      rotated += count.classes;
      weights += count.weights;
    }
  }
};
} // namespace
