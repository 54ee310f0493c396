//===- LowerGPUKernels.cpp - kernel functions to GPU kernels ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass lower-gpu-kernels. It divides a function into what a thread does and
// what the host needs to launch the threads; it knows no kernel.

#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Lower/CPU/Passes.h"
#include "quantc/Lower/CUDA/Passes.h"
#include "quantc/Target/Cuda.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERGPUKERNELS
#include "quantc/Lower/CUDA/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// A kernel function and its grids, in the order in which they run: loops over
/// work items, or launches of blocks of threads that work together. Without any
/// the function is one work item.
struct Parts {
  func::FuncOp function;
  SmallVector<Operation *> grids;
};
} // namespace

/// True for what every thread may do for itself.
static bool isPrivate(Operation *op) {
  return isa<memref::AllocaOp>(op) || isMemoryEffectFree(op);
}

static bool isGrid(Operation *op) {
  return isa<scf::ParallelOp, gpu::LaunchOp>(op);
}

/// The bits that the run reads weights of planes at, which the host asks for to
/// choose among grids; or null.
static func::CallOp precisionCall(Operation *op) {
  auto call = dyn_cast_or_null<func::CallOp>(op);
  return call && call.getCallee() == "qc_rt_precision" ? call : func::CallOp();
}

/// What the host was told where it launches `grid`: the number that one of the
/// branches around it is for; 0 where it is for none of the numbers.
static int64_t precisionOf(Operation *grid) {
  for (auto branch = dyn_cast<scf::IfOp>(grid->getParentOp()); branch;
       grid = branch, branch = dyn_cast<scf::IfOp>(grid->getParentOp())) {
    auto isEqual = branch.getCondition().getDefiningOp<arith::CmpIOp>();
    bool isAsked = isEqual &&
                   isEqual.getPredicate() == arith::CmpIPredicate::eq &&
                   precisionCall(isEqual.getLhs().getDefiningOp());
    if (isAsked && grid->getBlock() == branch.thenBlock())
      return getConstantIntValue(isEqual.getRhs()).value_or(0);
  }
  return 0;
}

static LogicalResult checkLoop(scf::ParallelOp loop) {
  if (loop.getNumLoops() != 1 || loop.getNumReductions() != 0 ||
      !isConstantIntValue(loop.getLowerBound()[0], 0) ||
      !isConstantIntValue(loop.getStep()[0], 1))
    return loop.emitOpError("is no loop over the work items of a GPU kernel, "
                            "from 0 in steps of 1");
  return success();
}

/// Threads of a block, if they are whole warps along x, or 0.
static int64_t threadsOf(gpu::LaunchOp launch) {
  gpu::KernelDim3 grid = launch.getGridSizeOperandValues(),
                  block = launch.getBlockSizeOperandValues();
  for (Value size : {grid.y, grid.z, block.y, block.z})
    if (!isConstantIntValue(size, 1))
      return 0;
  std::optional<int64_t> threads = getConstantIntValue(block.x);
  return threads && *threads > 0 && *threads <= kMaxBlockThreads &&
                 *threads % kWarpLanes == 0
             ? *threads
             : 0;
}

static LogicalResult checkLaunch(gpu::LaunchOp launch) {
  if (!threadsOf(launch) || !launch.getBody().hasOneBlock())
    return launch.emitOpError(
        "has no blocks of whole warps along x, at most 1024 threads each");
  return success();
}

static LogicalResult checkGrid(Operation *grid) {
  auto loop = dyn_cast<scf::ParallelOp>(grid);
  if (failed(loop ? checkLoop(loop) : checkLaunch(cast<gpu::LaunchOp>(grid))))
    return failure();
  for (Operation *around = grid->getParentOp(); !isa<func::FuncOp>(around);
       around = around->getParentOp())
    if (!isa<scf::IfOp>(around))
      return grid->emitOpError("is inside of '")
             << around->getName() << "': a GPU kernel cannot be launched there";
  return success();
}

/// Fails for effects that would happen on the host, or once in each thread.
static LogicalResult checkAround(func::FuncOp function) {
  WalkResult result = function.walk<WalkOrder::PreOrder>([](Operation *op) {
    if (isGrid(op))
      return WalkResult::skip();
    if (isa<func::FuncOp, scf::IfOp, scf::YieldOp, func::ReturnOp>(op) ||
        isPrivate(op) || precisionCall(op))
      return WalkResult::advance();
    op->emitOpError("has an effect outside of the work items: the kernel "
                    "cannot run on a GPU");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

static FailureOr<Parts> takeApart(func::FuncOp function) {
  Parts parts{function, {}};
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isGrid(op))
      parts.grids.push_back(op);
  });
  if (parts.grids.empty())
    return parts;
  for (Operation *grid : parts.grids)
    if (failed(checkGrid(grid)))
      return failure();
  if (failed(checkAround(function)))
    return failure();
  return parts;
}

namespace {
struct LowerGPUKernels : quantc::impl::LowerGPUKernelsBase<LowerGPUKernels> {
  using Base::Base;

