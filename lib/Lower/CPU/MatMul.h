//===- MatMul.h - generators of products ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Products by arithmetic. Convolutions use them on gathered rows.

#ifndef QUANTC_LIB_LOWER_CPU_MATMUL_H
#define QUANTC_LIB_LOWER_CPU_MATMUL_H

#include "Product.h"

namespace quantc {

/// Where the rows of a block are: row m of the product is row m - first of x.
struct RowSource {
  mlir::Value x, first;
};

/// Tiles of an fp32 product.
Blocking floatBlocking(const KernelBuilder &b, const Product &p);

/// One block of an fp32 product.
void emitFloatProduct(KernelBuilder &b, const Product &p, const WorkItem &block,
                      const Blocking &blocking, const RowSource &rows);

/// One block of a product of low-bit weights with fp32 activations.
void emitA16Product(KernelBuilder &b, const Product &p, const WorkItem &block,
                    const Blocking &blocking, const RowSource &rows);

/// Low-bit weights with fp32 activations.
void emitMatMulA16(KernelBuilder &b, const Product &p);

/// True where the magnitude of an input is above the threshold of `p`, or it is
/// NaN.
mlir::Value isAbove(KernelBuilder &b, const Product &p, mlir::Value x);

/// Low-bit weights in columns, of which those are read that a row of fp32
/// activations needs.
void emitMatMulSparse(KernelBuilder &b, const Product &p);

/// Low-bit weights with int8 activations and row scales.
void emitMatMulA8(KernelBuilder &b, const Product &p);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_MATMUL_H
