//===- Lockstep.h - samples side by side ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs a compiled model with observers on several inputs so that all of them
// reach an observed place before any goes on. What happens at a place can so
// depend on all samples, and change weights that are used behind it.

#ifndef QUANTC_CALIBRATE_LOCKSTEP_H
#define QUANTC_CALIBRATE_LOCKSTEP_H

#include "quantc/Calibrate/ArtifactLoader.h"

namespace quantc {

/// What an observer sees of one input: `rows` rows of `cols` numbers.
struct ObservedRows {
  const float *data = nullptr;
  int64_t rows = 0, cols = 0;
};

/// One of the runs that wait for each other.
struct LockstepRun {
  const NamedArrays *inputs;
  llvm::ArrayRef<uint8_t> weights; ///< the bytes of the weights file
};

/// Runs `entry` of the model with the prefix `path` once for each of `runs`,
/// with one thread each and as many at a time as threadCount(). Where all have
/// come to observed place `id`, calls `atPlace` with what each of them has
/// there, in the order of `runs`; nothing runs meanwhile. Memory holds the
/// working memory of all of them.
///
/// The first error, of a run or of `atPlace`, ends all runs at their next place
/// and is returned.
llvm::Error runInLockstep(
    llvm::StringRef path, llvm::StringRef entry,
    llvm::ArrayRef<LockstepRun> runs,
    llvm::function_ref<llvm::Error(int64_t id, llvm::ArrayRef<ObservedRows>)>
        atPlace);

} // namespace quantc

#endif // QUANTC_CALIBRATE_LOCKSTEP_H
