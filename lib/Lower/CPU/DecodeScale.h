//===- DecodeScale.h - scales of 8 bits -------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Positive numbers of E8M0 and E4M3 as fp32, exact. NaN, which no scale is, is
// not looked for.

#ifndef QUANTC_LIB_LOWER_CPU_DECODESCALE_H
#define QUANTC_LIB_LOWER_CPU_DECODESCALE_H

#include "KernelBuilder.h"

namespace quantc {

/// 2^(code - 127) of codes in i8.
mlir::Value emitFromE8M0(KernelBuilder &b, mlir::Value codes);

/// The numbers of codes of E4M3 in i8, without a sign.
mlir::Value emitFromE4M3(KernelBuilder &b, mlir::Value codes);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_DECODESCALE_H
