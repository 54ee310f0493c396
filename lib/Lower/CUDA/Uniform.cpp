//===- Uniform.cpp - what is the same for many threads ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See Uniform.h. It also checks what the simulation of a block needs to be
// uniform.

#include "Uniform.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantc/Target/Cuda.h"

using namespace mlir;
using namespace quantc;

Waiting quantc::waitingAt(Operation *op) {
  if (isa<gpu::BarrierOp>(op))
    return Waiting::Block;
  if (isa<gpu::ShuffleOp, NVVM::MmaOp>(op))
    return Waiting::Warp;
  Waiting most = Waiting::Nobody;
  for (Region &region : op->getRegions())
    for (Operation &inner : region.getOps())
      most = std::max(most, waitingAt(&inner));
  return most;
}

/// The values that decide what `value` is, or nothing if others do, too.
static std::optional<SmallVector<Value>> decidingOf(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    Operation *owner = argument.getOwner()->getParentOp();
    auto loop = dyn_cast<scf::ForOp>(owner);
    if (loop && argument == loop.getInductionVar() &&
        waitingAt(loop) != Waiting::Nobody)
      return SmallVector<Value>{loop.getLowerBound(), loop.getUpperBound(),
                                loop.getStep()};
    if (isa<gpu::GPUFuncOp>(owner))
      return SmallVector<Value>();
    return std::nullopt;
  }
  Operation *op = value.getDefiningOp();
  if (isa<gpu::ThreadIdOp, gpu::LaneIdOp, gpu::ShuffleOp>(op) ||
      op->getNumRegions() || !isMemoryEffectFree(op))
    return std::nullopt;
  return SmallVector<Value>(op->getOperands());
}

Waiting Uniformity::find(Value value) {
  auto deciding = decidingOf(value);
  if (!deciding)
    return Waiting::Nobody;
  Waiting least =
      value.getDefiningOp<gpu::SubgroupIdOp>() ? Waiting::Warp : Waiting::Block;
  for (Value other : *deciding)
    least = std::min(least, of(other));
  return least;
}

Waiting Uniformity::of(Value value) {
  auto known = found.find(value);
  if (known != found.end())
    return known->second;
  return found[value] = find(value);
}

//===-- checks
//-------------------------------------------------------------===//

/// Fails where some threads could wait for others that never come.
static LogicalResult checkArrival(Operation *op, Uniformity &uniformity) {
  Waiting scope = waitingAt(op);
  StringRef who = scope == Waiting::Block ? "block" : "warp";
  SmallVector<Value> deciding;
  if (auto loop = dyn_cast<scf::ForOp>(op))
    deciding = {loop.getLowerBound(), loop.getUpperBound(), loop.getStep()};
  else if (auto choice = dyn_cast<scf::IfOp>(op))
    deciding = {choice.getCondition()};
  else
    return op->emitOpError(
        "holds threads that wait for each other, which is not simulated");
  for (Value value : deciding)
    if (uniformity.of(value) < scope)
      return op->emitOpError("holds threads that wait for each other, but is "
                             "not plainly the same for all of a ")
             << who;
  return success();
}

static LogicalResult checkMma(NVVM::MmaOp op) {
  auto are = [&](NVVM::MMATypes a, NVVM::MMATypes b, int64_t columns) {
    NVVM::MMAShapeAttr shape = op.getShape();
    return op.getMultiplicandAPtxType() == a &&
           op.getMultiplicandBPtxType() == b && shape.getM() == 16 &&
           shape.getN() == 8 && shape.getK() == columns;
  };
  bool isOfBytes = are(NVVM::MMATypes::u8, NVVM::MMATypes::s8, 32) &&
                   op.getIntOverflowBehavior() == NVVM::MMAIntOverflow::wrapped;
  bool isOfBits = are(NVVM::MMATypes::b1, NVVM::MMATypes::b1, 256) &&
                  op.getB1Op() == NVVM::MMAB1Op::and_popc;
  bool isTaken = llvm::all_of(op->getUsers(), [](Operation *user) {
    return isa<LLVM::ExtractValueOp>(user);
  });
  if ((isOfBytes || isOfBits) && isTaken)
    return success();
  return op.emitOpError("is not simulated; known are m16n8k32 of u8 and s8, "
                        "wrapped, and m16n8k256 of b1, and_popc");
}

static LogicalResult checkShuffle(gpu::ShuffleOp op) {
  bool isKnown = op.getMode() == gpu::ShuffleMode::XOR ||
                 op.getMode() == gpu::ShuffleMode::IDX;
  if (isKnown && isConstantIntValue(op.getWidth(), kWarpLanes) &&
      op.getValid().use_empty())
    return success();
  return op.emitOpError(
      "is not simulated; known are xor and idx of 32 lanes, without 'valid'");
}

static bool isSharedView(Operation *op) {
  return llvm::any_of(op->getResultTypes(), [](Type type) {
    auto memref = dyn_cast<MemRefType>(type);
    return memref && gpu::GPUDialect::hasWorkgroupMemoryAddressSpace(memref);
  });
}

LogicalResult quantc::checkBlock(gpu::GPUFuncOp kernel) {
  Uniformity uniformity;
  WalkResult result = kernel.walk([&](Operation *op) {
    LogicalResult checked = success();
    if (auto product = dyn_cast<NVVM::MmaOp>(op))
      checked = checkMma(product);
    else if (auto shuffle = dyn_cast<gpu::ShuffleOp>(op))
      checked = checkShuffle(shuffle);
    else if (isa<memref::AllocaOp>(op))
      checked = op->emitOpError("is memory of a thread, which is not simulated "
                                "beside threads that wait for each other");
    else if (isSharedView(op))
      checked = op->emitOpError("is a view of shared memory, which is not "
                                "simulated");
    else if (op != kernel && op->getNumRegions() &&
             waitingAt(op) != Waiting::Nobody)
      checked = checkArrival(op, uniformity);
    return failed(checked) ? WalkResult::interrupt() : WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}
