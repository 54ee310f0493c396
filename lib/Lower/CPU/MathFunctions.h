//===- MathFunctions.h - elementary functions as arithmetic -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Elementary functions on f32 scalars and vectors, written out as additions,
// multiplications, explicit fma and integer operations. Every instruction set
// rounds these alike, so a function gives the same bits everywhere, which that
// of a mathematics library does not. Infinities, NaN, denormals and signed
// zeros are as in C. The comments give the largest error that the test accepts
// (test/Lower/CPU/math.test), in units in the last place of the exact result.

#ifndef QUANTC_LIB_LOWER_CPU_MATHFUNCTIONS_H
#define QUANTC_LIB_LOWER_CPU_MATHFUNCTIONS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Operation.h"

namespace quantc {

mlir::Value emitExp(mlir::ImplicitLocOpBuilder &b, mlir::Value x);   // 1 ulp
mlir::Value emitExp2(mlir::ImplicitLocOpBuilder &b, mlir::Value x);  // 1 ulp
mlir::Value emitExpM1(mlir::ImplicitLocOpBuilder &b, mlir::Value x); // 2 ulp
mlir::Value emitLog(mlir::ImplicitLocOpBuilder &b, mlir::Value x);   // 1 ulp
mlir::Value emitLog2(mlir::ImplicitLocOpBuilder &b, mlir::Value x);  // 2 ulp
mlir::Value emitLog10(mlir::ImplicitLocOpBuilder &b, mlir::Value x); // 4 ulp
mlir::Value emitLog1p(mlir::ImplicitLocOpBuilder &b, mlir::Value x); // 3 ulp
mlir::Value emitErf(mlir::ImplicitLocOpBuilder &b, mlir::Value x);   // 1 ulp
mlir::Value emitTanh(mlir::ImplicitLocOpBuilder &b, mlir::Value x);  // 2 ulp
/// 1 / sqrt(x), rounded twice.
mlir::Value emitRsqrt(mlir::ImplicitLocOpBuilder &b, mlir::Value x); // 2 ulp

/// Sine and cosine: 2 ulp for |x| <= 2^48; beyond that some number in [-1, 1].
mlir::Value emitSin(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitCos(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitAtan(mlir::ImplicitLocOpBuilder &b, mlir::Value x); // 2 ulp

/// x to the power of y: 1 ulp.
mlir::Value emitPow(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                    mlir::Value y);

/// The remainder of x / y with the sign of x: exact.
mlir::Value emitRem(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                    mlir::Value y);
/// Integers, modulo 2^bits; for a negative exponent 1 / x^|n| towards zero.
mlir::Value emitIPow(mlir::ImplicitLocOpBuilder &b, mlir::Value x,
                     mlir::Value n);

/// To an integer, exact: towards zero, and the nearest with ties to even. (The
/// portable x86-64 has no instruction for these.)
mlir::Value emitTrunc(mlir::ImplicitLocOpBuilder &b, mlir::Value x);
mlir::Value emitRoundEven(mlir::ImplicitLocOpBuilder &b, mlir::Value x);

/// Whether an operation would become a call of a library if it were left alone,
/// so that emitMathOp must see to it.
bool needsMathExpansion(mlir::Operation *op);

/// Emits what the operation `op` computes, of the math dialect or arith.remf,
/// for `operands`: f32 (or integer) scalars, or vectors of one size. Fails,
/// with an error at `op`, for an operation without an expansion.
mlir::FailureOr<mlir::Value> emitMathOp(mlir::ImplicitLocOpBuilder &b,
                                        mlir::Operation *op,
                                        mlir::ValueRange operands);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_MATHFUNCTIONS_H
