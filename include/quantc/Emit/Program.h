//===- Program.h - the constant that describes a compiled model -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Builds the symbol qc_the_program of quantc-c/program.h as LLVM IR.

#ifndef QUANTC_EMIT_PROGRAM_H
#define QUANTC_EMIT_PROGRAM_H

#include "quantc/Emit/DeviceCode.h"
#include "quantc/Emit/ObjectCode.h"
#include "quantc/Emit/Signature.h"
#include "quantc/Emit/WeightsFile.h"

namespace quantc {

/// What the program knows of its weights.
struct WeightsReference {
  StoredWeights stored;
  std::string fileName; ///< beside the library; empty when there is none
  llvm::ArrayRef<uint8_t> embedded; ///< the data section, or empty
};

/// A module that defines qc_the_program and refers to the entry points of every
/// level, and holds the kernels of GPUs, ascending, if there are any.
std::unique_ptr<llvm::Module>
buildProgram(llvm::LLVMContext &context, const ModelSignature &signature,
             llvm::ArrayRef<Level> levels, const WeightsReference &weights,
             llvm::ArrayRef<DeviceImage> images = {});

} // namespace quantc

#endif // QUANTC_EMIT_PROGRAM_H
