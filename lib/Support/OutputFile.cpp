//===- OutputFile.cpp - files that appear whole or not at all ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes a temporary file beside the target and renames it at the end.

#include "quantc/Support/OutputFile.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include <algorithm>
#include <atomic>

using namespace llvm;
using namespace quantc;

namespace fs = llvm::sys::fs;

static std::atomic<bool> cleanUpOnSignal{false};

void quantc::removeUnfinishedFilesOnSignal() { cleanUpOnSignal = true; }

static Error cannotWrite(StringRef path, const Twine &reason) {
  return makeError(ErrorKind::IO, "cannot write '" + path + "': " + reason);
}

OutputFile::OutputFile(StringRef path, std::string temporary, int descriptor)
    : finalPath(path.str()), temporaryPath(std::move(temporary)),
      stream(std::make_unique<raw_fd_ostream>(descriptor,
                                              /*shouldClose=*/true)) {}

OutputFile::~OutputFile() {
  if (!stream)
    return;
  stream->close();
  discard();
}

Expected<OutputFile> OutputFile::create(StringRef path) {
  // Renaming onto a folder would fail only after all the work is done.
  if (fs::is_directory(path))
    return cannotWrite(path, "it is a folder");
  // Not fs::TempFile: it takes every '%' of the user's path for a placeholder.
  std::error_code code;
  for (int attempt = 0; attempt < 16; ++attempt) {
    std::string temporary =
        formatv("{0}.{1:x-8}.tmp", path, sys::Process::GetRandomNumber());
    int descriptor = -1;
    code = fs::openFileForWrite(temporary, descriptor, fs::CD_CreateNew);
    if (code == std::errc::file_exists)
      continue;
    if (code)
      break;
    if (cleanUpOnSignal)
      sys::RemoveFileOnSignal(temporary);
    return OutputFile(path, std::move(temporary), descriptor);
  }
  return cannotWrite(path, code.message());
}

void OutputFile::write(ArrayRef<uint8_t> bytes) {
  write(StringRef(reinterpret_cast<const char *>(bytes.data()), bytes.size()));
}

void OutputFile::write(StringRef text) {
  *stream << text;
  written += text.size();
}

void OutputFile::pad(uint64_t count, uint8_t fill) {
  uint8_t block[256];
  std::fill(std::begin(block), std::end(block), fill);
  while (count > 0) {
    uint64_t now = std::min<uint64_t>(count, sizeof(block));
    write(ArrayRef<uint8_t>(block, now));
    count -= now;
  }
}

void OutputFile::alignTo(uint64_t alignment, uint8_t fill) {
  pad(-written & (alignment - 1), fill);
}

Error OutputFile::commit() {
  stream->close();
  std::error_code code = stream->error();
  if (!code)
    code = fs::rename(temporaryPath, finalPath);
  if (code) {
    discard();
    return cannotWrite(finalPath, code.message());
  }
  stream.reset();
  sys::DontRemoveFileOnSignal(temporaryPath);
  return Error::success();
}

/// Gives up the closed stream and what it wrote.
void OutputFile::discard() {
  // An error that is left would end the process in the stream's destructor.
  stream->clear_error();
  stream.reset();
  fs::remove(temporaryPath);
  sys::DontRemoveFileOnSignal(temporaryPath);
}

Error quantc::writeFileAtomically(StringRef path, StringRef content) {
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  file->write(content);
  return file->commit();
}
