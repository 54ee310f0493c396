//===- HQQ.h - the shrinkage of the method 'hqq' ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What its test looks at. Private to lib/Methods.

#ifndef QUANTC_LIB_METHODS_HQQ_H
#define QUANTC_LIB_METHODS_HQQ_H

namespace quantc::methods {

/// sign(x) max(|x| - |x|^(p-1) / beta, 0) with p = 0.7: what minimizes
/// |e|^p + beta / 2 (e - x)^2 near enough (Badri and Shaji, Half-Quadratic
/// Quantization, 2023, equation 4).
float shrinkLp(float x, float beta);

} // namespace quantc::methods

#endif // QUANTC_LIB_METHODS_HQQ_H
