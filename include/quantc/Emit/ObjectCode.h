//===- ObjectCode.h - object files from LLVM IR -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Optimizes LLVM IR for one instruction-set level and makes an object file of
// it in memory.

#ifndef QUANTC_EMIT_OBJECTCODE_H
#define QUANTC_EMIT_OBJECTCODE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// One instruction-set level that code is generated for.
struct Level {
  int32_t number; ///< as in quantc-c/program.h
  llvm::StringRef
      name;            ///< "generic", "v3", "v4", "cuda", "sim", "sim-backward"
  llvm::StringRef cpu; ///< LLVM's name of the processor
  llvm::StringRef features; ///< LLVM's features beyond the processor's
  llvm::StringRef gpu;      ///< LLVM's name of the GPU of "cuda", else empty
};

/// All levels, ascending.
llvm::ArrayRef<Level> allLevels();

/// The levels of a `--target`: "native" is the best level of this machine,
/// "generic", "x86-64-v3" and "x86-64-v4" hold that level and the lower ones,
/// "cuda:" and the name of a GPU holds its kernels and those of the first GPU,
/// "cuda-sim" and "cuda-sim-backward" hold GPU kernels that this machine's best
/// level runs thread by thread.
/// ErrorKind::Usage for another name.
llvm::Expected<llvm::SmallVector<Level>> levelsOfTarget(llvm::StringRef target);

/// Translates a lowered module. ErrorKind::Internal on failure.
llvm::Expected<std::unique_ptr<llvm::Module>>
toLLVMIR(mlir::ModuleOp module, llvm::LLVMContext &context);

/// Position-independent object code of `module` for `level`.
llvm::Expected<llvm::SmallString<0>> toObject(llvm::Module &module,
                                              const Level &level);

} // namespace quantc

#endif // QUANTC_EMIT_OBJECTCODE_H
