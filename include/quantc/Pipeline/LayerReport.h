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
#include "quantc/Report/Report.h"

namespace quantc {

/// Replaces the layers of `report` by the products of `module`, as the phase
/// Assign leaves it: schemes, reasons, and the bytes that they will take.
void describeLayers(mlir::ModuleOp module, CompileReport &report);

} // namespace quantc

#endif // QUANTC_PIPELINE_LAYERREPORT_H
