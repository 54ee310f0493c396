//===- SimulateGPUGrid.cpp - grids of threads as loops ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass simulate-gpu-grid: the same code for a thread as on a GPU, run by
// the CPU. Grids and blocks have one dimension.

#include "mlir/IR/IRMapping.h"
#include "quantc/Lower/CUDA/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_SIMULATEGPUGRID
#include "quantc/Lower/CUDA/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// Refuses what one thread after the other cannot do.
static LogicalResult checkKernel(gpu::GPUFuncOp kernel) {
  if (!kernel.getKnownBlockSize())
    return kernel.emitOpError("has no known block size to simulate");
  if (kernel.getNumWorkgroupAttributions() ||
      kernel.getNumPrivateAttributions())
    return kernel.emitOpError(
        "has memory attributions, which are not simulated");
  WalkResult result = kernel.walk([](Operation *op) {
    if (!isa<gpu::GPUDialect>(op->getDialect()) ||
        isa<gpu::GPUFuncOp, gpu::ReturnOp>(op))
      return WalkResult::advance();
    auto isX = [](auto id) { return id.getDimension() == gpu::Dimension::x; };
    bool isKnown = false;
    if (auto id = dyn_cast<gpu::BlockIdOp>(op))
      isKnown = isX(id);
    else if (auto id = dyn_cast<gpu::ThreadIdOp>(op))
      isKnown = isX(id);
    else if (auto size = dyn_cast<gpu::BlockDimOp>(op))
      isKnown = isX(size);
    if (isKnown)
      return WalkResult::advance();
    op->emitOpError("is not simulated");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

namespace {
struct SimulateGPUGrid : quantc::impl::SimulateGPUGridBase<SimulateGPUGrid> {
  using Base::Base;

  void runOnOperation() override {
    if (order != "forward" && order != "backward") {
      getOperation().emitError("unknown order '")
          << order << "' of simulate-gpu-grid; expected forward or backward";
      return signalPassFailure();
    }
    SmallVector<gpu::LaunchFuncOp> launches;
    getOperation().walk(
        [&](gpu::LaunchFuncOp launch) { launches.push_back(launch); });
    SymbolTable table(getOperation());
    DenseMap<Operation *, func::FuncOp> simulated;
    for (gpu::LaunchFuncOp launch : launches) {
      auto kernel = SymbolTable::lookupNearestSymbolFrom<gpu::GPUFuncOp>(
          launch, launch.getKernel());
      func::FuncOp &function = simulated[kernel];
      if (!function) {
        if (failed(checkKernel(kernel)))
          return signalPassFailure();
        function = simulate(kernel);
        table.insert(function);
        ++numKernels;
      }
      replace(launch, function);
    }
    for (auto container :
         llvm::make_early_inc_range(getOperation().getOps<gpu::GPUModuleOp>()))
      container.erase();
  }

  /// A detached function of the number of blocks and the kernel's arguments.
  func::FuncOp simulate(gpu::GPUFuncOp kernel) {
    OpBuilder b(&getContext());
    Location loc = kernel.getLoc();
    SmallVector<Type> types{b.getIndexType()};
    llvm::append_range(types, kernel.getArgumentTypes());
    auto function =
        func::FuncOp::create(b, loc, ("simulated_" + kernel.getName()).str(),
                             b.getFunctionType(types, {}));
    function.setPrivate();
    Block *body = function.addEntryBlock();
    b.setInsertionPointToStart(body);
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    Value size = arith::ConstantIndexOp::create(
        b, loc, (*kernel.getKnownBlockSize())[0]);
    Value blocks = body->getArgument(0);
    auto grid = scf::ParallelOp::create(b, loc, ValueRange{zero},
                                        ValueRange{blocks}, ValueRange{one});
    func::ReturnOp::create(b, loc);
    b.setInsertionPointToStart(grid.getBody());
    IRMapping mapping;
    mapping.map(kernel.getArguments(), body->getArguments().drop_front());
    // Threads run one after the other, so that scratch serves all of a block.
    Block &code = kernel.getBody().front();
    for (Operation &op : code)
      if (isa<memref::AllocaOp>(op))
        b.clone(op, mapping);
    auto threads = scf::ForOp::create(b, loc, zero, size, one);
    b.setInsertionPointToStart(threads.getBody());
    Value block = inOrder(b, loc, grid.getInductionVars()[0], blocks, one);
    Value thread = inOrder(b, loc, threads.getInductionVar(), size, one);
    for (Operation &op : code.without_terminator())
      if (!isa<memref::AllocaOp>(op))
        b.clone(op, mapping);
    function.walk([&](Operation *op) {
      Value known = isa<gpu::BlockIdOp>(op)    ? block
                    : isa<gpu::ThreadIdOp>(op) ? thread
                    : isa<gpu::BlockDimOp>(op) ? size
                                               : Value();
      if (!known)
        return;
      op->getResult(0).replaceAllUsesWith(known);
      op->erase();
    });
    return function;
  }

  Value inOrder(OpBuilder &b, Location loc, Value number, Value count,
                Value one) {
    if (order == "forward")
      return number;
    Value last = arith::SubIOp::create(b, loc, count, one);
    return arith::SubIOp::create(b, loc, last, number);
  }

  static void replace(gpu::LaunchFuncOp launch, func::FuncOp function) {
    OpBuilder b(launch);
    SmallVector<Value> arguments{launch.getGridSizeX()};
    llvm::append_range(arguments, launch.getKernelOperands());
    func::CallOp::create(b, launch.getLoc(), function, arguments);
    launch.erase();
  }
};
} // namespace
