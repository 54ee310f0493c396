//===- NodeName.h - nodes of the model --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What users know an operation by. Import leaves the names of nodes in
// locations, and every phase keeps them.

#ifndef QUANTC_DIALECT_NN_NODENAME_H
#define QUANTC_DIALECT_NN_NODENAME_H

#include "mlir/IR/Location.h"
#include "mlir/IR/Operation.h"
#include <string>

namespace quantc {

/// The name of the node of the model that `op` computes; that of the operation
/// where there is none.
inline std::string nodeOf(mlir::Operation *op) {
  auto name = mlir::dyn_cast<mlir::NameLoc>(op->getLoc());
  return name ? name.getName().str() : op->getName().getStringRef().str();
}

} // namespace quantc

#endif // QUANTC_DIALECT_NN_NODENAME_H
