//===- Rotation.h - a class of features in another basis --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Puts transforms on the constants of a class. Internal to the phase Transform.

#ifndef QUANTC_LIB_TRANSFORM_ROTATION_H
#define QUANTC_LIB_TRANSFORM_ROTATION_H

#include "quantc/Transform/FeatureAxes.h"

namespace quantc {

/// How often a pass rotated.
struct RotationCount {
  int64_t classes = 0, weights = 0;
};

/// Rotates every class that may be rotated and is split as `isSplit` says,
/// unless it has been rotated before. Class number i gets the seed `seed + i`.
RotationCount rotateClasses(mlir::func::FuncOp function, bool isSplit,
                            uint64_t seed);

} // namespace quantc

#endif // QUANTC_LIB_TRANSFORM_ROTATION_H
