//===- RuntimeCalls.cpp - calls of the runtime from kernels -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Declares each function once in the module, then calls it.

#include "RuntimeCalls.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace quantc;

static func::CallOp callRuntime(KernelBuilder &b, Operation *op, StringRef name,
                                ValueRange arguments, TypeRange results = {}) {
  auto module = op->getParentOfType<ModuleOp>();
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto type = b.getFunctionType(arguments.getTypes(), results);
    b.create<func::FuncOp>(name, type).setPrivate();
  }
  return b.create<func::CallOp>(name, results, arguments);
}

static Value toI64(KernelBuilder &b, Value index) {
  return b.create<arith::IndexCastOp>(b.getI64Type(), index);
}

void quantc::callReport(KernelBuilder &b, Operation *op, int32_t code,
                        Value value) {
  callRuntime(b, op, "qc_rt_report", {b.i32(code), toI64(b, value)});
}

Value quantc::callPrecision(KernelBuilder &b, Operation *op) {
  return callRuntime(b, op, "qc_rt_precision", {}, b.getI32Type()).getResult(0);
}

void quantc::callObserveRows(KernelBuilder &b, Operation *op, int64_t id,
                             Value memref) {
  int64_t rank = cast<MemRefType>(memref.getType()).getRank();
  Value address =
      toI64(b, b.create<memref::ExtractAlignedPointerAsIndexOp>(memref));
  Value pointer = b.create<LLVM::IntToPtrOp>(
      LLVM::LLVMPointerType::get(b.getContext()), address);
  Value columns = rank == 0 ? b.idx(1) : b.dim(memref, rank - 1);
  callRuntime(b, op, "qc_rt_observe_rows",
              {b.create<arith::ConstantOp>(b.getI64IntegerAttr(id)), pointer,
               toI64(b, b.rows(memref)), toI64(b, columns)});
}
