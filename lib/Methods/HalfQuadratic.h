//===- HalfQuadratic.h - the shrinkage of 'hqq' -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The closed form of one half of the half-quadratic steps. Private to
// lib/Methods.

#ifndef QUANTC_LIB_METHODS_HALFQUADRATIC_H
#define QUANTC_LIB_METHODS_HALFQUADRATIC_H

namespace quantc::methods {

/// The power p of the errors that `hqq` makes small.
inline constexpr double kErrorPower = 0.7;

/// sign(x) max(|x| - |x|^(p-1) / beta, 0), p = 0.7: the part of an error that
/// is taken for an outlier (Badri and Shaji, Half-Quadratic Quantization,
/// 2023). `power` is |x|^p; it is at hand where the objective is summed.
double shrinkError(double x, double power, double beta);

} // namespace quantc::methods

#endif // QUANTC_LIB_METHODS_HALFQUADRATIC_H
