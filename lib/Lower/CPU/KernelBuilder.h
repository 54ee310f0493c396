//===- KernelBuilder.h - convenience for kernel generators ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// An OpBuilder with short names for what kernels are made of: constants, index
// arithmetic that folds, loops, vectors of 16 lanes. Decides nothing: which
// loops a kernel has is up to its generator.

#ifndef QUANTC_LIB_LOWER_CPU_KERNELBUILDER_H
#define QUANTC_LIB_LOWER_CPU_KERNELBUILDER_H

#include "Level.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <type_traits>

namespace quantc {

/// Lanes of every fp32 vector. LLVM splits them on narrower machines.
inline constexpr int64_t kLanes = 16;

class KernelBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using Value = mlir::Value;
  using ValueRange = mlir::ValueRange;
  using Values = llvm::SmallVector<mlir::Value>;

  /// Builds before `op`, with its location.
  KernelBuilder(mlir::Operation *op, Level level)
      : ImplicitLocOpBuilder(op->getLoc(), op), theLevel(level) {}

  Level level() const { return theLevel; }

  //===-- types and constants --------------------------------------------===//

  mlir::VectorType vecType(mlir::Type element, int64_t lanes = kLanes) {
    return mlir::VectorType::get({lanes}, element);
  }
  mlir::VectorType f32Vec(int64_t lanes = kLanes) {
    return vecType(getF32Type(), lanes);
  }
  mlir::VectorType i32Vec(int64_t lanes = kLanes) {
    return vecType(getI32Type(), lanes);
  }

  Value idx(int64_t value);
  Value f32(float value);
  Value i32(int32_t value);
  /// A constant integer or float of the given type; a splat if it is a vector.
  Value constant(mlir::Type type, double value);
  Value splatF32(float value, int64_t lanes = kLanes) {
    return constant(f32Vec(lanes), value);
  }

  //===-- index arithmetic; constants fold -------------------------------===//

  Value add(Value a, Value b);
  Value add(Value a, int64_t b) { return add(a, idx(b)); }
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value mul(Value a, int64_t b) { return mul(a, idx(b)); }
  /// Operands are not negative, divisors positive.
  Value floorDiv(Value a, Value b);
  Value rem(Value a, Value b);
  Value ceilDiv(Value a, Value b);
  Value floorDiv(Value a, int64_t b) { return floorDiv(a, idx(b)); }
  Value rem(Value a, int64_t b) { return rem(a, idx(b)); }
  Value ceilDiv(Value a, int64_t b) { return ceilDiv(a, idx(b)); }
  Value min(Value a, Value b);
  Value max(Value a, Value b);
  /// Comparisons of index or integer values, signed.
  Value cmp(mlir::arith::CmpIPredicate predicate, Value a, Value b);
  Value less(Value a, Value b) {
    return cmp(mlir::arith::CmpIPredicate::slt, a, b);
  }
  Value equal(Value a, Value b) {
    return cmp(mlir::arith::CmpIPredicate::eq, a, b);
  }

  /// The value if it is a constant.
  static std::optional<int64_t> constantOf(Value value);

  //===-- shapes ----------------------------------------------------------===//

  /// Size of a dimension of a memref: a constant if the type says so.
  Value dim(Value memref, int64_t dimension);
  /// Product of all dimensions but the last; 1 for rank 1.
  Value rows(Value memref);
  /// A view [rows, last dimension] of a memref whose leading dimensions can be
  /// collapsed; null if its strides forbid it.
  Value flattenRows(Value memref);
  /// A view [elements] of a memref that can be collapsed; null otherwise.
  Value flatten(Value memref);
  /// `count` rows of a two-dimensional memref from row `first` on.
  Value rowsFrom(Value memref, Value first, Value count);
  /// Static scratch on the stack, aligned to a cache line.
  Value scratch(llvm::ArrayRef<int64_t> shape, mlir::Type element);

  //===-- control ---------------------------------------------------------===//

