//===- Constants.h - parameters that transforms make ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// New data beside the model's own. Internal to the phase Transform.

#ifndef QUANTC_LIB_TRANSFORM_CONSTANTS_H
#define QUANTC_LIB_TRANSFORM_CONSTANTS_H

#include "mlir/IR/SymbolTable.h"
#include "quantc/Dialect/NN/NN.h"

namespace quantc {

/// A parameter of that content in the module of `symbols`, and what reads it
/// at the position of `b`. Its name is `name`, or one like it that is free.
inline mlir::Value makeConstant(mlir::SymbolTable &symbols, mlir::OpBuilder &b,
                                mlir::Location loc, llvm::StringRef name,
                                mlir::DenseElementsAttr elements) {
  auto module = mlir::cast<mlir::ModuleOp>(symbols.getOp());
  mlir::OpBuilder top(module.getContext());
  auto data =
      nn::DataOp::create(top, loc, name, elements.getType(), mlir::StringAttr(),
                         mlir::IntegerAttr(), elements);
  symbols.insert(data, module.getBody()->begin());
  return nn::ParamOp::create(b, loc, elements.getType(), data.getSymName())
      .getResult();
}

} // namespace quantc

#endif // QUANTC_LIB_TRANSFORM_CONSTANTS_H
