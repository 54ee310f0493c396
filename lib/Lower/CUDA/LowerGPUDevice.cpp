//===- LowerGPUDevice.cpp - the side of the GPU -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass lower-gpu-device: leaves the kernels, as functions that the usual
// conversions to the LLVM dialect know. That they are kernels is said again
// where PTX is made.

#include "mlir/IR/IRMapping.h"
#include "quantc/Lower/CUDA/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERGPUDEVICE
#include "quantc/Lower/CUDA/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// The register with what `op` gives, or null.
static Value readRegister(OpBuilder &b, Operation *op) {
  Location loc = op->getLoc();
  Type i32 = b.getI32Type();
  auto isX = [](auto id) { return id.getDimension() == gpu::Dimension::x; };
  if (auto id = dyn_cast<gpu::BlockIdOp>(op); id && isX(id))
    return NVVM::BlockIdXOp::create(b, loc, i32);
  if (auto id = dyn_cast<gpu::ThreadIdOp>(op); id && isX(id))
    return NVVM::ThreadIdXOp::create(b, loc, i32);
  if (auto size = dyn_cast<gpu::BlockDimOp>(op); size && isX(size))
    return NVVM::BlockDimXOp::create(b, loc, i32);
  return nullptr;
}

static LogicalResult lowerIds(func::FuncOp function) {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa<gpu::GPUDialect>(op->getDialect()))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    OpBuilder b(op);
    Value value = readRegister(b, op);
    if (!value)
      return op->emitOpError("has no register of a thread");
    Value index =
        arith::IndexCastUIOp::create(b, op->getLoc(), b.getIndexType(), value);
    op->getResult(0).replaceAllUsesWith(index);
    op->erase();
  }
  return success();
}

static func::FuncOp toFunction(gpu::GPUFuncOp kernel) {
  OpBuilder b(kernel.getContext());
  auto function = func::FuncOp::create(b, kernel.getLoc(), kernel.getName(),
                                       kernel.getFunctionType());
  Block *body = function.addEntryBlock();
  b.setInsertionPointToStart(body);
  IRMapping mapping;
  mapping.map(kernel.getArguments(), body->getArguments());
  for (Operation &op : kernel.getBody().front().without_terminator())
    b.clone(op, mapping);
  func::ReturnOp::create(b, kernel.getLoc());
  return function;
}

namespace {
struct LowerGPUDevice : quantc::impl::LowerGPUDeviceBase<LowerGPUDevice> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> functions;
    SmallVector<Operation *> tables;
    for (auto container : getOperation().getOps<gpu::GPUModuleOp>())
      for (Operation &op : *container.getBody()) {
        if (auto callee = dyn_cast<func::FuncOp>(op)) {
          functions.push_back(callee.clone());
        } else if (isa<memref::GlobalOp>(op)) {
          tables.push_back(op.clone());
        } else if (auto kernel = dyn_cast<gpu::GPUFuncOp>(op)) {
          functions.push_back(toFunction(kernel));
          ++numKernels;
        }
      }
    Block *body = getOperation().getBody();
    // Callers before what they call.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*body)))
      op.erase();
    getOperation()->removeAttr(gpu::GPUDialect::getContainerModuleAttrName());
    for (Operation *table : tables)
      body->push_back(table);
    for (func::FuncOp function : functions) {
      body->push_back(function);
      if (failed(lowerIds(function)))
        return signalPassFailure();
    }
  }
};
} // namespace
