//===- RuntimeCalls.h - calls of the runtime from kernels -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The functions of include/quantc-c/program.h that kernels call.

#ifndef QUANTC_LIB_LOWER_CPU_RUNTIMECALLS_H
#define QUANTC_LIB_LOWER_CPU_RUNTIMECALLS_H

#include "KernelBuilder.h"

namespace quantc {

/// qc_rt_report: a fault in the values of an input. The function is declared in
/// the module of `op`.
void callReport(KernelBuilder &b, mlir::Operation *op, int32_t code,
                mlir::Value value);

/// qc_rt_precision: the bits that weights of planes are read at, i32.
mlir::Value callPrecision(KernelBuilder &b, mlir::Operation *op);

/// qc_rt_observe_rows: hands the rows of an fp32 memref without gaps to
/// observer `id`.
void callObserveRows(KernelBuilder &b, mlir::Operation *op, int64_t id,
                     mlir::Value memref);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_RUNTIMECALLS_H