  void runOnOperation() override {
    if (blockSize < 1 || blockSize > kMaxBlockThreads) {
      getOperation().emitError("a block of ")
          << static_cast<int64_t>(blockSize)
          << " threads is none; expected 1 to 1024";
      return signalPassFailure();
    }
    SmallVector<Parts> kernels;
    for (func::FuncOp function : calledFunctions()) {
      FailureOr<Parts> parts = takeApart(function);
      if (failed(parts))
        return signalPassFailure();
      kernels.push_back(*parts);
    }
    if (kernels.empty())
      return;
    ModuleOp module = getOperation();
    module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                    UnitAttr::get(&getContext()));
    OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
    auto container = gpu::GPUModuleOp::create(b, module.getLoc(), "kernels");
    for (Parts &parts : kernels)
      makeKernels(container, parts);
  }

  /// The functions with code that entries call, each once.
  SetVector<func::FuncOp> calledFunctions() {
    SetVector<func::FuncOp> called;
    SymbolTable table(getOperation());
    for (auto entry : getOperation().getOps<func::FuncOp>())
      if (!entry.isPrivate())
        entry.walk([&](func::CallOp call) {
          auto function = table.lookup<func::FuncOp>(call.getCallee());
          if (function && !function.isExternal())
            called.insert(function);
        });
    return called;
  }

  /// A kernel for each grid, launched in its place.
  void makeKernels(gpu::GPUModuleOp container, Parts &parts) {
    func::FuncOp function = parts.function;
    if (parts.grids.empty()) {
      gpu::GPUFuncOp kernel =
          makeKernel(container, parts, nullptr, function.getName().str());
      Block &body = function.getBody().front();
      while (&body.front() != body.getTerminator())
        body.getTerminator()->getPrevNode()->erase();
      launch(body.getTerminator(), kernel);
      return;
    }
    SmallVector<gpu::GPUFuncOp> made;
    for (auto [i, grid] : llvm::enumerate(parts.grids))
      made.push_back(makeKernel(container, parts, grid,
                                function.getName().str() +
                                    (i ? "_" + std::to_string(i) : "")));
    for (auto [kernel, grid] : llvm::zip_equal(made, parts.grids)) {
      launch(grid, kernel);
      grid->erase();
    }
  }

  /// The function as a thread runs it: of its grids what one thread of `chosen`
  /// does.
  gpu::GPUFuncOp makeKernel(gpu::GPUModuleOp container, const Parts &parts,
                            Operation *chosen, const std::string &name) {
    func::FuncOp function = parts.function;
    Location loc = function.getLoc();
    OpBuilder b = OpBuilder::atBlockEnd(container.getBody());
    auto kernel =
        gpu::GPUFuncOp::create(b, loc, name, function.getFunctionType());
    kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
    auto blocks = dyn_cast_or_null<gpu::LaunchOp>(chosen);
    int64_t threads = blocks ? threadsOf(blocks) : int64_t(blockSize);
    kernel.setKnownBlockSizeAttr(
        b.getDenseI32ArrayAttr({static_cast<int32_t>(threads), 1, 1}));
    Block *body = &kernel.getBody().front();
    IRMapping mapping;
    mapping.map(function.getArguments(), body->getArguments());
    b.setInsertionPointToStart(body);
    Value item = blocks ? Value() : threadNumber(b, loc);
    if (!chosen) {
      Value one = arith::ConstantIndexOp::create(b, loc, 1);
      scf::IfOp guard = guardItem(b, loc, item, one);
      gpu::ReturnOp::create(b, loc);
      b.setInsertionPointToStart(guard.thenBlock());
    }
    for (Operation &op : function.getBody().front().without_terminator())
      b.clone(op, mapping);
    if (chosen)
      gpu::ReturnOp::create(b, loc);
    if (chosen)
      dropPrecisionCalls(kernel, precisionOf(chosen));
    for (Operation *grid : parts.grids) {
      Operation *copy = mapping.lookup(grid);
      if (grid == chosen) {
        if (auto loop = dyn_cast<scf::ParallelOp>(copy))
          keepItem(loop, item);
        else
          keepThread(cast<gpu::LaunchOp>(copy), kernel);
      }
      copy->erase();
    }
    hoistScratch(kernel);
    declareCallees(kernel);
    ++numKernels;
    return kernel;
  }

  /// A thread does not ask: it runs where the host was told `bits`.
  static void dropPrecisionCalls(gpu::GPUFuncOp kernel, int64_t bits) {
    SmallVector<func::CallOp> calls;
    kernel.walk([&](func::CallOp call) {
      if (precisionCall(call))
        calls.push_back(call);
    });
    for (func::CallOp call : calls) {
      OpBuilder b(call);
      Value known = arith::ConstantIntOp::create(b, call.getLoc(), bits, 32);
      call.getResult(0).replaceAllUsesWith(known);
      call.erase();
    }
  }

