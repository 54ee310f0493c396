//===- OpenModel.cpp - a model file as a module -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See OpenModel.h.

#include "OpenModel.h"
#include "Reproducer.h"
#include "mlir/Parser/Parser.h"
#include "quantc/Import/Import.h"
#include "quantc/Pipeline/Pipeline.h"
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

std::string quantc::printKept(ModuleOp module, StringRef phase) {
  module->setAttr(phaseAttr, StringAttr::get(module.getContext(), phase));
  std::string text = printModule(module);
  module->removeAttr(phaseAttr);
  return text;
}

llvm::Error quantc::checkStart(StringRef path, ModuleOp module,
                               StringRef first) {
  if (!isIRFile(path))
    return first.empty()
               ? llvm::Error::success()
               : makeError(
                     ErrorKind::Usage,
                     "'{0}' is a model to import; --from {1} goes on from "
                     "IR that --keep wrote",
                     path, first);
  auto attr = module->getAttrOfType<StringAttr>(phaseAttr);
  module->removeAttr(phaseAttr);
  if (!attr)
    return llvm::Error::success();
  StringRef left = attr.getValue();
  const Phase *phase = llvm::find_if(
      allPhases(), [&](const Phase &one) { return one.name == left; });
  bool isLast = phase == allPhases().end() || phase + 1 == allPhases().end();
  if (isLast)
    return makeError(ErrorKind::Usage,
                     "'{0}' is IR after '{1}', from which no phase goes on",
                     path, left);
  StringRef next = phase[1].name;
  if (next == first)
    return llvm::Error::success();
  return makeError(ErrorKind::Usage,
                   "'{0}' is IR after the phase {1}; go on with --from {2}",
                   path, left, next);
}
