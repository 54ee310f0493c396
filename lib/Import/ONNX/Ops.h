//===- Ops.h - the importers of all operators -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One function for each importer of Ops.def. It defines the outputs of its node
// or fails with a problem recorded in the view.

#ifndef QUANTC_LIB_IMPORT_ONNX_OPS_H
#define QUANTC_LIB_IMPORT_ONNX_OPS_H

#include "NodeView.h"

namespace quantc::importer {

#define ONNX_OP(DOMAIN, NAME, SINCE, IMPORTER)                                 \
  mlir::LogicalResult IMPORTER(NodeView &n);
#include "Ops.def"

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_OPS_H
