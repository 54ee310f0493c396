//===- Signature.h - what a compiled model takes and gives -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Entries, their tensors and their names, read from IR before it is lowered and
// written into the artifact.

#ifndef QUANTC_EMIT_SIGNATURE_H
#define QUANTC_EMIT_SIGNATURE_H

#include "mlir/IR/BuiltinOps.h"
#include <string>
#include <vector>

namespace quantc {

/// One input or output. `dims` are elements, -1 where dynamic; `dimNames` has a
/// name for each, empty where there is none.
struct TensorSignature {
  std::string name;
  std::string type; ///< "f32", "i64", "ui8", ...
  int32_t dlpackCode = 0, dlpackBits = 0;
  std::vector<int64_t> dims;
  std::vector<std::string> dimNames;
  bool isState = false; ///< a cache that is updated in place
  int64_t stateAxis = 0;
};

/// One function of the artifact. A stateful one takes one more size: the number
/// of positions that its caches hold.
struct EntrySignature {
  std::string name;
  bool isStateful = false;
  std::vector<TensorSignature> inputs, outputs;
  /// What operations need of the inputs' sizes, by the number that the entry's
  /// sizes function returns, less one.
  std::vector<std::string> sizeChecks;
};

/// Everything that a caller can ask an artifact about.
struct ModelSignature {
  std::string model, producer, recipe;
  std::vector<std::string> levels; ///< instruction-set levels, ascending
  std::vector<EntrySignature> entries;
  /// Bits that weights of planes can be read at, descending; empty without any.
  std::vector<int64_t> precisions;
};

/// The entries of `module` after Select. Fails, with a diagnostic, for a type
/// that has no place in the C interface.
mlir::FailureOr<ModelSignature> readSignature(mlir::ModuleOp module);

/// Adds the size checks that `module` has after Lower.
void readSizeChecks(mlir::ModuleOp module, ModelSignature &signature);

/// The signature as JSON, for `qc_signature_json`.
std::string signatureToJson(const ModelSignature &signature);

/// A C header that documents the artifact: entries, tensors, sizes.
std::string signatureToHeader(const ModelSignature &signature,
                              llvm::StringRef libraryName);

} // namespace quantc

#endif // QUANTC_EMIT_SIGNATURE_H
