//===- ParallelFor.h - deterministic parallel loops -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Parallel loops whose results cannot depend on the number of threads: the
// pieces of work are fixed by the caller's grain alone. Not a task system.

#ifndef QUANTC_SUPPORT_PARALLELFOR_H
#define QUANTC_SUPPORT_PARALLELFOR_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <cstdint>

namespace quantc {

/// Threads used by parallelFor; 0 asks for one per processor available. The
/// start value is 0. Not to be called while a loop runs.
void setThreadCount(unsigned count);
unsigned threadCount();

/// Calls `body(begin, end)` for the chunks [0, grain), [grain, 2 grain), ... of
/// [0, count), in any order and on several threads. The chunks never depend on
/// the number of threads, so a body that writes only what belongs to its own
/// chunk gives the same result always. Loops inside a body run serially.
/// `grain` must be positive.
void parallelFor(int64_t count, int64_t grain,
                 llvm::function_ref<void(int64_t begin, int64_t end)> body);

/// The same for bodies that can fail. Every chunk is run; the error of the
/// lowest failing chunk is returned, the others are dropped.
llvm::Error parallelForFallible(
    int64_t count, int64_t grain,
    llvm::function_ref<llvm::Error(int64_t begin, int64_t end)> body);

} // namespace quantc

#endif // QUANTC_SUPPORT_PARALLELFOR_H
