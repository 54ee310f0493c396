//===- OutputFile.h - files that appear whole or not at all -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A file is written under a temporary name in the same folder and renamed when
// it is complete. Never seeks, so that whatever is streamed needs no second
// pass.

#ifndef QUANTC_SUPPORT_OUTPUTFILE_H
#define QUANTC_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdint>
#include <memory>
#include <string>

namespace quantc {

/// A file being written. Without commit() nothing remains on the disk. All
/// errors are ErrorKind::IO and name the final path.
class OutputFile {
public:
  /// Starts the file that will be called `path`; an existing file of that name
  /// is replaced by commit() and untouched until then.
  static llvm::Expected<OutputFile> create(llvm::StringRef path);

  OutputFile(OutputFile &&other) = default;
  OutputFile &operator=(OutputFile &&other) = delete;
  ~OutputFile();

  llvm::StringRef path() const { return finalPath; }
  /// Bytes written so far.
  uint64_t position() const { return written; }

  void write(llvm::ArrayRef<uint8_t> bytes);
  void write(llvm::StringRef text);
  /// Writes `count` bytes of value `fill`.
  void pad(uint64_t count, uint8_t fill = 0);
  /// Pads until position() is a multiple of `alignment` (a power of two).
  void alignTo(uint64_t alignment, uint8_t fill = 0);

  /// Flushes, reports any write that failed (a full disk, say) and gives the
  /// file its final name. Nothing else may be called afterwards.
  llvm::Error commit();

private:
  OutputFile(llvm::StringRef path, std::string temporary, int descriptor);
  void discard();

  std::string finalPath, temporaryPath;
  std::unique_ptr<llvm::raw_fd_ostream> stream; ///< null once finished
  uint64_t written = 0;
};

/// From now on unfinished files are also removed when a signal ends the
/// process. For programs only: it replaces the process's signal handlers.
void removeUnfinishedFilesOnSignal();

/// Writes `content` to `path` as one committed OutputFile.
llvm::Error writeFileAtomically(llvm::StringRef path, llvm::StringRef content);

} // namespace quantc

#endif // QUANTC_SUPPORT_OUTPUTFILE_H
