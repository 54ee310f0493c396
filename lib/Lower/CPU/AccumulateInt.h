//===- AccumulateInt.h - products of codes in int32 -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Accumulate policies of integer products: unsigned weight codes times signed
// activation codes, exact. Each instruction set has its own way; what comes out
// is the same. Scales and zero points are applied by the caller.

#ifndef QUANTC_LIB_LOWER_CPU_ACCUMULATEINT_H
#define QUANTC_LIB_LOWER_CPU_ACCUMULATEINT_H

#include "DecodePanel.h"
#include <memory>

namespace quantc {

/// Activation codes of a work item. Row m of the product is row m - first.
struct CodeRows {
  mlir::Value codes;     ///< [rows, K or more] i8
  mlir::Value even, odd; ///< [rows, K/4] i32: codes 0, 2 and 1, 3 of every four
                         ///< as two i16; null where the policy takes bytes
  mlir::Value first;
};

/// How lines of weights and codes of activations become int32 sums. A panel may
/// be handled in several parts of its channels; an accumulator belongs to one
/// row, panel and part.
class IntDot {
public:
  using Value = mlir::Value;
  using Values = KernelBuilder::Values;

  /// The policy of the level for weights of the product.
  static std::unique_ptr<IntDot> create(KernelBuilder &b, const Product &p);
  virtual ~IntDot() = default;

  /// Parts of a panel, each 16 / parts channels.
  int64_t parts() const { return numParts; }
  /// Lines after which accumulators must be flushed; 0 if never.
  int64_t linesPerFlush() const { return flushLines; }
  /// Activations must be given as pairs of i16.
  virtual bool takesPairs() const { return false; }

  /// What a line of one part contributes: by default bytes, plane by plane.
  virtual Values weights(Value panel, Value line, int64_t part);
  /// Activations of a row that meet them.
  virtual Values activations(const CodeRows &rows, Value row, Value line);
  /// sum + weights * activations. `sum` is null after a flush.
  virtual Value add(Value sum, mlir::ValueRange weights,
                    mlir::ValueRange activations) = 0;
  /// total + sum, int32.
  virtual Value flush(Value total, Value sum);
  /// Adds 16, 32 or 64 signed bytes to 16 int32 sums, in any lanes.
  virtual Value addBytes(Value total, Value bytes);

  /// Fetches weights well before they are loaded.
  void prefetch(Value panel, Value line, int64_t width) const {
    decoder.prefetch(panel, line, 2048, width);
  }
  /// int32 zeros for one part.
  Value zero() { return b.constant(b.i32Vec(kLanes / numParts), 0); }

protected:
  IntDot(KernelBuilder &b, const Product &p, int64_t numParts,
         int64_t flushLines)
      : b(b), p(p), decoder(b, p), numParts(numParts), flushLines(flushLines) {}

  /// The codes of a part of a line as bytes, plane by plane, from its pieces.
  Values decode(mlir::ValueRange pieces);
  /// Bytes of a part of a line, or of one piece of it.
  Value loadPart(Value panel, Value line, int64_t part, int64_t piece = 0);
  /// The codes of `bits` bits of one plane as bytes.
  Value planeBytes(Value line, int64_t plane, int64_t bits);
  /// The same for 3 bits, of which two are in `twos` and one is in `ones`.
  Value threeBitBytes(Value twos, Value ones, int64_t plane);
  /// Four codes of a row, from column on, in every lane of a part.
  Value splatFour(const CodeRows &rows, Value row, Value column);
  /// One word of a row in every lane of a part.
  Value splatWord(Value words, const CodeRows &rows, Value row, Value index);
  Value call(llvm::StringRef intrinsic, mlir::Type type,
             mlir::ValueRange arguments);

  int64_t planes() const { return p.lineColumns() / 4; }
  int64_t partBytes() const { return 64 / numParts; }

  KernelBuilder &b;
  const Product &p;
  PanelDecoder decoder;
  int64_t numParts, flushLines;
};

/// Sums of `count` lines (static) for a tile, one vector of 16 int32 for each
/// row and panel.
KernelBuilder::Values accumulateInt(KernelBuilder &b, IntDot &dot,
                                    const CodeRows &rows, Tile tile,
                                    mlir::Value row, mlir::Value panel,
                                    mlir::Value firstLine, int64_t count);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_ACCUMULATEINT_H
