//===- TransformRotateInputs.cpp - rotations at run time --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// (x Q) (Q^T W) = x W: what a product reads is rotated when the model runs, its
// weight when it is quantized. For features that no constant can rotate.

#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Transform/FeatureAxes.h"
#include "quantc/Transform/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_TRANSFORMROTATEINPUTS
#include "quantc/Transform/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
struct TransformRotateInputs
    : quantc::impl::TransformRotateInputsBase<TransformRotateInputs> {
  using Base::Base;

  void runOnOperation() override {
    known.clear();
    qnt::DataReader reader;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.getBody().hasOneBlock())
        for (const FeatureClass &features : findFoldedClasses(function, reader))
          if (!features.isRotatable())
            for (const ConstantAxis &weight : features.readers)
              rotate(weight);
  }

private:
  /// Convolutions read more than one row.
  void rotate(const ConstantAxis &weight) {
    auto product = dyn_cast<nn::MatMulOp>(weight.operand->getOwner());
    if (!product || product.getLhs().getDefiningOp<qnt::RotateOp>())
      return;
    int64_t block =
        qnt::largestHadamardBlock(product.getLhs().getType().getShape().back());
    if (block == 1) {
      ++refused;
      return;
    }
    OpBuilder b(product);
    Value lhs = product.getLhs(), rhs = weight.operand->get();
    // One for all readers of a value.
    Value &rotated = known[lhs];
    if (!rotated) {
      b.setInsertionPointAfterValue(lhs);
      rotated = qnt::RotateOp::create(b, product.getLoc(), lhs.getType(), lhs,
                                      block, seed);
      b.setInsertionPoint(product);
      ++inserted;
    }
    product.getLhsMutable().set(rotated);
    weight.operand->set(qnt::TransformOp::create(
        b, rhs.getLoc(), rhs.getType(), qnt::TransformKind::Hadamard, rhs,
        Value(), weight.axis, block, seed, false, qnt::SchemeAttr()));
    ++weights;
  }

  llvm::DenseMap<Value, Value> known;
};
} // namespace
