//===- WeightsFile.h - writes the stored weights -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes the bytes of every kern.weight in the order that kernels want.

#ifndef QUANTC_EMIT_WEIGHTSFILE_H
#define QUANTC_EMIT_WEIGHTSFILE_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Support/Progress.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// What the program must know of its weights. Units: bytes.
struct StoredWeights {
  uint64_t bytes = 0;
  uint64_t checksum = 0;
};

/// Sizes of the file that writeWeights would write, in bytes.
struct WeightsFileSize {
  uint64_t data = 0; ///< all weights, each filled up to 64 bytes
  uint64_t file = 0; ///< with the header
};
llvm::Expected<WeightsFileSize> sizeOfWeightsFile(mlir::ModuleOp module);

/// Writes the weights of `module` to `path` as a safetensors file, one panel at
/// a time. Errors: ErrorKind::IO, or those of reading the model's constants.
llvm::Expected<StoredWeights> writeWeights(mlir::ModuleOp module,
                                           llvm::StringRef path,
                                           ProgressReporter &progress);

/// Writes the bytes of one constant, of type `source`, where writeWeights put
/// them: `data` is the data section of the file. ErrorKind::Internal when they
/// do not fit the place.
llvm::Error replaceWeight(kern::WeightOp weight, mlir::RankedTensorType source,
                          llvm::ArrayRef<uint8_t> bytes,
                          llvm::MutableArrayRef<uint8_t> data);

} // namespace quantc

#endif // QUANTC_EMIT_WEIGHTSFILE_H
