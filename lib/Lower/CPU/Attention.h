//===- Attention.h - the parts of attention kernels -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the two forms of attention share: operands and sizes, and which mask
// element belongs to a query and a key.

#ifndef QUANTC_LIB_LOWER_CPU_ATTENTION_H
#define QUANTC_LIB_LOWER_CPU_ATTENTION_H

#include "Emitters.h"

namespace quantc {

/// q [B, H, T, D], k [B, HK, S, D], v [B, HK, S, DV], out [B, H, T, DV]. Head
/// sizes are known when the kernel is generated, all else may be dynamic.
struct AttentionParts {
  using Value = mlir::Value;

  KernelBuilder &b;
  Value q, k, v, mask, out;
  Value batch, heads, groups, queries, keys; // B, H, H / HK, T, S
  int64_t width, valueWidth;                 // D, DV
  double scale;
  bool causal;

  /// Whether the mask differs from query to query.
  bool maskHasQueries() const;
  /// The mask's element, whose dimensions of size one hold for all.
  Value loadMask(Value batchIndex, Value head, Value query, Value key) const;
};

/// Keys between two updates of the running maximum, of the form for one query
/// and of that for many: they are part of the order of sums.
inline constexpr int64_t kDecodeKeys = 64, kPrefillKeys = 48;

/// One query a head: lanes run along the head's width. Emits the loops over
/// (batch, head).
void emitAttentionDecode(const AttentionParts &parts);

/// Many queries: lanes run along 16 queries, so that keys and values are read
/// in place, one element for all lanes. Emits the loops over (batch, head,
/// queries).
void emitAttentionPrefill(const AttentionParts &parts);

/// The same by blocks of a GPU. False, and nothing emitted, if keys are too
/// wide for the memory of a block.
void emitBlockAttentionDecode(const AttentionParts &parts);
bool emitBlockAttentionPrefill(const AttentionParts &parts);

/// exp(old - now) where sums of exponentials relative to `old` become relative
/// to `now`; and `now`, or 0 in its place if it is -inf, so that it can be
/// subtracted from -inf.
std::pair<mlir::Value, mlir::Value> rescaling(KernelBuilder &b, mlir::Value old,
                                              mlir::Value now);

/// 1 / sum, or 0 where no key was seen.
mlir::Value inverseSum(KernelBuilder &b, mlir::Value sum);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_ATTENTION_H
