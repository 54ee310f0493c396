//===- QuantizeSigns.h - products of signs -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Products whose weight and activation the model has as binary codes become
// products of words. For QuantizeWeights.cpp.

#ifndef QUANTC_LIB_QUANTIZE_QUANTIZESIGNS_H
#define QUANTC_LIB_QUANTIZE_QUANTIZESIGNS_H

#include "QuantizedData.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Dialect/Qnt/ConstantCodes.h"

namespace quantc {

/// True for a weight that Assign found to be signs times signs.
bool isBinary(qnt::AssignOp weight);

/// Replaces a product, before which `rewriter` stands. ErrorKind::BadModel or
/// IO when its weight cannot be read or written.
llvm::Error quantizeSigns(nn::MatMulOp op, qnt::AssignOp weight,
                          QuantizedData &data, qnt::DataReader &reader,
                          mlir::IRRewriter &rewriter);
llvm::Error quantizeSigns(nn::ConvOp op, qnt::AssignOp weight,
                          QuantizedData &data, qnt::DataReader &reader,
                          mlir::IRRewriter &rewriter);

} // namespace quantc

#endif // QUANTC_LIB_QUANTIZE_QUANTIZESIGNS_H
