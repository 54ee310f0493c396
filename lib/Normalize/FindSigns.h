//===- FindSigns.h - signs that are spelled out -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Binary networks in plain ONNX: comparisons with zero that choose between a
// number and its negative, and weights of one magnitude a channel.

#ifndef QUANTC_LIB_NORMALIZE_FINDSIGNS_H
#define QUANTC_LIB_NORMALIZE_FINDSIGNS_H

#include "mlir/IR/PatternMatch.h"

namespace quantc::normalize {

void populateFindSignPatterns(mlir::RewritePatternSet &patterns);

} // namespace quantc::normalize

#endif // QUANTC_LIB_NORMALIZE_FINDSIGNS_H
