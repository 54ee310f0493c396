//===- Level.h - instruction sets that kernels are made for -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What kernel generators may ask about the machine. Which levels an artifact
// holds is decided elsewhere.

#ifndef QUANTC_LIB_LOWER_CPU_LEVEL_H
#define QUANTC_LIB_LOWER_CPU_LEVEL_H

#include "llvm/ADT/StringRef.h"
#include <optional>

namespace quantc {

/// An instruction set that code is generated for.
struct Level {
  enum Kind { Generic, V3, V4, Device } kind = Generic;

  /// The level of that name (generic, v3, v4, device), if there is one.
  static std::optional<Level> parse(llvm::StringRef name) {
    if (name == "generic")
      return Level{Generic};
    if (name == "v3")
      return Level{V3};
    if (name == "v4")
      return Level{V4};
    if (name == "device")
      return Level{Device};
    return std::nullopt;
  }

  /// 256-bit integer vectors with vpmaddubsw and vpmaddwd.
  bool hasAVX2() const { return kind == V3; }
  /// 512-bit vectors with vpdpbusd.
  bool hasVNNI() const { return kind == V4; }
  /// A GPU: a work item is one of thousands of threads, so it is as small as
  /// the layout of the operands allows, and keeps no scratch for reuse.
  bool isDevice() const { return kind == Device; }
  /// Fused multiply-add is an instruction.
  bool hasFMA() const { return kind != Generic; }
  /// fp32 accumulators of 16 lanes that fit the registers of a product's inner
  /// loop, beside its operands.
  int accumulators() const { return kind == V4 ? 24 : 6; }
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_LEVEL_H
