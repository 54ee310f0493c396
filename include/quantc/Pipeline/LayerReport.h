//===- LayerReport.h - the layers of a model for the report -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads from IR what the report says of each product.

#ifndef QUANTC_PIPELINE_LAYERREPORT_H
#define QUANTC_PIPELINE_LAYERREPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Emit/Signature.h"
#include "quantc/Report/Report.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// Replaces the layers of `report` by the products of `module`, as the phase
/// Assign leaves it: schemes and reasons.
void describeLayers(mlir::ModuleOp module, CompileReport &report);

/// Adds to the layers of `report` the error of each weight that the phase
/// Quantize chose codes for.
void describeErrors(mlir::ModuleOp module, CompileReport &report);

/// Adds to the layers of `report` how the numbers of their weights are
/// distributed, before and after transforms. For `module` as the phase Assign
/// leaves it. ErrorKind::IO or BadModel when numbers cannot be read.
llvm::Error describeNumbers(mlir::ModuleOp module, CompileReport &report);

/// Adds to the layers of `report` the share of their inputs that calibration
/// left outside of static ranges. For `module` as the phase Assign leaves it.
void describeClipping(mlir::ModuleOp module, CompileReport &report);

/// Adds to the layers of `report` what the phase Select decided: the kernel of
/// each, and the bytes of its weights as they are stored.
void describeKernels(mlir::ModuleOp module, CompileReport &report);

/// Fills in the working memory of the entries of `signature`, from the sizes
/// functions that the phase Lower leaves in `module`. Dynamic sizes count as 1,
/// caches as empty; an entry that such sizes do not fit is left out.
void describeMemory(mlir::ModuleOp module, const ModelSignature &signature,
                    CompileReport &report);

} // namespace quantc

#endif // QUANTC_PIPELINE_LAYERREPORT_H
