//===- SizeChecks.h - which sizes an entry can run with ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Conditions on the sizes of inputs under which no operation of an entry reads
// or writes outside its operands. Not about the values of inputs: kernels check
// indices themselves.

#ifndef QUANTC_LIB_LOWER_SIZECHECKS_H
#define QUANTC_LIB_LOWER_SIZECHECKS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>

namespace quantc {

/// `holds` (i1) must be true for a call; `text` says which operation needs it.
struct SizeCheck {
  mlir::Value holds;
  std::string text;
};

/// Creates the conditions of every operation of `function`, each beside its
/// operation. Conditions that hold for all sizes are left out where that is
/// plain from the types; folding finds the others.
llvm::SmallVector<SizeCheck> createSizeChecks(mlir::func::FuncOp function);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_SIZECHECKS_H
