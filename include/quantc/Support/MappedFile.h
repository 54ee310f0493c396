//===- MappedFile.h - read-only view of a file ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Maps a file into memory so that weights are never copied. Not for small text
// files that need a terminating zero: llvm::MemoryBuffer does those.

#ifndef QUANTC_SUPPORT_MAPPEDFILE_H
#define QUANTC_SUPPORT_MAPPEDFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include <cstdint>
#include <memory>
#include <string>

namespace quantc {

/// A file mapped read-only. The bytes stay valid as long as the object lives,
/// provided that no one truncates the file meanwhile.
class MappedFile {
public:
  /// Maps the whole file. An empty file gives an empty view. ErrorKind::IO when
  /// the path does not exist, is a folder or cannot be read.
  static llvm::Expected<std::shared_ptr<const MappedFile>>
  open(llvm::StringRef path);

  llvm::StringRef path() const { return filePath; }
  llvm::ArrayRef<uint8_t> bytes() const;
  uint64_t size() const { return bytes().size(); }

  /// The bytes [offset, offset + length). ErrorKind::BadModel, naming the path,
  /// when they are not all inside the file.
  llvm::Expected<llvm::ArrayRef<uint8_t>> slice(uint64_t offset,
                                                uint64_t length) const;

private:
  MappedFile() = default;

  std::string filePath;
  llvm::sys::fs::mapped_file_region region;
};

} // namespace quantc

#endif // QUANTC_SUPPORT_MAPPEDFILE_H
