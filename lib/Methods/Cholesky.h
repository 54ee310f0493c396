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

namespace quantc::methods {

/// Replaces the lower triangle of the row-major `a` [n, n] by the lower
/// triangular L with `L L^T = a`; what is above the diagonal is not looked at.
/// False, with `a` destroyed, unless every pivot is positive and finite. The
/// result does not depend on the number of threads.
bool factorCholesky(llvm::MutableArrayRef<double> a, int64_t n);

} // namespace quantc::methods

#endif // QUANTC_LIB_METHODS_CHOLESKY_H
