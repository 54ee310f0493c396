//===- Reproducer.h - how to repeat a fault of quantc -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes the IR that a step could not handle. What the model or the recipe is
// to blame for needs none. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_REPRODUCER_H
#define QUANTC_LIB_PIPELINE_REPRODUCER_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// `module` as text with the names of the model's nodes, which parses again.
std::string printModule(mlir::ModuleOp module);

/// An error of kind Internal gets a last line: `before`, the IR that the step
/// started from, was written to `path`, and `command` followed by that path
/// repeats what happened. Other errors, and all when `path` is empty, stay as
/// they are.
llvm::Error addReproducer(llvm::Error error, mlir::ModuleOp before,
                          llvm::StringRef path, llvm::StringRef command);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_REPRODUCER_H
