//===- QuantizeConstants.h - codes of constants -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Models of quantization-aware training come with weights in floating point and
// a quantizer behind them. Its codes are computed here.

#ifndef QUANTC_LIB_NORMALIZE_QUANTIZECONSTANTS_H
#define QUANTC_LIB_NORMALIZE_QUANTIZECONSTANTS_H

#include "mlir/IR/PatternMatch.h"

namespace quantc::normalize {

void populateQuantizeConstantPatterns(mlir::RewritePatternSet &patterns);

} // namespace quantc::normalize

#endif // QUANTC_LIB_NORMALIZE_QUANTIZECONSTANTS_H
