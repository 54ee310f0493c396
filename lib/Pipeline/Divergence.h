//===- Divergence.h - how far outputs are from those before -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// KL(softmax(y) || softmax(y')) of rows of outputs. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_DIVERGENCE_H
#define QUANTC_LIB_PIPELINE_DIVERGENCE_H

#include "quantc/Calibrate/Array.h"

namespace quantc {

/// Numbers of each row to logarithms of their softmax, in place.
void toLogProbabilities(Array &array);

/// Sum over rows of sum_c p (log p - log q), from the logarithms of both. The
/// same for any number of threads.
double sumDivergence(llvm::ArrayRef<float> p, llvm::ArrayRef<float> q,
                     int64_t columns);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_DIVERGENCE_H