  static scf::IfOp guardItem(OpBuilder &b, Location loc, Value item,
                             Value count) {
    Value present =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, item, count);
    return scf::IfOp::create(b, loc, present);
  }

  /// Moves the body of the loop before it, for one item if there is such.
  static void keepItem(scf::ParallelOp loop, Value item) {
    OpBuilder b(loop);
    scf::IfOp guard =
        guardItem(b, loop.getLoc(), item, loop.getUpperBound()[0]);
    loop.getInductionVars()[0].replaceAllUsesWith(item);
    Block *from = loop.getBody(), *to = guard.thenBlock();
    to->getOperations().splice(to->begin(), from->getOperations(),
                               from->begin(), std::prev(from->end()));
  }

  /// Moves the body of the launch before it; what its blocks share belongs to
  /// the kernel.
  static void keepThread(gpu::LaunchOp launch, gpu::GPUFuncOp kernel) {
    OpBuilder b(launch);
    Location loc = launch.getLoc();
    Value zero = arith::ConstantIndexOp::create(b, loc, 0);
    gpu::KernelDim3 block = launch.getBlockIds(),
                    thread = launch.getThreadIds(),
                    blocks = launch.getGridSize(),
                    threads = launch.getBlockSize(),
                    givenBlocks = launch.getGridSizeOperandValues(),
                    givenThreads = launch.getBlockSizeOperandValues();
    auto replaceAll = [](gpu::KernelDim3 dims, Value x, Value y, Value z) {
      dims.x.replaceAllUsesWith(x);
      dims.y.replaceAllUsesWith(y);
      dims.z.replaceAllUsesWith(z);
    };
    replaceAll(block, gpu::BlockIdOp::create(b, loc, gpu::Dimension::x), zero,
               zero);
    replaceAll(thread, gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x), zero,
               zero);
    replaceAll(blocks, givenBlocks.x, givenBlocks.y, givenBlocks.z);
    replaceAll(threads, givenThreads.x, givenThreads.y, givenThreads.z);
    for (BlockArgument shared : launch.getWorkgroupAttributions())
      shared.replaceAllUsesWith(
          kernel.addWorkgroupAttribution(shared.getType(), shared.getLoc()));
    Block *from = &launch.getBody().front(), *to = launch->getBlock();
    to->getOperations().splice(launch->getIterator(), from->getOperations(),
                               from->begin(), std::prev(from->end()));
  }

  static Value threadNumber(OpBuilder &b, Location loc) {
    Value block = gpu::BlockIdOp::create(b, loc, gpu::Dimension::x);
    Value size = gpu::BlockDimOp::create(b, loc, gpu::Dimension::x);
    Value thread = gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x);
    Value first = arith::MulIOp::create(b, loc, block, size);
    return arith::AddIOp::create(b, loc, first, thread);
  }

  /// Scratch of fixed size exists once a thread, so that it has a fixed place.
  static void hoistScratch(gpu::GPUFuncOp kernel) {
    Block &entry = kernel.getBody().front();
    SmallVector<memref::AllocaOp> scratch;
    kernel.walk([&](memref::AllocaOp op) {
      if (op->getNumOperands() == 0)
        scratch.push_back(op);
    });
    for (memref::AllocaOp op : llvm::reverse(scratch))
      op->moveBefore(&entry, entry.begin());
  }

  /// Kernels call functions of the runtime and read tables of constants, which
  /// their module must know.
  void declareCallees(gpu::GPUFuncOp kernel) {
    auto container = kernel->getParentOfType<gpu::GPUModuleOp>();
    auto declare = [&](StringRef name) {
      if (!container.lookupSymbol(name))
        OpBuilder::atBlockBegin(container.getBody())
            .clone(*getOperation().lookupSymbol(name));
    };
    kernel.walk([&](Operation *op) {
      if (auto call = dyn_cast<func::CallOp>(op))
        declare(call.getCallee());
      else if (auto table = dyn_cast<memref::GetGlobalOp>(op))
        declare(table.getName());
    });
  }

  /// Launches the blocks of `grid`, or threads for its items; one where `grid`
  /// is no grid.
  void launch(Operation *grid, gpu::GPUFuncOp kernel) {
    OpBuilder b(grid);
    Location loc = grid->getLoc();
    Value one = arith::ConstantIndexOp::create(b, loc, 1), blocks = one;
    Value size = arith::ConstantIndexOp::create(
        b, loc, (*kernel.getKnownBlockSize())[0]);
    if (auto loop = dyn_cast<scf::ParallelOp>(grid))
      blocks =
          arith::CeilDivUIOp::create(b, loc, loop.getUpperBound()[0], size);
    else if (auto given = dyn_cast<gpu::LaunchOp>(grid))
      blocks = given.getGridSizeX();
    auto function = grid->getParentOfType<func::FuncOp>();
    gpu::LaunchFuncOp::create(
        b, loc, kernel, {blocks, one, one}, {size, one, one},
        /*dynamicSharedMemorySize=*/Value(), function.getArguments());
  }
};
} // namespace

void quantc::buildGPUKernels(OpPassManager &pm) {
  pm.addPass(createLowerCPUKernels({"device"}));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createLowerGPUKernels());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}
