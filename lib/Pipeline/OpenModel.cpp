//===- OpenModel.cpp - a model file as a module -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See OpenModel.h.

#include "OpenModel.h"
#include "mlir/Parser/Parser.h"
#include "quantc/Import/Import.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace quantc;

bool quantc::isIRFile(StringRef path) {
  return llvm::sys::path::extension(path) == ".mlir";
}

llvm::Expected<OwningOpRef<ModuleOp>> quantc::openModel(StringRef path,
                                                        MLIRContext &context) {
  if (!isIRFile(path))
    return importOnnx(path, context);
  if (!llvm::sys::fs::exists(path))
    return makeError(ErrorKind::IO, "cannot open '{0}': no such file", path);
  auto module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return makeError(ErrorKind::BadModel, "'{0}' is no valid IR", path);
  return module;
}
