//===- LowerGPUDevice.cpp - the side of the GPU -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass lower-gpu-device: leaves the kernels, as functions that the usual
// conversions to the LLVM dialect know. That they are kernels is said again
// where PTX is made.

#include "ByteMma.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Target/Cuda.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERGPUDEVICE
#include "quantc/Lower/CUDA/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// NVVM's number of shared memory.
static constexpr int kSharedSpace = 3;
/// Where the last lane of a warp stands in the operand of a shuffle.
static constexpr int kLastLane = kWarpLanes - 1;

static Value toIndex(OpBuilder &b, Location loc, Value number) {
  return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), number);
}

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
  if (!isa<gpu::LaneIdOp, gpu::SubgroupIdOp>(op))
    return nullptr;
  // Blocks have one dimension: warps follow one another in it.
  Value thread = NVVM::ThreadIdXOp::create(b, loc, i32);
  Value lanes = arith::ConstantIntOp::create(b, loc, i32, kWarpLanes);
  if (isa<gpu::LaneIdOp>(op))
    return arith::RemUIOp::create(b, loc, thread, lanes);
  return arith::DivUIOp::create(b, loc, thread, lanes);
}

/// A shuffle of all lanes; null for a kind that there is none of.
static Value shuffle(OpBuilder &b, gpu::ShuffleOp op) {
  bool isXor = op.getMode() == gpu::ShuffleMode::XOR;
  if ((!isXor && op.getMode() != gpu::ShuffleMode::IDX) ||
      !isConstantIntValue(op.getWidth(), kWarpLanes) ||
      !op.getValid().use_empty())
    return nullptr;
  Location loc = op.getLoc();
  Value all = arith::ConstantIntOp::create(b, loc, b.getI32Type(), -1);
  Value last = arith::ConstantIntOp::create(b, loc, b.getI32Type(), kLastLane);
  return NVVM::ShflOp::create(
      b, loc, op.getValue().getType(), all, op.getValue(), op.getOffset(), last,
      isXor ? NVVM::ShflKind::bfly : NVVM::ShflKind::idx, UnitAttr());
}

static LogicalResult lowerGPUOp(Operation *op) {
  OpBuilder b(op);
  if (isa<gpu::BarrierOp>(op)) {
    NVVM::Barrier0Op::create(b, op->getLoc());
  } else if (auto exchange = dyn_cast<gpu::ShuffleOp>(op)) {
    Value value = shuffle(b, exchange);
    if (!value)
      return op->emitOpError("is no xor or idx of 32 lanes, without 'valid'");
    exchange.getShuffleResult().replaceAllUsesWith(value);
  } else {
    Value value = readRegister(b, op);
    if (!value)
      return op->emitOpError("has no register of a thread");
    op->getResult(0).replaceAllUsesWith(toIndex(b, op->getLoc(), value));
  }
  op->erase();
  return success();
}

static LogicalResult lowerOps(func::FuncOp function, bool hasByteMma) {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa<gpu::GPUDialect>(op->getDialect()) ||
        (!hasByteMma && isa<NVVM::MmaOp>(op)))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (auto product = dyn_cast<NVVM::MmaOp>(op))
      multiplyWithoutTensorCores(product);
    else if (failed(lowerGPUOp(op)))
      return failure();
  }
  return success();
}

/// Shared memory as a variable of the module.
static Value makeShared(OpBuilder &b, func::FuncOp function,
                        BlockArgument shared, unsigned number) {
  auto type = cast<MemRefType>(shared.getType());
  type = MemRefType::get(type.getShape(), type.getElementType(),
                         MemRefLayoutAttrInterface(),
                         b.getI32IntegerAttr(kSharedSpace));
  std::string name =
      ("shared_" + function.getName() + "_" + Twine(number)).str();
  OpBuilder outer(function);
  memref::GlobalOp::create(outer, shared.getLoc(), name,
                           outer.getStringAttr("private"), type,
                           /*initial_value=*/outer.getUnitAttr(),
                           /*constant=*/false, outer.getI64IntegerAttr(16));
  return memref::GetGlobalOp::create(b, shared.getLoc(), type, name);
}

/// The kernel as a function at the end of `body`.
static func::FuncOp toFunction(gpu::GPUFuncOp kernel, Block *body) {
  OpBuilder b = OpBuilder::atBlockEnd(body);
  auto function = func::FuncOp::create(b, kernel.getLoc(), kernel.getName(),
                                       kernel.getFunctionType());
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToStart(entry);
  IRMapping mapping;
  for (auto [from, to] :
       llvm::zip(kernel.getArguments(), entry->getArguments()))
    mapping.map(from, to);
  for (auto [i, shared] : llvm::enumerate(kernel.getWorkgroupAttributions()))
    mapping.map(shared, makeShared(b, function, shared, i));
  for (Operation &op : kernel.getBody().front().without_terminator())
    b.clone(op, mapping);
  func::ReturnOp::create(b, kernel.getLoc());
  return function;
}

namespace {
struct LowerGPUDevice : quantc::impl::LowerGPUDeviceBase<LowerGPUDevice> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Operation *> old;
    for (Operation &op : *getOperation().getBody())
      old.push_back(&op);
    getOperation()->removeAttr(gpu::GPUDialect::getContainerModuleAttrName());
    for (auto container : getOperation().getOps<gpu::GPUModuleOp>())
      if (failed(moveOut(container)))
        return signalPassFailure();
    // Callers before what they call.
    for (Operation *op : llvm::reverse(old))
      op->erase();
  }

  LogicalResult moveOut(gpu::GPUModuleOp container) {
    Block *body = getOperation().getBody();
    for (Operation &op : *container.getBody()) {
      if (isa<func::FuncOp, memref::GlobalOp>(op)) {
        body->push_back(op.clone());
      } else if (auto kernel = dyn_cast<gpu::GPUFuncOp>(op)) {
        ++numKernels;
        if (failed(lowerOps(toFunction(kernel, body), byteMma)))
          return failure();
      }
    }
    return success();
  }
};
} // namespace
