//===- Registration.h - what every tool of quantc knows -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One place that names every dialect, pass and pipeline, so that the tools
// agree.

#ifndef QUANTC_PIPELINE_REGISTRATION_H
#define QUANTC_PIPELINE_REGISTRATION_H

#include "mlir/IR/DialectRegistry.h"

namespace quantc {
/// The dialects that quantc compiles with, and the interfaces that its passes
/// need on them.
void registerDialects(mlir::DialectRegistry &registry);

/// Every pass, phase and pipeline of quantc, for tools that take them by name.
void registerPasses();
} // namespace quantc

#endif // QUANTC_PIPELINE_REGISTRATION_H
