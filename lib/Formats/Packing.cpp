//===- Packing.cpp - codes to bytes, one after the other --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Packs codes as a stream of bits, low bits first.

#include "quantc/Formats/Packing.h"
#include <cassert>

using namespace llvm;
using namespace quantc;

void quantc::packCodes(unsigned bits, ArrayRef<uint8_t> codes,
                       MutableArrayRef<uint8_t> packed) {
  assert(bits >= 1 && bits <= 8);
  assert(int64_t(packed.size()) == packedBytes(bits, int64_t(codes.size())));
  const uint32_t mask = (1u << bits) - 1;
  uint32_t buffer = 0;
  unsigned filled = 0;
  size_t out = 0;
  for (uint8_t code : codes) {
    buffer |= (code & mask) << filled;
    filled += bits;
    if (filled >= 8) {
      packed[out++] = uint8_t(buffer);
      buffer >>= 8;
      filled -= 8;
    }
  }
  if (filled > 0)
    packed[out] = uint8_t(buffer);
}

void quantc::unpackCodes(unsigned bits, ArrayRef<uint8_t> packed,
                         MutableArrayRef<uint8_t> codes) {
  assert(bits >= 1 && bits <= 8);
  assert(int64_t(packed.size()) == packedBytes(bits, int64_t(codes.size())));
  const uint32_t mask = (1u << bits) - 1;
  uint32_t buffer = 0;
  unsigned filled = 0;
  size_t in = 0;
  for (uint8_t &code : codes) {
    if (filled < bits) {
      buffer |= uint32_t(packed[in++]) << filled;
      filled += 8;
    }
    code = uint8_t(buffer & mask);
    buffer >>= bits;
    filled -= bits;
  }
}
