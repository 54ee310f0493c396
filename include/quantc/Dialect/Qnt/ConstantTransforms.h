//===- ConstantTransforms.h - numbers of changed parameters -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Computes qnt.transform, for Quantize, which writes the result, and for
// Interpret, which defines it.

#ifndef QUANTC_DIALECT_QNT_CONSTANTTRANSFORMS_H
#define QUANTC_DIALECT_QNT_CONSTANTTRANSFORMS_H

#include "quantc/Dialect/Qnt/DataReader.h"
#include "quantc/Methods/GroupScheme.h"

namespace quantc {

/// The type of scales of products; two_level, which they do not take, is FP32.
ScaleType scaleTypeOf(qnt::ScaleKind scale);

/// The scheme of a weight as methods want it, groups along the reduction.
GroupScheme groupSchemeOf(qnt::SchemeAttr scheme);

} // namespace quantc

namespace quantc::qnt {

/// The sign of element `i`: +1 or -1. See the definition of qnt.transform.
double signOf(uint64_t seed, uint64_t i);

/// The largest block of a hadamard transform that divides `size`; 1 when there
/// is none but the trivial one.
int64_t largestHadamardBlock(int64_t size);

/// Makes of the elements of the input of `op`, row-major, those of its result;
/// `by` are the numbers that it scales by, or channels. ErrorKind::Unsupported
/// when no Hadamard matrix of its order is known, ErrorKind::BadModel for
/// channels that are not there or split twice. The result does not depend on
/// the number of threads.
llvm::Error applyTransform(TransformOp op, llvm::ArrayRef<double> by,
                           std::vector<double> &numbers);

/// The elements of a parameter of numbers or channels, or of transforms of one,
/// in fp64. ErrorKind::BadModel or IO when they cannot be read, else as
/// applyTransform.
llvm::Expected<std::vector<double>> readNumbers(mlir::Value value,
                                                DataReader &reader);

/// The same rounded to fp32, once.
llvm::Expected<std::vector<float>> readRounded(mlir::Value value,
                                               DataReader &reader);

} // namespace quantc::qnt

#endif // QUANTC_DIALECT_QNT_CONSTANTTRANSFORMS_H
