//===- TransformRotateStream.cpp - rotated residual streams -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Streams are the classes whose features all lie side by side.

#include "Rotation.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Transform/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_TRANSFORMROTATESTREAM
#include "quantc/Transform/Passes.h.inc"
} // namespace quantc

namespace {
struct TransformRotateStream
    : quantc::impl::TransformRotateStreamBase<TransformRotateStream> {
  using Base::Base;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.getBody().hasOneBlock())
        continue;
      auto count = quantc::rotateClasses(function, /*isSplit=*/false, seed);
      rotated += count.classes;
      weights += count.weights;
    }
  }
};
} // namespace