  /// Work items 0 .. count-1, shared among threads. Use it once, outermost. A
  /// constant count of 1 runs in place.
  void parallelFor(Value count, llvm::function_ref<void(Value)> body);
  /// The same with `grain` neighbours in one work item. An item should be worth
  /// handing to another thread: kGrainSteps fused multiply-adds or more. A GPU
  /// takes every neighbour as an item.
  void parallelFor(Value count, int64_t grain,
                   llvm::function_ref<void(Value)> body);
  static constexpr int64_t kGrainSteps = 100000;
  /// Elements of a work item in a pass over a flat buffer: `wanted`, a multiple
  /// of the lanes, or one vector where a work item is a thread of a GPU.
  int64_t chunk(int64_t wanted) const {
    return theLevel.isDevice() ? kLanes : wanted;
  }
  /// Neighbours to put into one item where each has `steps` multiply-adds.
  static int64_t grainOf(int64_t steps) {
    return (kGrainSteps + steps - 1) / std::max<int64_t>(steps, 1);
  }

  /// for (i = low; i < high; i += step), carrying values from one iteration to
  /// the next; returns the last ones.
  Values forLoop(Value low, Value high, Value step, ValueRange init,
                 llvm::function_ref<Values(Value, ValueRange)> body);
  Values forLoop(Value low, Value high, int64_t step, ValueRange init,
                 llvm::function_ref<Values(Value, ValueRange)> body) {
    return forLoop(low, high, idx(step), init, body);
  }
  /// The same without carried values.
  void forLoop(Value low, Value high, int64_t step,
               llvm::function_ref<void(Value)> body);

  /// Both branches return as many values; `orElse` may be empty if that is
  /// none. A constant condition builds only the branch that is taken.
  Values ifThen(Value condition, llvm::function_ref<Values()> then,
                llvm::function_ref<Values()> orElse);
  template <typename Then>
    requires std::is_void_v<std::invoke_result_t<Then>>
  void ifThen(Value condition, Then then,
              llvm::function_ref<void()> orElse = nullptr) {
    ifThenVoid(condition, then, orElse);
  }

  //===-- memory ----------------------------------------------------------===//

  Value load(Value memref, ValueRange indices);
  void store(Value value, Value memref, ValueRange indices);
  /// `lanes` consecutive elements of the last dimension.
  Value loadVec(Value memref, ValueRange indices, int64_t lanes = kLanes);
  /// The same from stored weights, at a multiple of 16 bytes from their start.
  /// A GPU loads bytes one by one unless it knows that.
  Value loadWeights(Value memref, ValueRange indices, int64_t lanes = kLanes);
  void storeVec(Value vector, Value memref, ValueRange indices);
  /// The same at a multiple of the vector's size, or of 16 bytes, from the
  /// start of a buffer that starts on 16 bytes: one access of a GPU.
  Value loadAligned(Value memref, ValueRange indices, int64_t lanes);
  void storeAligned(Value vector, Value memref, ValueRange indices);
  /// Of the lanes only the first `count` are in memory: the others read as zero
  /// and are not written. `count` >= 0 may exceed the lanes.
  Value loadTail(Value memref, ValueRange indices, Value count,
                 int64_t lanes = kLanes);
  void storeTail(Value vector, Value memref, ValueRange indices, Value count);
  /// One element in all lanes.
  Value loadSplat(Value memref, ValueRange indices, int64_t lanes = kLanes);
  /// Fetches the line of an element into the nearest cache. The address may lie
  /// behind the end of the memref.
  void prefetch(Value memref, ValueRange indices);

  //===-- values ----------------------------------------------------------===//

  Value splat(Value scalar, int64_t lanes = kLanes);
  /// a * b + c with one rounding, on every level the same.
  Value fma(Value a, Value b, Value c);
  Value addf(Value a, Value b) { return create<mlir::arith::AddFOp>(a, b); }
  Value subf(Value a, Value b) { return create<mlir::arith::SubFOp>(a, b); }
  Value mulf(Value a, Value b) { return create<mlir::arith::MulFOp>(a, b); }
  Value divf(Value a, Value b) { return create<mlir::arith::DivFOp>(a, b); }
  /// max(x, 0); NaN stays NaN.
  Value relu(Value x);

  /// Short for Op::create with this builder.
  template <typename Op, typename... Args> Op create(Args &&...args) {
    return Op::create(*this, std::forward<Args>(args)...);
  }

private:
  void ifThenVoid(Value condition, llvm::function_ref<void()> then,
                  llvm::function_ref<void()> orElse);

  Level theLevel;
};

} // namespace quantc

#endif // QUANTC_LIB_LOWER_CPU_KERNELBUILDER_H
