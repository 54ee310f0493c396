//===- SimulateGPUGrid.cpp - grids of threads as loops ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass simulate-gpu-grid: the same code for a thread as on a GPU, run by
// the CPU. Grids and blocks have one dimension. Threads that work together are
// in BlockSimulator.cpp.

#include "BlockSimulator.h"
#include "quantc/Target/Cuda.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_SIMULATEGPUGRID
#include "quantc/Lower/CUDA/Passes.h.inc"
} // namespace quantc

using namespace quantc;

/// True if threads of a block have to do with each other.
static bool worksTogether(gpu::GPUFuncOp kernel) {
  WalkResult result = kernel.walk([](Operation *op) {
    bool isShared = isa<gpu::BarrierOp, gpu::ShuffleOp, gpu::LaneIdOp,
                        gpu::SubgroupIdOp, NVVM::MmaOp>(op);
    return isShared ? WalkResult::interrupt() : WalkResult::advance();
  });
  return result.wasInterrupted() || kernel.getNumWorkgroupAttributions();
}

static bool isSimulated(Operation *op) {
  auto isX = [](auto id) { return id.getDimension() == gpu::Dimension::x; };
  if (auto id = dyn_cast<gpu::BlockIdOp>(op))
    return isX(id);
  if (auto id = dyn_cast<gpu::ThreadIdOp>(op))
    return isX(id);
  if (auto size = dyn_cast<gpu::BlockDimOp>(op))
    return isX(size);
  if (auto dot = dyn_cast<NVVM::DotAccumulate4WayOp>(op))
    return dot.getAType() == NVVM::DotAccumulateType::UNSIGNED &&
           dot.getBType() == NVVM::DotAccumulateType::SIGNED;
  return !isa<gpu::GPUDialect>(op->getDialect()) ||
         isa<gpu::GPUFuncOp, gpu::ReturnOp, gpu::BarrierOp, gpu::ShuffleOp,
             gpu::LaneIdOp, gpu::SubgroupIdOp>(op);
}

/// Refuses what is not simulated.
static LogicalResult checkKernel(gpu::GPUFuncOp kernel) {
  if (!kernel.getKnownBlockSize())
    return kernel.emitOpError("has no known block size to simulate");
  if (kernel.getNumPrivateAttributions())
    return kernel.emitOpError(
        "has private memory attributions, which are not simulated");
  // A launch passes nothing else, see lower-gpu-launches.
  for (Type type : kernel.getArgumentTypes())
    if (!type.isIndex() && !isa<MemRefType>(type))
      return kernel.emitOpError("takes a value of type ")
             << type << ", which no launch passes; expected buffers and sizes";
  WalkResult result = kernel.walk([](Operation *op) {
    if (isSimulated(op))
      return WalkResult::advance();
    op->emitOpError("is not simulated");
    return WalkResult::interrupt();
  });
  if (result.wasInterrupted())
    return failure();
  if (!worksTogether(kernel))
    return success();
  if ((*kernel.getKnownBlockSize())[0] % kWarpLanes)
    return kernel.emitOpError("has threads that work together, but a block is "
                              "not made of whole warps");
  return checkBlock(kernel);
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
    Value blocks = body->getArgument(0);
    auto grid = scf::ParallelOp::create(b, loc, ValueRange{zero},
                                        ValueRange{blocks}, ValueRange{one});
    func::ReturnOp::create(b, loc);
    b.setInsertionPointToStart(grid.getBody());
    IRMapping mapping;
    for (auto [from, to] :
         llvm::zip(kernel.getArguments(), body->getArguments().drop_front()))
      mapping.map(from, to);
    Value block = inOrder(b, loc, grid.getInductionVars()[0], blocks, one);
    if (worksTogether(kernel))
      BlockSimulator(b, kernel, mapping, block, order == "backward").emit();
    else
      runOneByOne(b, kernel, mapping, block);
    function.walk([](NVVM::DotAccumulate4WayOp op) {
      OpBuilder at(op);
      op.replaceAllUsesWith(
          emitByteProducts(at, op.getLoc(), op.getA(), op.getB(), op.getC()));
      op.erase();
    });
    return function;
  }

  /// Threads run one after the other, so that scratch serves all of a block.
  void runOneByOne(OpBuilder &b, gpu::GPUFuncOp kernel, IRMapping &mapping,
                   Value block) {
    Location loc = kernel.getLoc();
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    Value size = arith::ConstantIndexOp::create(
        b, loc, (*kernel.getKnownBlockSize())[0]);
    Block &code = kernel.getBody().front();
    for (Operation &op : code)
      if (isa<memref::AllocaOp>(op))
        b.clone(op, mapping);
    auto threads = scf::ForOp::create(b, loc, zero, size, one);
    b.setInsertionPointToStart(threads.getBody());
    Value thread = inOrder(b, loc, threads.getInductionVar(), size, one);
    for (Operation &op : code.without_terminator())
      if (!isa<memref::AllocaOp>(op))
        b.clone(op, mapping);
    threads.walk([&](Operation *op) {
      Value known = isa<gpu::BlockIdOp>(op)    ? block
                    : isa<gpu::ThreadIdOp>(op) ? thread
                    : isa<gpu::BlockDimOp>(op) ? size
                                               : Value();
      if (!known)
        return;
      op->getResult(0).replaceAllUsesWith(known);
      op->erase();
    });
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
