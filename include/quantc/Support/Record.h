//===- Record.h - a few tensors with a checksum -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Small safetensors files that are written whole and checked when they are
// read: what a later run of quantc takes from an earlier one. Not for weights
// files, which are mapped and may be larger than memory.

#ifndef QUANTC_SUPPORT_RECORD_H
#define QUANTC_SUPPORT_RECORD_H

#include "quantc/Support/Safetensors.h"
#include <cstring>
#include <optional>
#include <type_traits>

namespace quantc {

/// A tensor whose bytes, little-endian, belong to someone else.
struct RecordTensor {
  std::string name;
  std::string dtype; ///< as safetensors names it
  llvm::SmallVector<int64_t, 4> shape;
  llvm::ArrayRef<uint8_t> bytes;
};

/// The bytes of the numbers in `values`, which must outlive the result.
template <typename Container>
llvm::ArrayRef<uint8_t> bytesOf(Container &values) {
  static_assert(std::is_arithmetic_v<typename Container::value_type>);
  return {reinterpret_cast<const uint8_t *>(values.data()),
          values.size() * sizeof(typename Container::value_type)};
}

/// Digest of 128 bits, as hexadecimal digits (BLAKE3, truncated). Different
/// bytes have different digests, for all that happens by accident.
std::string digestOf(llvm::ArrayRef<uint8_t> bytes);

/// Writes the tensors, their digest and `metadata` to `path`, which appears
/// whole or not at all. ErrorKind::IO when it cannot be written.
llvm::Error writeRecord(llvm::StringRef path,
                        llvm::ArrayRef<RecordTensor> tensors,
                        const SafetensorsMetadata &metadata = {});

/// Opens what writeRecord wrote. ErrorKind::IO when the file cannot be read,
/// ErrorKind::BadModel when it is something else or damaged.
llvm::Expected<SafetensorsFile> openRecord(llvm::StringRef path);

/// The elements of the tensor `name` of a record, when it has that type and
/// number of dimensions; else nothing.
template <typename T>
std::optional<std::vector<T>> readTensor(const SafetensorsFile &record,
                                         llvm::StringRef name,
                                         llvm::StringRef dtype, size_t rank) {
  const SafetensorsEntry *entry = record.find(name);
  if (!entry || entry->dtype != dtype || entry->shape.size() != rank ||
      entry->byteSize() % sizeof(T) != 0)
    return std::nullopt;
  llvm::ArrayRef<uint8_t> bytes = record.bytes(*entry);
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty())
    std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

} // namespace quantc

#endif // QUANTC_SUPPORT_RECORD_H
