//===- Checksum.cpp - checksum of weights files -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// FNV-1a over 8-byte words, fed in pieces of any size.

#include "quantc/Support/Checksum.h"
#include "llvm/Support/Endian.h"

using namespace llvm;
using namespace quantc;

void WordChecksum::update(ArrayRef<uint8_t> bytes) {
  while (!bytes.empty() && pendingBytes != 0) {
    pending |= uint64_t(bytes.front()) << (8 * pendingBytes);
    bytes = bytes.drop_front();
    if (++pendingBytes < 8)
      continue;
    addWord(pending);
    pending = pendingBytes = 0;
  }
  for (; bytes.size() >= 8; bytes = bytes.drop_front(8))
    addWord(support::endian::read64le(bytes.data()));
  for (uint8_t byte : bytes)
    pending |= uint64_t(byte) << (8 * pendingBytes++);
}

uint64_t WordChecksum::value() const {
  WordChecksum last = *this;
  if (pendingBytes != 0)
    last.addWord(pending);
  return last.hash;
}
