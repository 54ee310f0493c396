//===- Importer.h - a checked model becomes a module ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The walk over the nodes. What a node becomes is decided in Ops/.

#ifndef QUANTC_LIB_IMPORT_ONNX_IMPORTER_H
#define QUANTC_LIB_IMPORT_ONNX_IMPORTER_H

#include "NodeView.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace quantc::importer {

/// The operators that cannot be imported, one line for each operator and
/// reason.
class UnsupportedTable {
public:
  void add(const Node &node, int64_t opset, llvm::StringRef reason);
  bool empty() const { return rows.empty(); }
  /// The table as an error of kind Unsupported.
  llvm::Error toError(llvm::StringRef path) const;

private:
  struct Row {
    std::string op, domain;
    int64_t opset;
    unsigned count;
    std::string firstNode, reason;
  };
  std::vector<Row> rows;
};

class Importer {
public:
  Importer(const Model &model, mlir::MLIRContext *context);
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> run();

private:
  llvm::Error importInputs();
  llvm::Error importNode(const Node &node);
  llvm::Error importOutputs();
  llvm::Error checkDeclared(const ValueInfo &declared, mlir::Value value);
  mlir::DictionaryAttr describe(const ValueInfo &info, mlir::Value value);
  void removeUnusedArithmetic();
  llvm::Error invalid(const Node &node, const llvm::Twine &what) const;

  const Model &model;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::ImplicitLocOpBuilder b;
  mlir::func::FuncOp function;
  IndexMath math;
  ValueTable values;
  UnsupportedTable unsupported;
  llvm::StringSet<> poisoned; ///< outputs of nodes that were not imported
  llvm::StringMap<const ValueInfo *> declared;
};

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_IMPORTER_H
