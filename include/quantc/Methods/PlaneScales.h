//===- PlaneScales.h - scales of codes cut off others -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A method chooses the codes of the widest precision; those of fewer bits are
// their prefixes. What is left to choose for each width is its scales.

#ifndef QUANTC_METHODS_PLANESCALES_H
#define QUANTC_METHODS_PLANESCALES_H

#include "quantc/Methods/GroupScheme.h"

namespace quantc {

/// The matrix that `parent`, codes of 4 or 8 bits with the steps of planes, is
/// when it is read at `width` bits: `codes` are the bytes of planeSteps, and
/// the scale of a group is what makes the squared error of its weights least
/// with these steps d (least squares),
///
///   s = sum w d / sum d^2        in double, rounded to the type of scales,
///
/// or, where rounding makes that worse, the truncated grid of the parent,
/// its scale times the parents in a step, which groupsKeptAtRtn counts. At the
/// parent's own bits it is the parent. Without weights scales are 0.
/// ErrorKind::BadModel for a scale that its type cannot hold.
llvm::Expected<QuantizedMatrix>
slicePlanes(MatrixRef weights, const QuantizedMatrix &parent, unsigned width);

} // namespace quantc

#endif // QUANTC_METHODS_PLANESCALES_H
