//===- ModelSchemes.h - layers that came quantized --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which kernels can compute a product whose weight the model has as codes.
// For AssignRecipe.cpp; no number is read but zero points.

#ifndef QUANTC_LIB_ASSIGN_MODELSCHEMES_H
#define QUANTC_LIB_ASSIGN_MODELSCHEMES_H

#include "quantc/Dialect/Qnt/ConstantCodes.h"

namespace quantc {

/// One channel and one filter a group, images in NHWC.
bool isDepthwise(nn::ConvOp conv);

/// The schemes of a product with the codes that the model has.
struct ModelSchemes {
  /// Null when no kernel reads the codes: the product then runs on the numbers
  /// that they stand for.
  qnt::SchemeAttr weight;
  /// Null when the activation stays, or becomes, numbers.
  qnt::SchemeAttr activation;
  std::string reason; ///< why one of them is null
};

/// `product` is an nn.matmul or nn.conv, `weight` what its constant operand is
/// dequantized by. ErrorKind::BadModel or IO when zero points cannot be read.
llvm::Expected<ModelSchemes> chooseModelSchemes(mlir::Operation *product,
                                                qnt::DequantizeOp weight,
                                                qnt::DataReader &reader);

} // namespace quantc

#endif // QUANTC_LIB_ASSIGN_MODELSCHEMES_H
