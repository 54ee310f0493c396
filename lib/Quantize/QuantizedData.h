//===- QuantizedData.h - the work file of quantized constants -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes codes, scales and zero points behind each other, so that memory never
// holds more than one weight. Internal to the phase Quantize.

#ifndef QUANTC_LIB_QUANTIZE_QUANTIZEDDATA_H
#define QUANTC_LIB_QUANTIZE_QUANTIZEDDATA_H

#include "mlir/IR/SymbolTable.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "llvm/Support/raw_ostream.h"

namespace quantc {

class QuantizedData {
public:
  /// Appends to `path`, which is created when there is something to write. An
  /// empty path keeps constants in the IR instead. With `sizesOnly` the path is
  /// named and not written to.
  QuantizedData(mlir::ModuleOp module, llvm::StringRef path, bool sizesOnly)
      : symbols(module), path(path), sizesOnly(sizesOnly) {}

  /// True when the numbers of constants do not matter.
  bool isSizesOnly() const { return sizesOnly; }

  /// A parameter of `type` with these bytes, defined at `b`. ErrorKind::IO when
  /// they cannot be written.
  llvm::Expected<nn::ParamOp> add(mlir::OpBuilder &b, mlir::Location loc,
                                  llvm::StringRef name, mlir::Type type,
                                  llvm::ArrayRef<uint8_t> bytes);

  /// The same for a few numbers that later phases look at: they are kept in the
  /// IR, also where only sizes matter.
  nn::ParamOp addInline(mlir::OpBuilder &b, mlir::Location loc,
                        llvm::StringRef name, mlir::DenseElementsAttr numbers);

private:
  llvm::Expected<nn::DataOp> define(mlir::OpBuilder &top, mlir::Location loc,
                                    llvm::StringRef name, mlir::Type type,
                                    llvm::ArrayRef<uint8_t> bytes);

  mlir::SymbolTable symbols;
  std::string path;
  bool sizesOnly;
  std::unique_ptr<llvm::raw_fd_ostream> file;
};

} // namespace quantc

#endif // QUANTC_LIB_QUANTIZE_QUANTIZEDDATA_H
