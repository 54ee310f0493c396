//===- Import.h - ONNX models to nn IR --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The first phase: a model file becomes a module. It decides nothing and
// changes no number; recognising patterns is Normalize's work.
//
// Form of the module:
//  - Attributes `nn.model` (name of the graph), `nn.producer`, `nn.opset` (a
//    dictionary from domain to version; the default domain is `ai.onnx`).
//  - One `nn.data` for each constant in use, then `func.func @main`. Each
//  argument
//    and result has `nn.name` (its ONNX name) and `nn.dims` (one string a
//    dimension: the name of a dynamic dimension, else ""); unsigned integers
//    have `nn.unsigned`, because all integers are signless in the IR.
//  - Constants are ranges of the external data file or of the model file
//  itself;
//    up to 4096 bytes that lie in no file are inline, more are a resource blob.
//  - The location of each operation is its ONNX node name, or OPERATOR_INDEX.
//  - An elementwise operator is one `linalg.generic` with identity output map
//  and
//    operands broadcast by their indexing maps. A constant operand of one
//    element is an `arith.constant` inside the payload.
//  - BatchNormalization is one `linalg.generic` with inputs x, scale, bias,
//  mean
//    and variance, and the attribute `nn.batch_norm` = epsilon.
//  - Arithmetic on shapes is `tensor.dim` of the arguments and `arith` on
//  index.
//    Two dynamic dimensions that meet in one operation are taken as equal, and
//    dimensions of one name as the same number.

#ifndef QUANTC_IMPORT_IMPORT_H
#define QUANTC_IMPORT_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace quantc {

struct ImportOptions {
  /// Also run the checker of the onnx library. Its shape inference is never
  /// run.
  bool checkModel = true;
};

/// Reads `path` (binary ONNX, or ONNX text when the name ends in `.onnxtxt`)
/// and builds its module in `context`. Errors are CodedErrors: IO when the file
/// cannot be read, BadModel when it is damaged or inconsistent, Unsupported
/// with one table of all operators that cannot be imported.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(llvm::StringRef path, mlir::MLIRContext &context,
           const ImportOptions &options = {});

/// One line of the table of operators.
struct SupportedOp {
  llvm::StringRef domain; ///< "ai.onnx" for the default domain
  llvm::StringRef name;
  int since; ///< first operator set version with this meaning
};

/// The table of operators, ordered by domain and name as in Ops.def.
llvm::ArrayRef<SupportedOp> supportedOps();

} // namespace quantc

#endif // QUANTC_IMPORT_IMPORT_H
