//===- MappedFile.cpp - read-only view of a file ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Opens, maps and slices files with messages that name the path.

#include "quantc/Support/MappedFile.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/ScopeExit.h"

using namespace llvm;
using namespace quantc;

namespace fs = llvm::sys::fs;

static Error cannotRead(StringRef path, std::error_code code) {
  return makeError(ErrorKind::IO, "cannot read '{0}': {1}", path,
                   code.message());
}

Expected<std::shared_ptr<const MappedFile>> MappedFile::open(StringRef path) {
  // Opening a pipe would block until someone writes to it, so the kind of file
  // is looked at first.
  fs::file_status status;
  if (std::error_code code = fs::status(path, status))
    return cannotRead(path, code);
  if (fs::is_directory(status))
    return makeError(ErrorKind::IO,
                     "cannot read '{0}': it is a folder, not a file", path);
  if (!fs::is_regular_file(status))
    return makeError(ErrorKind::IO, "cannot read '{0}': not a regular file",
                     path);

  Expected<fs::file_t> handle = fs::openNativeFileForRead(path);
  if (!handle)
    return cannotRead(path, errorToErrorCode(handle.takeError()));
  llvm::scope_exit close([&] { fs::closeFile(*handle); });

  std::shared_ptr<MappedFile> result(new MappedFile());
  result->filePath = path.str();
  // An empty range cannot be mapped.
  if (status.getSize() == 0)
    return result;
  std::error_code code;
  result->region = fs::mapped_file_region(
      *handle, fs::mapped_file_region::readonly, status.getSize(), 0, code);
  if (code)
    return cannotRead(path, code);
  return result;
}

ArrayRef<uint8_t> MappedFile::bytes() const {
  if (!region)
    return {};
  return {reinterpret_cast<const uint8_t *>(region.const_data()),
          region.size()};
}

Expected<ArrayRef<uint8_t>> MappedFile::slice(uint64_t offset,
                                              uint64_t length) const {
  // Subtracting avoids the overflow of offset + length.
  if (offset > size() || length > size() - offset)
    return makeError(ErrorKind::BadModel,
                     "'{0}' is too short: {1} bytes at offset {2} were "
                     "expected, but the file has {3} bytes",
                     filePath, length, offset, size());
  return bytes().slice(offset, length);
}
