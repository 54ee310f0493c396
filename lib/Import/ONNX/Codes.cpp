//===- Codes.cpp - already quantized values of a model ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which ONNX types are codes, and how their constants become values.

#include "Codes.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

static std::optional<qnt::CodeKind> codeKind(ElementType type) {
  switch (type) {
  case ElementType::Int8:
  case ElementType::Int4:
  case ElementType::Int2:
    return qnt::CodeKind::Int;
  case ElementType::UInt8:
  case ElementType::UInt4:
  case ElementType::UInt2:
    return qnt::CodeKind::UInt;
  case ElementType::Float8E4M3FN:
    return qnt::CodeKind::E4M3;
  case ElementType::Float8E5M2:
    return qnt::CodeKind::E5M2;
  case ElementType::Float4E2M1:
    return qnt::CodeKind::E2M1;
  default:
    return std::nullopt;
  }
}

qnt::SchemeAttr quantc::importer::schemeOf(NodeView &n, ElementType codes,
                                           const Sharing &sharing,
                                           bool hasZeroPoint) {
  std::optional<qnt::CodeKind> kind = codeKind(codes);
  if (!kind)
    return (void)n.unsupported("codes of element type " + nameOf(codes)),
           qnt::SchemeAttr();
  return qnt::SchemeAttr::get(
      n.b.getContext(), *kind, bitsOf(codes), sharing.granularity, sharing.axis,
      sharing.groupSize, hasZeroPoint, qnt::ZeroKind::Code, qnt::ScaleKind::F32,
      0, 0, false, StringAttr());
}

SmallVector<int8_t> quantc::importer::unpack(const Tensor &tensor) {
  unsigned bits = bitsOf(tensor.type), perByte = 8 / bits;
  SmallVector<int8_t> codes;
  for (uint64_t i = 0; i < tensor.count; ++i) {
    unsigned code =
        tensor.bytes[i / perByte] >> (i % perByte * bits) & ((1u << bits) - 1);
    bool isNegative = !isUnsigned(tensor.type) && code >> (bits - 1);
    codes.push_back(
        static_cast<int8_t>(isNegative ? code - (1u << bits) : code));
  }
  return codes;
}

Value quantc::importer::codesOf(NodeView &n, unsigned i, qnt::SchemeAttr scheme,
                                bool plain) {
  const Tensor *constant = n.constant(i);
  unsigned bits = bitsOf(n.type(i));
  bool isFloat = n.type(i) == ElementType::Float8E4M3FN ||
                 n.type(i) == ElementType::Float8E5M2;
  // Codes of floats are bytes like others.
  if (constant && isFloat)
    return n.param(
        i, RankedTensorType::get(constant->dims, n.b.getIntegerType(bits)));
  if (!constant || bits >= 8)
    return n.tensor(i);
  // Rows of the packed layout start on a byte, rows of ONNX do not.
  bool hasWholeRows =
      !constant->dims.empty() && constant->dims.back() * bits % 8 == 0;
  if (!constant->file.empty() && hasWholeRows && !plain) {
    auto layout =
        qnt::PackLayoutAttr::get(n.b.getContext(), qnt::LayoutKind::Rows);
    return n.param(i, qnt::PackedType::get(n.b.getContext(), constant->dims,
                                           scheme, layout));
  }
  if (n.type(i) == ElementType::Float4E2M1)
    return (void)n.unsupported(
               "float4e2m1 codes whose rows do not start on a byte"),
           Value();
  auto type = RankedTensorType::get(constant->dims, n.b.getIntegerType(bits));
  SmallVector<APInt> values;
  for (int8_t code : unpack(*constant))
    values.emplace_back(bits, static_cast<uint64_t>(static_cast<int64_t>(code)),
                        true, true);
  return n.param(n.inputName(i), DenseElementsAttr::get(type, values));
}
