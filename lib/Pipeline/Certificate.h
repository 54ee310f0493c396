//===- Certificate.h - proof that a transform changed nothing ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs a model before and after the phase Transform in fp64 on random inputs.
// Says how far two roads are apart; what is far enough is up to the caller.

#ifndef QUANTC_LIB_PIPELINE_CERTIFICATE_H
#define QUANTC_LIB_PIPELINE_CERTIFICATE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// What was done, and how much the outputs moved.
struct Certificate {
  /// Each use of a constant that was changed: "wq: scale 0, hadamard 64 0".
  std::vector<std::string> weights;
  struct Output {
    std::string name;
    double difference; ///< largest, relative to the largest number
  };
  std::vector<Output> outputs;

  static constexpr double tolerance = 1e-9;
  bool holds() const;
  std::string toJson() const;
};

/// Certifies that @main of both modules is the same function. Caches are empty
/// and their new contents, which may be in another basis, are not compared.
/// ErrorKind::Unsupported for what the interpreter cannot run.
llvm::Expected<Certificate> certify(mlir::ModuleOp before,
                                    mlir::ModuleOp after);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_CERTIFICATE_H
