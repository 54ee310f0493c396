//===- SinkTransposes.h - moves transposes towards the results -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Patterns for images: transposes from NHWC to NCHW move past operations that
// do not care about the order of dimensions.

#ifndef QUANTC_LIB_NORMALIZE_SINKTRANSPOSES_H
#define QUANTC_LIB_NORMALIZE_SINKTRANSPOSES_H

#include "mlir/IR/PatternMatch.h"

namespace quantc::normalize {

void populateSinkTransposePatterns(mlir::RewritePatternSet &patterns);

} // namespace quantc::normalize

#endif // QUANTC_LIB_NORMALIZE_SINKTRANSPOSES_H
