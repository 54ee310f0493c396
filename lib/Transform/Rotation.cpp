//===- Rotation.cpp - a class of features in another basis ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// h' = h Q. What writes h gets Q on its outputs; what reads it gets the same Q
// on its inputs, because Q is orthogonal: h' (W Q)^T = h W^T.

#include "Rotation.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"

using namespace mlir;
using namespace quantc;

/// True when a constant has taken a rotation of that axis in.
static bool isRotated(const ConstantAxis &constant) {
  Value value = constant.operand->get();
  while (auto transform = value.getDefiningOp<qnt::TransformOp>()) {
    if (transform.getKind() == qnt::TransformKind::Hadamard &&
        int64_t(transform.getAxis()) == constant.axis)
      return true;
    value = transform.getInput();
  }
  return false;
}

static void rotate(const ConstantAxis &constant, int64_t block, uint64_t seed) {
  OpBuilder b(constant.operand->getOwner());
  Value weight = constant.operand->get();
  constant.operand->set(qnt::TransformOp::create(
      b, weight.getLoc(), weight.getType(), qnt::TransformKind::Hadamard,
      weight, Value(), constant.axis, block, seed, false, qnt::SchemeAttr()));
}

RotationCount quantc::rotateClasses(func::FuncOp function, bool isSplit,
                                    uint64_t seed) {
  RotationCount count;
  qnt::DataReader reader;
  for (const FeatureClass &features : findClasses(function, reader)) {
    int64_t block = qnt::largestHadamardBlock(features.block);
    if (!features.isRotatable() || features.isSplit() != isSplit || block == 1)
      continue;
    auto all =
        llvm::concat<const ConstantAxis>(features.writers, features.readers);
    if (llvm::any_of(all, isRotated))
      continue;
    for (const ConstantAxis &constant : all) {
      rotate(constant, block, seed + count.classes);
      ++count.weights;
    }
    ++count.classes;
  }
  return count;
}
