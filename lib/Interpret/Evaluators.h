//===- Evaluators.h - the table of evaluators -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// An evaluator computes the results of one operation from those of others. They
// are found by the operation's name in Evaluators.def.

#ifndef QUANTC_LIB_INTERPRET_EVALUATORS_H
#define QUANTC_LIB_INTERPRET_EVALUATORS_H

#include "mlir/IR/Operation.h"
#include "quantc/Dialect/Qnt/DataReader.h"
#include "quantc/Interpret/Tensor.h"
#include "llvm/ADT/DenseMap.h"

namespace quantc {

/// What is known while operations are executed.
class Frame {
public:
  explicit Frame(qnt::DataReader &reader) : reader(reader) {}

  const Tensor &get(mlir::Value value) const {
    auto found = values.find(value);
    assert(found != values.end() && "operands are computed before their users");
    return found->second;
  }
  void set(mlir::Value value, Tensor tensor) {
    values[value] = std::move(tensor);
  }

  /// For values that nothing needs any more.
  void drop(mlir::Value value) { values.erase(value); }

  qnt::DataReader &reader;
  /// Bits that weights of planes are read at; 0: all of them.
  int64_t precision = 0;
  /// Sizes of the loops while the body of a linalg.generic is executed.
  llvm::ArrayRef<int64_t> loops;

private:
  llvm::DenseMap<mlir::Value, Tensor> values;
};

/// Sets the results of `op`. Fails with a diagnostic at it.
using Evaluator = llvm::LogicalResult (*)(mlir::Operation *op, Frame &frame);

/// Null when there is none for that name.
Evaluator findEvaluator(llvm::StringRef opName);

/// Executes the operations of a block, but not its terminator, and calls back
/// after each.
llvm::LogicalResult
runBlock(mlir::Block &block, Frame &frame,
         llvm::function_ref<void(mlir::Operation *)> afterOp);

/// Element type of a tensor type, or a scalar type itself.
mlir::Type elementOf(mlir::Value value);

/// Static sizes as they are, dynamic ones from the operands that give them.
llvm::SmallVector<int64_t> mixedSizes(llvm::ArrayRef<int64_t> fixed,
                                      mlir::ValueRange dynamic,
                                      const Frame &frame);

/// Steps between neighbours along each dimension of a row-major tensor.
llvm::SmallVector<int64_t> stridesOf(llvm::ArrayRef<int64_t> shape);

/// Makes a tensor of `shape` whose element number i is element `from(i)` of
/// `source`. A negative number leaves zero.
Tensor gather(const Tensor &source, llvm::ArrayRef<int64_t> shape,
              llvm::function_ref<int64_t(int64_t)> from);

/// Position number `index` in a row-major tensor of `shape`.
llvm::SmallVector<int64_t, 6> placeOf(int64_t index,
                                      llvm::ArrayRef<int64_t> shape);

#define QUANTC_EVALUATOR(name, function)                                       \
  llvm::LogicalResult function(mlir::Operation *op, Frame &frame);
#include "Evaluators.def"
/// Every operation of Elementwise.def.
llvm::LogicalResult evalElementwise(mlir::Operation *op, Frame &frame);

} // namespace quantc

#endif // QUANTC_LIB_INTERPRET_EVALUATORS_H
