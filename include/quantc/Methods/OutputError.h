//===- OutputError.h - errors of weights seen in outputs --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the codes of one matrix do to its outputs. Not to those of a model. No
// MLIR.

#ifndef QUANTC_METHODS_OUTPUTERROR_H
#define QUANTC_METHODS_OUTPUTERROR_H

#include "quantc/Methods/GroupScheme.h"

namespace quantc {

/// The squared error of the outputs relative to their squares, over the inputs
/// X of `weights.hessian`, X^T X: sum over rows of d H d^T / sum of w H w^T, d
/// = w - `other`, [rows, cols]. 0 where all outputs are 0. Products are fp32,
/// summed by row in double; the same for any number of threads.
double relativeOutputError(MatrixRef weights, llvm::ArrayRef<float> other);

} // namespace quantc

#endif // QUANTC_METHODS_OUTPUTERROR_H
