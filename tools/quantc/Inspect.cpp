//===- Inspect.cpp - quantc inspect -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Says what is in a file: a weights file, a report, a recipe, a model.

#include "Command.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/Safetensors.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace quantc;
using llvm::StringRef;

static llvm::Error inspectWeights(StringRef path) {
  auto file = SafetensorsFile::open(path);
  if (!file)
    return file.takeError();
  for (const SafetensorsEntry &entry : file->entries()) {
    if (isSafetensorsPadding(entry))
      continue;
    llvm::outs() << llvm::left_justify(entry.dtype, 5) << "[";
    for (size_t i = 0; i < entry.shape.size(); ++i)
      llvm::outs() << (i ? ", " : "") << entry.shape[i];
    llvm::outs() << "]  " << entry.byteSize() << " bytes  " << entry.name << "\n";
  }
  llvm::outs() << file->data().size() << " bytes of data\n";
  return llvm::Error::success();
}

static llvm::Error printText(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", path, buffer.getError().message());
  llvm::outs() << (*buffer)->getBuffer();
  return llvm::Error::success();
}

static llvm::Error runInspect(const Arguments &arguments) {
  StringRef path = arguments.positional.front();
  StringRef extension = llvm::sys::path::extension(path);
  if (extension == ".weights" || extension == ".safetensors")
    return inspectWeights(path);
  if (extension == ".json" || extension == ".yaml")
    return printText(path);
  return makeError(ErrorKind::Usage,
                   "cannot inspect '{0}': expected .weights, .safetensors, .json or .yaml", path);
}

const Command quantc::inspectCommand = {
    "show what is in a file",
    "FILE",
    1,
    {},
    "examples:\n  quantc inspect build/decoder.weights\n  quantc inspect build/decoder.json\n",
    runInspect};
