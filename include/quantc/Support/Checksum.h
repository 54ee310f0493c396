//===- Checksum.h - checksum of weights files -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The checksum that an artifact carries for its weights. It finds damage and
// mixed-up files; it is no protection against an attacker.

#ifndef QUANTC_SUPPORT_CHECKSUM_H
#define QUANTC_SUPPORT_CHECKSUM_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace quantc {

/// FNV-1a with 64 bits taken over little-endian 8-byte words instead of bytes:
/// h = 0xcbf29ce484222325; for each word: h = (h xor word) * 0x100000001b3.
/// A last partial word is filled with zero bytes. How the bytes are cut into
/// update() calls does not matter.
class WordChecksum {
public:
  void update(llvm::ArrayRef<uint8_t> bytes);
  /// The checksum of all bytes so far.
  uint64_t value() const;

private:
  void addWord(uint64_t word) { hash = (hash ^ word) * 0x100000001b3u; }

  uint64_t hash = 0xcbf29ce484222325u;
  uint64_t pending = 0;
  unsigned pendingBytes = 0;
};

} // namespace quantc

#endif // QUANTC_SUPPORT_CHECKSUM_H
