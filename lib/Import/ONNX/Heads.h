//===- Heads.h - hidden dimensions as attention heads -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Attention and rotary embedding take [B, T, heads * size] or [B, heads, T,
// size]; the nn operations take the latter.

#ifndef QUANTC_LIB_IMPORT_ONNX_HEADS_H
#define QUANTC_LIB_IMPORT_ONNX_HEADS_H

#include "Shaping.h"

namespace quantc::importer {

/// [B, T, heads * size] to [B, heads, T, size]; null with a problem when the
/// last dimension is no multiple of the heads.
mlir::Value splitHeads(NodeView &n, mlir::Value x, int64_t heads);
/// [B, heads, T, size] to [B, T, heads * size].
mlir::Value mergeHeads(NodeView &n, mlir::Value x);

/// `fresh` behind `past` along the tokens of [B, heads, T, size]; `fresh`
/// itself without a past.
mlir::Value appendTokens(NodeView &n, mlir::Value past, mlir::Value fresh);

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_HEADS_H
