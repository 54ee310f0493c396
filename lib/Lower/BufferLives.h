//===- BufferLives.h - which buffers may share memory -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Liveness of the allocations of one straight-line function and their placement
// into slots. Knows nothing of how a slot is addressed.

#ifndef QUANTC_LIB_LOWER_BUFFERLIVES_H
#define QUANTC_LIB_LOWER_BUFFERLIVES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace quantc {

/// One allocation: from the position of the operation to that of the last
/// operation that touches the buffer or a view of it.
struct BufferLife {
  mlir::memref::AllocOp alloc;
  int64_t begin = 0;
  int64_t end = 0;
  unsigned slot = 0;
};

/// The allocations at the top level of `function` in order of their position.
llvm::SmallVector<BufferLife> findBufferLives(mlir::func::FuncOp function);

/// Gives each buffer a slot such that no two buffers of a slot live at the same
/// time; returns the number of slots. Among free slots the one that has to grow
/// least is taken; a dynamic size counts as `assumedSize` elements, which
/// affects only how tight the plan is.
unsigned assignSlots(llvm::MutableArrayRef<BufferLife> lives,
                     int64_t assumedSize = 256);

} // namespace quantc

#endif // QUANTC_LIB_LOWER_BUFFERLIVES_H
