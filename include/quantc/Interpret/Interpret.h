//===- Interpret.h - executes nn and qnt without lowering -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The oracle: slow and obvious. What it computes for the products of `qnt` and
// the quantizers before them is what every kernel must equal, bit for bit.

#ifndef QUANTC_INTERPRET_INTERPRET_H
#define QUANTC_INTERPRET_INTERPRET_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Dialect/Qnt/DataReader.h"
#include "quantc/Interpret/Tensor.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace quantc {

/// Called after each operation with its results.
using ResultCallback = llvm::function_ref<void(mlir::Operation *op,
                                               llvm::ArrayRef<Tensor> results)>;

/// Runs `function` on `inputs`, which have the types of its arguments, and
/// returns what it returns. IR of the phases Import to Fuse can be run.
/// `reader` finds the bytes of constants. Problems are diagnostics at the
/// operation: one that has no evaluator, sizes that do not fit, an index
/// outside a table. `precision`: the bits that weights of planes are read at;
/// 0: all of them.
///
/// Integer sums are exact. The fp32 end of a product has the order that its
/// definition gives. Everything else is computed in double precision and
/// rounded once, but for sums of float products and of pooling, which are in
/// fp32 in ascending order as their kernels take them.
mlir::FailureOr<std::vector<Tensor>> interpret(mlir::func::FuncOp function,
                                               llvm::ArrayRef<Tensor> inputs,
                                               qnt::DataReader &reader,
                                               ResultCallback afterOp = nullptr,
                                               int64_t precision = 0);

/// Gives every float inside `function` the type f64, so that interpret computes
/// without rounding to fp32; constants keep the numbers that they have. The
/// result can be interpreted and nothing else: operations do not allow f64.
void widenToDouble(mlir::func::FuncOp function);

/// Names of the operations that have an evaluator, sorted.
std::vector<llvm::StringRef> interpretedOps();

} // namespace quantc

#endif // QUANTC_INTERPRET_INTERPRET_H
