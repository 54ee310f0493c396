//===- DecodePanel.h - codes of a panel to numbers --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Decode policies of the lines that quantc/Formats/PanelLayout.h describes: to
// fp32 numbers, to the unsigned bytes of integer dot products. Multiplies
// nothing.

#ifndef QUANTC_LIB_LOWER_CPU_DECODEPANEL_H
#define QUANTC_LIB_LOWER_CPU_DECODEPANEL_H

#include "CodePolicy.h"

namespace quantc {

/// 64 bytes of a line as words of 32 bits, one a channel, and the same without
/// the lower halves.
struct PieceWords {
  mlir::Value low, high;
};

/// The pieces of a line: one, or for 3 bits three.
using LineWords = llvm::SmallVector<PieceWords, 3>;

/// Decodes the weight of a product.
class PanelDecoder {
public:
  using Value = mlir::Value;
  /// Of all channels of a panel, or some. Of a weight in columns, all.
  PanelDecoder(KernelBuilder &b, const Product &p, PanelPart part = {})
      : b(b), p(p), part(part),
        policy(p.hasSigns ? nullptr : CodePolicy::create(b, p)) {}

  /// A weight in columns has one column a line, and of it what `panel` holds,
  /// in the lowest bits.
  LineWords loadWords(Value panel, Value line) const;
  /// One column of a tile of 64 channels of a weight in columns: 16 words, i32,
  /// as quantc/Formats/ColumnLayout.h says.
  Value loadColumn(Value tile, Value column) const;
  /// Fetches the line that is read `aheadBytes` of a panel later, where `width`
  /// panels are read side by side and then the next as many.
  void prefetch(Value panel, Value line, int64_t aheadBytes,
                int64_t width) const;

  /// Fetches scales and zero points of a group.
  void prefetchGroup(Value panel, Value group) const;

  /// Minus the zero points of a group, fp32; null where weights are signs and
  /// all of them are 0.
  Value negativeZeroPoint(Value panel, Value group) const;
  /// Zero points of a group that are codes, i32.
  Value zeroPoint(Value panel, Value group) const;
  /// What a step is worth, fp32.
  Value scale(Value panel, Value group) const;

  /// The step of one column of a line, fp32; rounded once where zero points are
  /// numbers, else exact.
  Value number(const LineWords &words, int64_t column,
               Value negativeZeroPoint) const;
  /// The step of one column of a line plus the zero point, i32.
  Value code(const LineWords &words, int64_t column) const;
  /// The same for a vector of codes in i8.
  Value bytes(Value codes) const {
    return policy ? policy->bytes(codes) : codes;
  }
  /// No step plus zero point is larger.
  int64_t largestByte() const { return policy ? policy->largestByte() : 1; }

  /// Writes columns [first, first + count) of a panel into `scratch[slot,
  /// 0..]`, all in `group`; `firstLine` is the line of the first column.
  void unpack(Value panel, Value firstLine, int64_t count, Value group,
              Value scratch, int64_t slot) const;

private:
  /// The bytes of a line, piece by piece; of planes, joined to codes.
  llvm::SmallVector<Value, 4> loadBytes(Value panel, Value line) const;
  CodeWords place(const LineWords &words, int64_t column) const;
  /// fp32 or f16 numbers of a group, as fp32.
  Value loadNumbers(Value from, Value panel, Value group) const;

  KernelBuilder &b;
  const Product &p;
  PanelPart part;
  std::unique_ptr<CodePolicy> policy; ///< null for signs
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_DECODEPANEL_H
