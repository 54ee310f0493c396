//===- LowerOutline.cpp - one function for each kernel -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Moves operations that run code into functions, each distinct one once.

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Lower/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWEROUTLINE
#include "quantc/Lower/Passes.h.inc"
} // namespace quantc

/// True for what runs code over whole buffers.
static bool runsCode(Operation *op) {
  return isa<linalg::LinalgOp, memref::CopyOp>(op) ||
         (isa<quantc::kern::KernDialect>(op->getDialect()) &&
          !isa<quantc::kern::ConstantOp, quantc::kern::WeightOp>(op)) ||
         (op->getNumRegions() > 0 && !isa<func::FuncOp>(op));
}

/// What the operation takes from outside: operands, and values its body uses.
/// Constants are not among them: they are cloned.
static llvm::SetVector<Value> findInputs(Operation *op) {
  llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  values.remove_if([](Value value) {
    Operation *source = value.getDefiningOp();
    return source && source->hasTrait<OpTrait::ConstantLike>();
  });
  return values;
}

static llvm::SetVector<Operation *> findConstants(Operation *op) {
  llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  llvm::SetVector<Operation *> constants;
  for (Value value : values)
    if (Operation *source = value.getDefiningOp();
        source && source->hasTrait<OpTrait::ConstantLike>())
      constants.insert(source);
  return constants;
}

namespace {
struct LowerOutline : quantc::impl::LowerOutlineBase<LowerOutline> {
  void runOnOperation() override {
    SymbolTable table(getOperation());
    llvm::StringMap<func::FuncOp> known;
    SmallVector<Operation *> work;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isPrivate() && !function.isExternal())
        for (Operation &op : function.getBody().front())
          if (runsCode(&op))
            work.push_back(&op);
    for (Operation *op : work)
      outline(op, table, known);
  }

  void outline(Operation *op, SymbolTable &table,
               llvm::StringMap<func::FuncOp> &known) {
    llvm::SetVector<Value> inputs = findInputs(op);
    func::FuncOp function = build(op, inputs.getArrayRef());
    std::string text;
    llvm::raw_string_ostream os(text);
    function.print(os, OpPrintingFlags().useLocalScope());
    func::FuncOp &shared = known[text];
    if (shared) {
      function.erase();
    } else {
      shared = function;
      std::string name = ("kernel_" + op->getName().stripDialect()).str();
      std::replace(name.begin(), name.end(), '.', '_');
      shared.setName(name + "_" + std::to_string(known.size() - 1));
      table.insert(shared);
      ++functions;
    }
    OpBuilder b(op);
    func::CallOp::create(b, op->getLoc(), shared, inputs.getArrayRef());
    op->erase();
    ++calls;
  }

  /// A detached private function around a copy of `op`.
  func::FuncOp build(Operation *op, ArrayRef<Value> inputs) {
    OpBuilder b(&getContext());
    SmallVector<Type> types(ValueRange(inputs).getTypes());
    auto function = func::FuncOp::create(b, op->getLoc(), "kernel",
                                         b.getFunctionType(types, {}));
    function.setPrivate();
    Block *body = function.addEntryBlock();
    IRMapping mapping;
    mapping.map(inputs, body->getArguments());
    b.setInsertionPointToStart(body);
    for (Operation *constant : findConstants(op))
      b.clone(*constant, mapping);
    b.clone(*op, mapping);
    func::ReturnOp::create(b, op->getLoc());
    return function;
  }
};
} // namespace
