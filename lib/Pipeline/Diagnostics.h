//===- Diagnostics.h - diagnostics as text -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Gathers what passes complain about, so that it becomes one error of the
// driver. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_DIAGNOSTICS_H
#define QUANTC_LIB_PIPELINE_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include <string>

namespace quantc {

/// Collects errors for as long as it lives; each names the model's node.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(mlir::MLIRContext *context)
      : handler(context, [this](mlir::Diagnostic &diagnostic) {
          return add(diagnostic);
        }) {}

  llvm::StringRef text() const { return errors; }

private:
  llvm::LogicalResult add(mlir::Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error)
      return mlir::failure();
    errors += errors.empty() ? "" : "\n";
    if (auto name = mlir::dyn_cast<mlir::NameLoc>(diagnostic.getLocation()))
      errors += ("node '" + name.getName().getValue() + "': ").str();
    errors += diagnostic.str();
    return mlir::success();
  }

  std::string errors;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_DIAGNOSTICS_H
