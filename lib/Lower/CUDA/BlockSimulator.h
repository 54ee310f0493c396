//===- BlockSimulator.h - threads of a block in lock step -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs the threads of a block that work together as loops over warps and lanes,
// cut where threads wait for each other. What the grid is made of, and kernels
// whose threads know nothing of each other, are up to the pass
// simulate-gpu-grid.

#ifndef QUANTC_LIB_LOWER_CUDA_BLOCKSIMULATOR_H
#define QUANTC_LIB_LOWER_CUDA_BLOCKSIMULATOR_H

#include "Uniform.h"
#include "mlir/IR/IRMapping.h"

namespace quantc {

/// sum + the products of unsigned bytes with signed ones, four of each: what
/// nvvm.dot.accumulate.4way computes.
mlir::Value emitByteProducts(mlir::OpBuilder &b, mlir::Location loc,
                             mlir::Value bytes, mlir::Value signedBytes,
                             mlir::Value sum);

/// Emits one block of a kernel that checkBlock accepts.
class BlockSimulator {
public:
  using Value = mlir::Value;

  /// Emits at `b`, which is inside of the loop over blocks. `arguments` maps
  /// the kernel's arguments.
  BlockSimulator(mlir::OpBuilder &b, mlir::gpu::GPUFuncOp kernel,
                 const mlir::IRMapping &arguments, Value block, bool isBackward)
      : b(b), kernel(kernel), block(block), isBackward(isBackward),
        known(arguments) {}

  void emit();

private:
  using Body = llvm::function_ref<void()>;

  void makeShared();
  void fillShared(Value buffer);
  /// Numbers the pieces of code between two points of waiting.
  void numberPieces(mlir::Block &code);
  int64_t pieceOf(mlir::Operation *op) const;
  /// True for what is computed anew where it is needed.
  bool isRecomputed(mlir::Operation *op);
  bool isNeededAfter(Value value, int64_t piece);
  Value arrayOf(Value value);

  void emitRun(llvm::ArrayRef<mlir::Operation *> ops, Waiting scope);
  void emitWaiting(mlir::Operation *op, Waiting scope);
  void emitPiece(llvm::ArrayRef<mlir::Operation *> ops, Waiting scope);
  void emitFor(mlir::scf::ForOp loop, Waiting scope);
  void emitIf(mlir::scf::IfOp choice, Waiting scope);
  void emitShuffle(mlir::gpu::ShuffleOp op);
  void emitMma(mlir::NVVM::MmaOp op);
  Value emitMmaElement(const llvm::SmallVectorImpl<Value> &operands,
                       bool isOfBits, Value lane, int64_t element);

  void forThreads(Waiting scope, Body body);
  void forWarps(Body body);
  void forLanes(Body body);
  void loop(int64_t count, llvm::function_ref<void(Value)> body);
  void storeAll(mlir::ValueRange from, mlir::ValueRange to, Waiting scope);

  /// The value in the code that is emitted now: as it is known, from the
  /// thread's place in an array, or computed again.
  Value get(Value value);
  Value getId(mlir::Operation *op);
  void replaceIds(mlir::Operation *copy);
  Value load(Value value, Value thread);
  Value constant(int64_t value);
  Value add(Value a, Value b);
  Value multiply(Value a, int64_t by);

  mlir::OpBuilder &b;
  mlir::gpu::GPUFuncOp kernel;
  Value block;
  bool isBackward;
  mlir::IRMapping known;
  Value warp, lane, thread; ///< of the code that is emitted now, or null
  mlir::Operation *arraysEnd = nullptr; ///< arrays are made before it
  Uniformity uniformity;
  llvm::DenseMap<mlir::Operation *, int64_t> pieces;
  int64_t numPieces = 0;
  llvm::DenseMap<Value, Value> arrays; ///< an element for each thread
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CUDA_BLOCKSIMULATOR_H
