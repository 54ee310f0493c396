//===- ElementNest.h - loops over the elements of buffers -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A perfect nest of loops whose body computes one element of each output from
// one element of each input. Decides how it runs: which loops become one,
// whether the innermost is in vectors, what threads share. What is computed is
// the caller's.

#ifndef QUANTC_LIB_LOWER_CPU_ELEMENTNEST_H
#define QUANTC_LIB_LOWER_CPU_ELEMENTNEST_H

#include "KernelBuilder.h"
#include "mlir/IR/AffineMap.h"

namespace quantc {

class ElementNest {
public:
  using Value = mlir::Value;
  using Values = KernelBuilder::Values;

  /// Which element of a memref belongs to an iteration: `map` takes the loops'
  /// indices to those of the memref. A scalar is the same everywhere.
  struct Access {
    Value value;
    mlir::AffineMap map;

    bool isScalar() const {
      return !llvm::isa<mlir::MemRefType>(value.getType());
    }
    mlir::MemRefType type() const {
      return llvm::cast<mlir::MemRefType>(value.getType());
    }
  };

  /// Computes the outputs' elements from the inputs'. With `lanes`, values are
  /// vectors of that many consecutive iterations of the innermost loop;
  /// without, scalars. `loops` are the indices (of the first lane).
  using Body = llvm::function_ref<mlir::FailureOr<Values>(
      Values inputs, Values loops, int64_t lanes)>;

  llvm::SmallVector<Value> sizes;
  llvm::SmallVector<Access> inputs, outputs;
  /// The loops that are not parallel, by number. Their results depend on the
  /// order, which is that of the loops.
  llvm::SmallVector<int64_t> reductions;
  /// The body can be built on vectors.
  bool onVectors = true;
  /// The body uses the loops' indices, so the loops must stay.
  bool usesLoops = false;

  mlir::LogicalResult emit(KernelBuilder &b, Body body);

private:
  enum class Stride { None, One, Other };

  size_t last() const { return sizes.size() - 1; }
  /// How an access moves in memory with a loop.
  Stride strideOf(const Access &access, int64_t loop) const;
  bool canVectorize() const;
  /// A loop along which some memory is contiguous although it is not the last;
  /// -1 if there is none.
  int64_t crossLoop() const;

  void fuseLoops(KernelBuilder &b);
  bool canFuse(int64_t loop) const;
  void fuse(KernelBuilder &b, int64_t loop);

  void emitVectors(KernelBuilder &b);
  void emitVectorRow(KernelBuilder &b, Values outer, Value begin, Value end);
  void emitScalars(KernelBuilder &b);
  void emitElements(KernelBuilder &b);
  void emitCrossed(KernelBuilder &b, int64_t cross);
  void emitReduction(KernelBuilder &b);
  void emitPoint(KernelBuilder &b, Values loops);

  Values indices(KernelBuilder &b, const Access &access, const Values &loops);
  Value load(KernelBuilder &b, const Access &access, const Values &loops);

  std::optional<Body> body;
  bool failed = false;
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_ELEMENTNEST_H
