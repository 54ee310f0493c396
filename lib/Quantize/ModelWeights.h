//===- ModelWeights.h - weights that came quantized -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The codes of a quantized model as the matrix that kernels multiply by.
// Internal to the phase Quantize.

#ifndef QUANTC_LIB_QUANTIZE_MODELWEIGHTS_H
#define QUANTC_LIB_QUANTIZE_MODELWEIGHTS_H

#include "quantc/Dialect/Qnt/ConstantCodes.h"
#include "quantc/Methods/GroupScheme.h"

namespace quantc {

/// The matrix [n, k] of codes behind `weight`, which is [k, n] when
/// `isTransposed` and otherwise has n in front. Codes, scales and zero points
/// are the model's own; `stored` says how the matrix is cut into groups.
/// ErrorKind::BadModel or IO when they cannot be read.
llvm::Expected<QuantizedMatrix> readModelMatrix(qnt::DequantizeOp weight,
                                                qnt::SchemeAttr stored,
                                                qnt::DataReader &reader,
                                                int64_t n, int64_t k,
                                                bool isTransposed);

/// The codes of a [N, K] matrix in blocks along K, as MatMulNBits has them, one
/// code a byte. No code lies in two bytes.
std::vector<uint8_t> unpackBlocks(llvm::ArrayRef<uint8_t> bytes,
                                  qnt::PackedType type);

/// Signs `[n, k]`, 0 or 1 each, and a scale a row.
struct SignMatrix {
  std::vector<uint8_t> codes;
  std::vector<float> scales;
};

/// The signs of a binary weight, whose scales do not lie along k.
llvm::Expected<SignMatrix> readModelSigns(qnt::DequantizeOp weight,
                                          qnt::DataReader &reader, int64_t n,
                                          int64_t k, bool isTransposed);

} // namespace quantc

#endif // QUANTC_LIB_QUANTIZE_MODELWEIGHTS_H
