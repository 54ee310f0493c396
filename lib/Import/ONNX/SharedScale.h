//===- SharedScale.h - scales that broadcast ---------------------*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The quantizers of QONNX take scales and zero points that broadcast to the
// quantized tensor. `qnt` knows one for all and one for each index of one
// dimension; what is neither is computed as floating-point arithmetic.

#ifndef QUANTC_LIB_IMPORT_ONNX_SHAREDSCALE_H
#define QUANTC_LIB_IMPORT_ONNX_SHAREDSCALE_H

#include "Codes.h"

namespace quantc::importer {

/// Which elements of a tensor of sizes `data` share an element of one of sizes
/// `scale` that broadcasts to it; nullopt when no Sharing says it.
std::optional<Sharing> sharingOf(llvm::ArrayRef<Size> data,
                                 llvm::ArrayRef<Size> scale);

/// Input `i` as `qnt` wants scales: a scalar or a vector. Null with a problem.
mlir::Value sharedScale(NodeView &n, unsigned i, const Sharing &sharing);

/// The attribute `rounding_mode` of QONNX; nullopt with a problem.
std::optional<qnt::RoundingMode> roundingMode(NodeView &n,
                                              llvm::StringRef fallback);

/// Both operations, from input 0 to output 0; `options` are attributes of the
/// quantize operation.
struct QuantizerParts {
  mlir::Value input, scale, zeroPoint; ///< no zero point: null
  qnt::SchemeAttr scheme;
  llvm::SmallVector<mlir::NamedAttribute> options;
};
mlir::LogicalResult quantizeAndBack(NodeView &n, const QuantizerParts &parts);

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_SHAREDSCALE_H
