//===- PackedWeight.h - one weight in packed form ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The parameters that a weight becomes, and how matrices of signs become some.
// Internal to Quantize; chooses no code.

#ifndef QUANTC_LIB_QUANTIZE_PACKEDWEIGHT_H
#define QUANTC_LIB_QUANTIZE_PACKEDWEIGHT_H

#include "BranchPlan.h"
#include "QuantizedData.h"
#include "WeightError.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Methods/BinaryMatrix.h"
#include <optional>

namespace quantc {

/// A weight in packed form.
struct PackedWeight {
  nn::ParamOp codes, scales;
  nn::ParamOp unit;                 // of scales of 8 bits
  nn::ParamOp zeroPoints;           // null when the scheme has none
  nn::ParamOp sums;                 // null unless asked for
  nn::ParamOp codebook;             // null unless the codes are indices
  nn::ParamOp columnScales;         // null unless a method chose some
  BranchHalves branch;              // null unless the weight has one
  std::optional<WeightError> error; // of the codes that were chosen here
  std::vector<double> planeSqnr;    // in decibels, of each width of planes
};

inline mlir::Value resultOf(nn::ParamOp param) {
  return param ? param.getResult() : mlir::Value();
}

template <typename T>
llvm::ArrayRef<uint8_t> asBytes(const std::vector<T> &values) {
  return {reinterpret_cast<const uint8_t *>(values.data()),
          values.size() * sizeof(T)};
}

/// Signs of 1 bit, or indices of a codebook, in panels, and what goes with
/// them, as parameters named after `param`. `scheme` is that of the weight;
/// what is stored lies [N, K]. `withSums`: also what a row of ones would give.
llvm::Expected<PackedWeight>
storeSigns(QuantizedData &data, mlir::IRRewriter &rewriter, nn::ParamOp param,
           qnt::SchemeAttr scheme, const BinaryMatrix &matrix, bool withSums);

/// Codes in planes with the scales of each width of `scheme`, fitted to
/// `weights`, which are empty where only sizes matter; `parent` is what a
/// method gave. Otherwise as storeSigns. Errors of slicePlanes.
llvm::Expected<PackedWeight>
storePlanes(QuantizedData &data, mlir::IRRewriter &rewriter, nn::ParamOp param,
            qnt::SchemeAttr scheme, MatrixRef weights,
            const QuantizedMatrix &parent, bool withSums);

/// `value` times a vector along its last dimension; `value` where `scales` is
/// null.
mlir::Value scaleColumns(mlir::IRRewriter &rewriter, mlir::Value value,
                         nn::ParamOp scales);

} // namespace quantc

#endif // QUANTC_LIB_QUANTIZE_PACKEDWEIGHT_H
