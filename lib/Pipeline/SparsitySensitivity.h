//===- SparsitySensitivity.h - what left out inputs cost --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Adds candidates that leave out inputs to those of a budget of bytes per
// token. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_SPARSITYSENSITIVITY_H
#define QUANTC_LIB_PIPELINE_SPARSITYSENSITIVITY_H

#include "Sensitivity.h"

namespace quantc {

/// Adds to the candidates of `table` those that leave out each of the recipe's
/// shares of inputs, where `sparsity` means the layer and the bits have a
/// layout in columns. `assigned` is as assign-recipe leaves it.
///
/// Bytes are what one row reads of the layer as it is stored in columns: all
/// but the columns that are left out. The error is that of the dense candidate.
llvm::Error addSparseCandidates(SensitivityTable &table,
                                mlir::ModuleOp assigned, const Recipe &recipe);

/// Adds to the errors of these candidates what leaving out the inputs adds in
/// floating point, alone: the mean divergence of the softmax of the first
/// output when only this layer leaves them out; it never falls with the share.
/// ErrorKind::Usage when there is no data or the budget measures anything but
/// outputs.
llvm::Error measureSparsity(SensitivityTable &table, mlir::ModuleOp assigned,
                            const Recipe &recipe,
                            const SensitivityOptions &options,
                            ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_SPARSITYSENSITIVITY_H
