//===- Npz.h - NumPy's files of arrays -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads .npy and .npz, stored or deflated, and writes them stored. Files are
// untrusted: sizes are checked before memory is taken, and Python objects
// (pickles) are refused.

#ifndef QUANTC_CALIBRATE_NPZ_H
#define QUANTC_CALIBRATE_NPZ_H

#include "quantc/Calibrate/Array.h"
#include "quantc/Support/MappedFile.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// The array in the bytes of a .npy file of version 1, 2 or 3. Column-major
/// arrays are turned into row-major ones. ErrorKind::BadModel, starting with
/// `where`, when the bytes are damaged or hold something else than f16, f32,
/// f64, signed or unsigned integers or bool, little-endian.
llvm::Expected<Array> parseNpy(llvm::ArrayRef<uint8_t> bytes,
                               llvm::StringRef where);

/// The bytes of a .npy file of version 1. bf16, which NumPy does not know, is
/// written as ui16.
std::string formatNpy(const Array &array);

/// A mapped .npz archive whose table of contents was checked. Arrays are read
/// one at a time, so that memory holds one of them.
class NpzFile {
public:
  /// ErrorKind::IO when the file cannot be read, ErrorKind::BadModel when it is
  /// no zip archive or its table of contents is damaged.
  static llvm::Expected<NpzFile> open(llvm::StringRef path);

  /// Names without ".npy", in the order of the archive.
  std::vector<std::string> names() const;
  bool contains(llvm::StringRef name) const { return find(name) != nullptr; }
  /// ErrorKind::BadModel, naming the archive and the array, when there is none
  /// of that name or it is damaged.
  llvm::Expected<Array> read(llvm::StringRef name) const;

private:
  struct Member {
    std::string name;
    uint64_t headerOffset = 0, storedSize = 0, size = 0;
    uint32_t crc = 0;
    uint16_t method = 0; ///< 0: stored, 8: deflated
  };
  class DirectoryReader;

  const Member *find(llvm::StringRef name) const;
  llvm::Expected<llvm::ArrayRef<uint8_t>>
  storedBytes(const Member &member) const;

  std::shared_ptr<const MappedFile> file;
  std::vector<Member> members;
};

/// All arrays of a .npz file, or the one array of a .npy file under the name
/// "arr_0". Errors as NpzFile.
llvm::Expected<NamedArrays> readArrays(llvm::StringRef path);

/// Writes an archive of stored arrays. ErrorKind::IO when it cannot be written,
/// ErrorKind::Usage when two names are the same or one is longer than 60000
/// bytes.
llvm::Error writeNpz(llvm::StringRef path, const NamedArrays &arrays);

} // namespace quantc

#endif // QUANTC_CALIBRATE_NPZ_H
