//===- ConstantCodes.h - dequantized constants ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The codes, scales and zero points behind a qnt.dequantize of constants, as a
// quantized model has them. Nothing is rounded or chosen here.

#ifndef QUANTC_DIALECT_QNT_CONSTANTCODES_H
#define QUANTC_DIALECT_QNT_CONSTANTCODES_H

#include "quantc/Dialect/Qnt/DataReader.h"

namespace quantc::qnt {

/// True when codes, scale and zero point of `op` are all constants.
bool isConstant(DequantizeOp op);

/// Constant codes in row-major order of `shape`.
struct ConstantCodes {
  SchemeAttr scheme;
  llvm::SmallVector<int64_t> shape;
  /// One code each: of integer kinds with 2^(bits-1) added when signed, so that
  /// all are unsigned; of float kinds as they are.
  std::vector<uint8_t> codes;
  /// In row-major order: one; one a channel; or `shape` with groups for the
  /// elements along the axis.
  std::vector<float> scales;
  /// As many, as unsigned as the codes; where the model has none, the code of
  /// zero.
  std::vector<uint8_t> zeroPoints;

  int64_t count() const { return static_cast<int64_t>(codes.size()); }
  /// Which scale belongs to the element number `element`.
  int64_t scaleOf(int64_t element) const;
  /// True when every zero point is `2^(bits-1)`.
  bool isSymmetric() const;
  /// `(code - zero point) * scale` of every element, in fp32.
  std::vector<float> dequantize() const;
};

/// Reads the operands of `op`, which isConstant(); without the codes themselves
/// unless `withCodes`. ErrorKind::BadModel or ErrorKind::IO when bytes are
/// missing, ErrorKind::Unsupported for codes that are not in rows.
llvm::Expected<ConstantCodes>
readConstantCodes(DequantizeOp op, DataReader &reader, bool withCodes = true);

/// Codes in packed rows, one a byte.
std::vector<uint8_t> unpackRows(PackedType type, llvm::ArrayRef<uint8_t> bytes);

} // namespace quantc::qnt

#endif // QUANTC_DIALECT_QNT_CONSTANTCODES_H
