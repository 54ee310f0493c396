//===- Codegen.h - object code of every level -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From the lowered module to the objects of an artifact. Internal to Pipeline,
// because it joins the phase Lower with Emit.

#ifndef QUANTC_LIB_PIPELINE_CODEGEN_H
#define QUANTC_LIB_PIPELINE_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Emit/DeviceCode.h"
#include "quantc/Emit/ObjectCode.h"
#include "quantc/Support/Progress.h"

namespace quantc {

/// What a library is made of.
struct GeneratedCode {
  std::vector<llvm::SmallString<0>> objects; ///< one for each level
  std::vector<DeviceImage> images; ///< kernels of GPUs, the best last, if any
  std::vector<std::string> warnings;
};

/// The code of all levels. `module` holds buffers and kernels, as the phase
/// Lower leaves it; it is not changed. `keepDir`, unless empty, gets the
/// lowered IR of each level; `reproducer`, unless empty, is the file that gets
/// what could not be lowered.
llvm::Expected<GeneratedCode> generateCode(mlir::ModuleOp module,
                                           llvm::ArrayRef<Level> levels,
                                           llvm::StringRef keepDir,
                                           llvm::StringRef reproducer,
                                           ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_CODEGEN_H
