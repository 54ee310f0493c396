//===- PrivateMapping.cpp - weights that can be changed ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See PrivateMapping.h.

#include "PrivateMapping.h"
#include "quantc/Support/Errors.h"

using namespace quantc;
using Region = llvm::sys::fs::mapped_file_region;

llvm::Expected<Region> quantc::mapPrivately(llvm::StringRef path,
                                            Region::mapmode mode) {
  auto handle = llvm::sys::fs::openNativeFileForRead(path);
  if (!handle)
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", path,
                     llvm::toString(handle.takeError()));
  uint64_t size = 0;
  std::error_code code = llvm::sys::fs::file_size(path, size);
  Region region;
  if (!code)
    region = Region(*handle, mode, size, 0, code);
  llvm::sys::fs::closeFile(*handle);
  if (code)
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", path,
                     code.message());
  return region;
}
