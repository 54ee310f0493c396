//===- Cholesky.h - triangular factors --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The factor of a symmetric positive definite matrix. Private to lib/Methods.

#ifndef QUANTC_LIB_METHODS_CHOLESKY_H
#define QUANTC_LIB_METHODS_CHOLESKY_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace quantc::methods {

/// Replaces the lower triangle of the row-major `a` [n, n] by the lower
/// triangular L with `L L^T = a`; what is above the diagonal is not looked at.
/// False, with `a` destroyed, unless every pivot is positive and finite. The
/// result does not depend on the number of threads.
bool factorCholesky(llvm::MutableArrayRef<double> a, int64_t n);

/// The rows and columns `first` to `first + n` of a matrix with rows of
/// `stride`, as (I + N) diag(pivots) (I + N)^T with N strictly upper
/// triangular: N_ik goes to feedback[k * n + i]. False when there are none.
bool factorForm(llvm::ArrayRef<float> matrix, int64_t stride, int64_t first,
                int64_t n, std::vector<float> &feedback,
                std::vector<float> &pivots);

} // namespace quantc::methods

#endif // QUANTC_LIB_METHODS_CHOLESKY_H
