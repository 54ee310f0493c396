//===- Codes.h - already quantized values of a model ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Schemes, codes, scales and zero points of QuantizeLinear, DequantizeLinear
// and MatMulNBits. Bytes of the model stay as they are.

#ifndef QUANTC_LIB_IMPORT_ONNX_CODES_H
#define QUANTC_LIB_IMPORT_ONNX_CODES_H

#include "Shaping.h"
#include "quantc/Dialect/Qnt/Qnt.h"

namespace quantc::importer {

/// How Q/DQ operators share scales.
struct Sharing {
  qnt::Granularity granularity = qnt::Granularity::Tensor;
  int64_t axis = 0, groupSize = 0;
};

/// The scheme of codes of an ONNX type; null with a problem for types that are
/// no codes (int16 and wider, fnuz floats).
qnt::SchemeAttr schemeOf(NodeView &n, ElementType codes, const Sharing &sharing,
                         bool hasZeroPoint);

/// Input `i` as codes of a scheme: integers of one byte as a tensor; narrower
/// ones in a file as a packed type over the same bytes, unless it is `plain`,
/// elsewhere as one element each. Null with a problem.
mlir::Value codesOf(NodeView &n, unsigned i, qnt::SchemeAttr scheme,
                    bool plain = false);

/// Codes of a constant narrower than a byte, low bits first, one number each;
/// two's complement for signed types.
llvm::SmallVector<int8_t> unpack(const Tensor &tensor);

/// An operation with given result types, or null, with a problem, when its
/// verifier refuses.
template <typename Op>
Op createTyped(NodeView &n, mlir::TypeRange types, mlir::ValueRange operands,
               llvm::ArrayRef<mlir::NamedAttribute> attributes) {
  DiagnosticText diagnostics(n.b.getContext());
  mlir::OperationState state(n.b.getLoc(), Op::getOperationName());
  state.addOperands(operands);
  state.addTypes(types);
  state.addAttributes(attributes);
  auto op = mlir::cast<Op>(n.b.create(state));
  if (mlir::succeeded(mlir::verify(op, /*verifyRecursively=*/false)))
    return op;
  op.erase();
  (void)n.unsupported(diagnostics.text);
  return {};
}

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_CODES_H
