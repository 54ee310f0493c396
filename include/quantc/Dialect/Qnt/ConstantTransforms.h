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

namespace quantc::qnt {

/// The sign of element `i`: +1 or -1. See the definition of qnt.transform.
double signOf(uint64_t seed, uint64_t i);

/// The largest block of a hadamard transform that divides `size`; 1 when there
/// is none but the trivial one.
int64_t largestHadamardBlock(int64_t size);

/// Applies `op` to the elements of its input, row-major; `by` are the numbers
/// that it scales by. ErrorKind::Unsupported when no Hadamard matrix of its
/// order is known. The result does not depend on the number of threads.
llvm::Error applyTransform(TransformOp op, llvm::ArrayRef<double> by,
                           llvm::MutableArrayRef<double> numbers);

/// The elements of a floating-point parameter, or of transforms of one, in
/// fp64. ErrorKind::BadModel or IO when they cannot be read, else as
/// applyTransform.
llvm::Expected<std::vector<double>> readNumbers(mlir::Value value,
                                                DataReader &reader);

/// The same rounded to fp32, once.
llvm::Expected<std::vector<float>> readRounded(mlir::Value value,
                                               DataReader &reader);

} // namespace quantc::qnt

#endif // QUANTC_DIALECT_QNT_CONSTANTTRANSFORMS_H
