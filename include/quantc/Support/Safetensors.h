//===- Safetensors.h - read and write safetensors files ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The layout of weights files: 8 bytes of little-endian header length, a JSON
// header, then the data section. Files written here load in any safetensors
// reader. Knows nothing of quantization.

#ifndef QUANTC_SUPPORT_SAFETENSORS_H
#define QUANTC_SUPPORT_SAFETENSORS_H

#include "quantc/Support/Checksum.h"
#include "quantc/Support/MappedFile.h"
#include "quantc/Support/OutputFile.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace quantc {

/// One tensor of a file. `begin` and `end` are bytes of the data section.
struct SafetensorsEntry {
  std::string name;
  std::string dtype; ///< "F32", "U8", ...; see safetensorsDtypeBits
  llvm::SmallVector<int64_t, 4> shape;
  uint64_t begin = 0, end = 0;

  uint64_t byteSize() const { return end - begin; }
};

/// Bits of one element of a dtype, 0 for an unknown name. F4 has 4, the F6
/// types 6: their tensors must fill whole bytes.
unsigned safetensorsDtypeBits(llvm::StringRef dtype);

/// True for the tensors that SafetensorsWriter puts between the others to align
/// them. Readers skip them.
bool isSafetensorsPadding(const SafetensorsEntry &entry);

using SafetensorsMetadata = std::vector<std::pair<std::string, std::string>>;

/// A mapped safetensors file whose header was checked: it is at most 100 MB,
/// its offsets leave no gap and no overlap and end where the file ends, and
/// every size is that of shape and dtype.
class SafetensorsFile {
public:
  /// ErrorKind::IO when the file cannot be read, ErrorKind::BadModel when it is
  /// not a correct safetensors file; both name the path.
  static llvm::Expected<SafetensorsFile> open(llvm::StringRef path);

  /// All tensors, padding too, in the order of their bytes.
  llvm::ArrayRef<SafetensorsEntry> entries() const { return tensors; }
  /// The tensor of that name, or null.
  const SafetensorsEntry *find(llvm::StringRef name) const;
  llvm::ArrayRef<uint8_t> bytes(const SafetensorsEntry &entry) const;
  /// Where these bytes begin in the file.
  uint64_t fileOffset(const SafetensorsEntry &entry) const {
    return dataBegin + entry.begin;
  }
  /// The data section; offset 0 is the first byte of the first tensor.
  llvm::ArrayRef<uint8_t> data() const;
  const SafetensorsMetadata &metadata() const { return meta; }
  llvm::StringRef path() const { return file->path(); }

private:
  std::shared_ptr<const MappedFile> file;
  uint64_t dataBegin = 0;
  std::vector<SafetensorsEntry> tensors;
  llvm::StringMap<size_t> byName;
  SafetensorsMetadata meta;
};

/// Where every tensor of a file to be written will be. Every tensor and the
/// data section start at a multiple of 64 bytes and the data section ends at
/// one. As safetensors allows no gaps, the space between is filled by tensors
/// named "__padding.0", "__padding.1", ... of dtype U8.
class SafetensorsLayout {
public:
  /// Appends a tensor and returns its offset in the data section.
  /// ErrorKind::Internal for an unknown dtype, a negative dimension, a repeated
  /// or reserved name, or a tensor that does not fill whole bytes.
  llvm::Expected<uint64_t> add(llvm::StringRef name, llvm::StringRef dtype,
                               llvm::ArrayRef<int64_t> shape);
  void addMetadata(llvm::StringRef key, llvm::StringRef value);

  /// The tensors in order, without padding.
  llvm::ArrayRef<SafetensorsEntry> entries() const { return tensors; }
  /// Size of the data section.
  uint64_t dataBytes() const;
  /// The 8 length bytes and the JSON header, filled with spaces to a multiple
  /// of 64 bytes.
  std::string header() const;

private:
  std::vector<SafetensorsEntry> tensors;
  llvm::StringMap<char> names;
  SafetensorsMetadata meta;
};

/// Writes the tensors of a layout one after the other, each in as many pieces
/// as the caller likes, so that no more than a piece is in memory.
class SafetensorsWriter {
public:
  static llvm::Expected<SafetensorsWriter> create(llvm::StringRef path,
                                                  SafetensorsLayout layout);

  /// Appends bytes of the tensor `name`. Tensors must come in the order of the
  /// layout. ErrorKind::Internal when the tensor is not the next one, when the
  /// one before is incomplete, or when more bytes come than it has.
  llvm::Error append(llvm::StringRef name, llvm::ArrayRef<uint8_t> bytes);

  /// ErrorKind::Internal if bytes are missing; else the file gets its name.
  llvm::Error commit();

  /// Checksum of the data section; complete after commit().
  uint64_t checksum() const { return sum.value(); }
  uint64_t dataBytes() const { return layout.dataBytes(); }

private:
  SafetensorsWriter(SafetensorsLayout layout, OutputFile file);
  void padTo(uint64_t dataOffset);

  SafetensorsLayout layout;
  OutputFile file;
  WordChecksum sum;
  size_t current = 0;
  uint64_t dataWritten = 0;
};

} // namespace quantc

#endif // QUANTC_SUPPORT_SAFETENSORS_H
