//===- CausalMask.h - recognises causal masks -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Recognises additive masks that show a query the keys up to its own position.

#ifndef QUANTC_LIB_NORMALIZE_CAUSALMASK_H
#define QUANTC_LIB_NORMALIZE_CAUSALMASK_H

#include "Match.h"
#include "SymbolicSizes.h"

namespace quantc::normalize {

/// True when `mask`, as seen from positions [B, H, query, key], is 0 where
/// key <= query + past and lower than any score elsewhere.
bool isCausalMask(Term mask, const SymbolicSize &past);

} // namespace quantc::normalize

#endif // QUANTC_LIB_NORMALIZE_CAUSALMASK_H
