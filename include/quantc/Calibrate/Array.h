//===- Array.h - numbers with a shape -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What is read from sample files and passed to compiled models. Holds bytes; it
// does not compute.

#ifndef QUANTC_CALIBRATE_ARRAY_H
#define QUANTC_CALIBRATE_ARRAY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quantc {

/// Type of one element. The values of Kind are DLPack's type codes.
struct ElementType {
  enum Kind : uint8_t { Int = 0, UInt = 1, Float = 2, BFloat = 4, Bool = 6 };

  Kind kind = Float;
  uint8_t bits = 32; ///< 8, 16, 32 or 64

  unsigned bytes() const { return bits / 8; }
  bool operator==(const ElementType &other) const {
    return kind == other.kind && bits == other.bits;
  }
  /// "f32", "bf16", "i64", "ui8", "bool"
  std::string name() const;
};

/// A row-major array that owns its bytes (little-endian).
struct Array {
  ElementType type;
  llvm::SmallVector<int64_t, 4> shape;
  std::vector<uint8_t> bytes;

  /// An array of zeros; `shape` must have a byteCount.
  static Array zeros(ElementType type, llvm::ArrayRef<int64_t> shape);

  int64_t elementCount() const {
    return static_cast<int64_t>(bytes.size() / type.bytes());
  }
  /// The elements; T must have the size of the type.
  template <typename T> llvm::ArrayRef<T> as() const {
    assert(sizeof(T) == type.bytes());
    return {reinterpret_cast<const T *>(bytes.data()),
            bytes.size() / sizeof(T)};
  }
  template <typename T> llvm::MutableArrayRef<T> as() {
    assert(sizeof(T) == type.bytes());
    return {reinterpret_cast<T *>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

/// Arrays in a given order.
using NamedArrays = std::vector<std::pair<std::string, Array>>;

/// The array of that name, or null.
const Array *findArray(const NamedArrays &arrays, llvm::StringRef name);

/// Bytes of an array of this shape; nothing when a size is negative or the
/// product is beyond 2^62.
std::optional<uint64_t> byteCount(ElementType type,
                                  llvm::ArrayRef<int64_t> shape);

/// "f32[2,3]"
std::string describe(ElementType type, llvm::ArrayRef<int64_t> shape);

} // namespace quantc

#endif // QUANTC_CALIBRATE_ARRAY_H
