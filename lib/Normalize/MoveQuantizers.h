//===- MoveQuantizers.h - transposes around codes ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Patterns by which transposes pass quantize and dequantize. For
// NormalizeImageLayout.cpp.

#ifndef QUANTC_LIB_NORMALIZE_MOVEQUANTIZERS_H
#define QUANTC_LIB_NORMALIZE_MOVEQUANTIZERS_H

#include "mlir/IR/PatternMatch.h"

namespace quantc::normalize {

/// Transposes to NCHW move down through quantize and dequantize; transposes to
/// NHWC move up through a dequantize, and so do all transposes of dequantized
/// constants, and reshapes that keep the channels. Meets
/// populateSinkTransposePatterns.
void populateMoveQuantizerPatterns(mlir::RewritePatternSet &patterns);

} // namespace quantc::normalize

#endif // QUANTC_LIB_NORMALIZE_MOVEQUANTIZERS_H
