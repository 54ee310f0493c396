//===- Norms.h - layer norm and RMS norm ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Norms over the dimensions from an axis on, for the operators that contain
// one.

#ifndef QUANTC_LIB_IMPORT_ONNX_NORMS_H
#define QUANTC_LIB_IMPORT_ONNX_NORMS_H

#include "Shaping.h"

namespace quantc::importer {

/// nn.rms_norm, or nn.layer_norm with an optional `beta`, of `x` over
/// dimensions `axis` to the last. Several dimensions are seen as one. Null with
/// a problem.
mlir::Value rmsNorm(NodeView &n, mlir::Value x, mlir::Value gamma, int64_t axis,
                    float epsilon);
mlir::Value layerNorm(NodeView &n, mlir::Value x, mlir::Value gamma,
                      mlir::Value beta, int64_t axis, float epsilon);

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_NORMS_H
