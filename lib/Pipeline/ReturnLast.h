//===- ReturnLast.h - functions cut off behind values ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What is observed must be computed, and what comes after it need not be. Puts
// no observer anywhere.

#ifndef QUANTC_LIB_PIPELINE_RETURNLAST_H
#define QUANTC_LIB_PIPELINE_RETURNLAST_H

#include "mlir/IR/Value.h"

namespace quantc {

/// Lets the function of `values`, in the order in which they are computed,
/// return those that no later one depends on, and nothing else. There is at
/// least one.
void returnLast(llvm::ArrayRef<mlir::Value> values);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_RETURNLAST_H
