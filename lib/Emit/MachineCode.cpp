//===- MachineCode.cpp - machine code of a GPU from PTX ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs NVIDIA's assembler, where it is installed. It saves the driver the work
// when a model is made; what is computed is the same.

#include "quantc/Emit/DeviceCode.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantc;

static Error cannotWrite(std::error_code code) {
  return makeError(ErrorKind::IO, "cannot write the kernels for ptxas: {0}",
                   code.message());
}

/// Text of a file, or what is wrong with it.
static std::string contentsOf(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().trim().str()
                : buffer.getError().message();
}

Expected<std::optional<DeviceImage>>
quantc::assembleImage(const DeviceImage &image, const GPU &gpu,
                      std::string &refusal) {
  auto assembler = sys::findProgramByName("ptxas");
  if (!assembler)
    return std::nullopt;
  SmallString<128> source, result, messages;
  for (auto [path, suffix] :
       {std::pair(&source, "ptx"), {&result, "cubin"}, {&messages, "txt"}})
    if (std::error_code code =
            sys::fs::createTemporaryFile("quantc", suffix, *path))
      return cannotWrite(code);
  auto cleanUp = make_scope_exit([&] {
    for (const SmallString<128> &path : {source, result, messages})
      sys::fs::remove(path);
  });
  {
    std::error_code code;
    raw_fd_ostream stream(source, code);
    if (!code) {
      stream << image.code;
      stream.close();
      code = stream.error();
      stream.clear_error();
    }
    if (code)
      return cannotWrite(code);
  }
  std::string name = ("-arch=" + gpu.name).str();
  std::optional<StringRef> redirects[] = {StringRef(), messages.str(),
                                          messages.str()};
  std::string error;
  int status = sys::ExecuteAndWait(
      *assembler, {*assembler, name, source, "-o", result}, std::nullopt,
      redirects, /*SecondsToWait=*/600, /*MemoryLimit=*/0, &error);
  if (status != 0) {
    refusal = error.empty() ? contentsOf(messages) : error;
    return std::nullopt;
  }
  auto code = MemoryBuffer::getFile(result, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!code)
    return makeError(ErrorKind::IO, "cannot read what ptxas wrote: {0}",
                     code.getError().message());
  return DeviceImage{gpu.architecture, (*code)->getBuffer().str(),
                     /*isMachineCode=*/true};
}
