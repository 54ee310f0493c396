//===- Pipeline.h - the phases of the compiler -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The road of a model from import to code as one table.

#ifndef QUANTC_PIPELINE_PIPELINE_H
#define QUANTC_PIPELINE_PIPELINE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/Error.h"

namespace quantc {
class Recipe;

/// What the phases of one compilation share.
struct PhaseOptions {
  const Recipe *recipe = nullptr; ///< what the user asked for
  std::string workFile;           ///< where quantized constants are written
  bool sizesOnly = false;         ///< no numbers: only sizes are wanted
  std::string
      reproducer; ///< file for the IR before a fault of quantc, or empty
};

/// One phase: IR in, IR out, and what holds afterwards.
struct Phase {
  llvm::StringLiteral name;
  llvm::StringLiteral dialects; ///< alive afterwards
  void (*build)(mlir::OpPassManager &pm, const PhaseOptions &options);
  mlir::LogicalResult (*check)(mlir::ModuleOp module);
  ErrorKind faultOfPasses; ///< whose fault it is when a pass fails
  ErrorKind faultOfCheck;  ///< and when passes leave something undone
};

/// The phases in their order, from "import" to "lower". Import has nothing to
/// build: it makes the module.
llvm::ArrayRef<Phase> allPhases();

/// Position of the phase called `name`. ErrorKind::Usage, with near names, when
/// there is none.
llvm::Expected<unsigned> findPhase(llvm::StringRef name);

/// Called after each phase with its number (from 1), its name and the module.
using PhaseCallback = llvm::function_ref<llvm::Error(
    unsigned number, const Phase &phase, mlir::ModuleOp module)>;

/// Runs the phases from `first` to `last`, both included, each with its
/// contract check. Errors carry the diagnostics of the phase that failed.
llvm::Error runPhases(mlir::ModuleOp module, unsigned first, unsigned last,
                      const PhaseOptions &options, PhaseCallback afterPhase);

/// Registers each phase as a pipeline of its own name, with default options,
/// and the generation of code as `lower-code-` with the name of the level.
void registerPhasePipelines();

} // namespace quantc

#endif // QUANTC_PIPELINE_PIPELINE_H
