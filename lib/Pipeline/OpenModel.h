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

/// Imports .onnx and .onnxtxt, parses .mlir. ErrorKind::IO when there is no
/// such file, ErrorKind::BadModel when it is damaged, ErrorKind::Unsupported as
/// importOnnx.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
openModel(llvm::StringRef path, mlir::MLIRContext &context);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_OPENMODEL_H
