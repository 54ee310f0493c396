//===- TransformReport.h - feature axes for the report ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What Transform can do with a model, and what it was asked for in vain.

#ifndef QUANTC_LIB_PIPELINE_TRANSFORMREPORT_H
#define QUANTC_LIB_PIPELINE_TRANSFORMREPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Report/Report.h"

namespace quantc {

/// Adds the feature axes of `module`, as the phase Normalize leaves it, to
/// `report`; classes that differ in nothing but their place are counted.
void describeFeatureAxes(mlir::ModuleOp module, CompileReport &report);

/// Adds a warning to `report` for each rotation that the recipe asks for and
/// that `module`, as Normalize leaves it, does not allow.
void warnOfRotations(mlir::ModuleOp module, const TransformChoice &choice,
                     CompileReport &report);

/// Adds to `report`, of `module` as the phase Transform leaves it, a warning
/// when no channels are split, and with `explain` which are, and why others are
/// not.
void describeSplits(mlir::ModuleOp module, bool explain, CompileReport &report);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_TRANSFORMREPORT_H
