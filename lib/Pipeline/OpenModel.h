//===- OpenModel.h - a model file as a module -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_OPENMODEL_H
#define QUANTC_LIB_PIPELINE_OPENMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// True for a file of IR.
bool isIRFile(llvm::StringRef path);

/// What a file of IR says of the phase that left it, where --keep wrote it.
inline constexpr llvm::StringLiteral phaseAttr = "qnt.phase";

/// Prints IR for --keep, with the phase that left it.
std::string printKept(mlir::ModuleOp module, llvm::StringRef phase);

/// ErrorKind::Usage when a compilation cannot begin with the phase `first`
/// ("" for the whole road) on this file, whose module has lost phaseAttr then.
llvm::Error checkStart(llvm::StringRef path, mlir::ModuleOp module,
                       llvm::StringRef first);

/// Imports .onnx and .onnxtxt, parses .mlir. ErrorKind::IO when there is no
/// such file, ErrorKind::BadModel when it is damaged, ErrorKind::Unsupported as
/// importOnnx.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
openModel(llvm::StringRef path, mlir::MLIRContext &context);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_OPENMODEL_H
