//===- SparsityBlocks.h - layers of a block share its sparsity --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Block-wise greedy allocation (TEAL, arXiv 2408.14690, algorithm 1): which
// product of a block leaves out how many of its inputs, so that the output of
// the block changes least. Internal to Pipeline.

#ifndef QUANTC_LIB_PIPELINE_SPARSITYBLOCKS_H
#define QUANTC_LIB_PIPELINE_SPARSITYBLOCKS_H

#include "mlir/IR/BuiltinOps.h"
#include "quantc/Support/Progress.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace quantc {

struct BlockOptions {
  std::string dataPath;      ///< .npz with samples
  int64_t samples = 0;       ///< at most this many; 0: all
  std::string scratchPrefix; ///< of files that are gone afterwards
};

/// The share of its inputs that each product of `module` with a sparsity is to
/// leave out, in the order of findSparseProducts. `targets` are the shares that
/// the recipe asks for: a block keeps the mean of its products', weighted with
/// their parameters. `thresholdOf` gives the threshold of a product for a
/// share.
///
/// A block is what lies between two values that all later products depend on
/// through nothing else; where the model has attention, from one attention to
/// the next. All shares start at 0. A step adds 0.05 to the share of a product
/// as large as the block's median one, and to others what has as many
/// parameters. Each round takes the step after which the output of the block
/// differs least from the dense one: the squared difference, summed over the
/// last quarter of the positions of samples with 256 positions in all. What a
/// step adds to the error is measured again, after another step was taken, only
/// when it would be the least.
llvm::Expected<std::vector<double>>
allocateInBlocks(mlir::ModuleOp module, llvm::ArrayRef<double> targets,
                 llvm::function_ref<float(size_t, double)> thresholdOf,
                 const BlockOptions &options, ProgressReporter &progress);

} // namespace quantc

#endif // QUANTC_LIB_PIPELINE_SPARSITYBLOCKS_H
