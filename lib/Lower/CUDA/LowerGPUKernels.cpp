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

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERGPUKERNELS
#include "quantc/Lower/CUDA/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// A kernel function and its loops over work items, in the order in which they
/// run. Without any the function is one work item.
struct Parts {
  func::FuncOp function;
  SmallVector<scf::ParallelOp> loops;
};
} // namespace

/// True for what every thread may do for itself.
static bool isPrivate(Operation *op) {
  return isa<memref::AllocaOp>(op) || isMemoryEffectFree(op);
}

static LogicalResult checkLoop(scf::ParallelOp loop) {
  if (loop.getNumLoops() != 1 || loop.getNumReductions() != 0 ||
      !isConstantIntValue(loop.getLowerBound()[0], 0) ||
      !isConstantIntValue(loop.getStep()[0], 1))
    return loop.emitOpError("is no loop over the work items of a GPU kernel, "
                            "from 0 in steps of 1");
  for (Operation *around = loop->getParentOp(); !isa<func::FuncOp>(around);
       around = around->getParentOp())
    if (!isa<scf::IfOp>(around))
      return loop.emitOpError("is inside of '")
             << around->getName() << "': a GPU kernel cannot be launched there";
  return success();
}

/// Fails for effects that would happen on the host, or once in each thread.
static LogicalResult checkAround(func::FuncOp function) {
  WalkResult result = function.walk<WalkOrder::PreOrder>([](Operation *op) {
    if (isa<scf::ParallelOp>(op))
      return WalkResult::skip();
    if (isa<func::FuncOp, scf::IfOp, scf::YieldOp, func::ReturnOp>(op) ||
        isPrivate(op))
      return WalkResult::advance();
    op->emitOpError("has an effect outside of the work items: the kernel "
                    "cannot run on a GPU");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

static FailureOr<Parts> takeApart(func::FuncOp function) {
  Parts parts{function, {}};
  function.walk<WalkOrder::PreOrder>(
      [&](scf::ParallelOp loop) { parts.loops.push_back(loop); });
  if (parts.loops.empty())
    return parts;
  for (scf::ParallelOp loop : parts.loops)
    if (failed(checkLoop(loop)))
      return failure();
  if (failed(checkAround(function)))
    return failure();
  return parts;
}

namespace {
struct LowerGPUKernels : quantc::impl::LowerGPUKernelsBase<LowerGPUKernels> {
  using Base::Base;

  void runOnOperation() override {
    if (blockSize < 1 || blockSize > 1024) {
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

  /// A kernel for each loop, launched in its place.
  void makeKernels(gpu::GPUModuleOp container, Parts &parts) {
    func::FuncOp function = parts.function;
    if (parts.loops.empty()) {
      gpu::GPUFuncOp kernel =
          makeKernel(container, parts, nullptr, function.getName().str());
      Block &body = function.getBody().front();
      while (&body.front() != body.getTerminator())
        body.getTerminator()->getPrevNode()->erase();
      launch(body.getTerminator(), kernel, nullptr);
      return;
    }
    SmallVector<gpu::GPUFuncOp> made;
    for (auto [i, loop] : llvm::enumerate(parts.loops))
      made.push_back(makeKernel(container, parts, loop,
                                function.getName().str() +
                                    (i ? "_" + std::to_string(i) : "")));
    for (auto [kernel, loop] : llvm::zip_equal(made, parts.loops)) {
      launch(loop, kernel, loop.getUpperBound()[0]);
      loop->erase();
    }
  }

  /// The function as a thread runs it: of its loops one work item of `chosen`.
  gpu::GPUFuncOp makeKernel(gpu::GPUModuleOp container, const Parts &parts,
                            scf::ParallelOp chosen, const std::string &name) {
    func::FuncOp function = parts.function;
    Location loc = function.getLoc();
    OpBuilder b = OpBuilder::atBlockEnd(container.getBody());
    auto kernel =
        gpu::GPUFuncOp::create(b, loc, name, function.getFunctionType());
    kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
    kernel.setKnownBlockSizeAttr(
        b.getDenseI32ArrayAttr({static_cast<int32_t>(blockSize), 1, 1}));
    Block *body = &kernel.getBody().front();
    IRMapping mapping;
    mapping.map(function.getArguments(), body->getArguments());
    b.setInsertionPointToStart(body);
    Value item = threadNumber(b, loc);
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
    for (scf::ParallelOp loop : parts.loops) {
      auto copy = cast<scf::ParallelOp>(mapping.lookup(loop.getOperation()));
      if (loop == chosen)
        keepItem(copy, item);
      copy->erase();
    }
    hoistScratch(kernel);
    declareCallees(kernel);
    ++numKernels;
    return kernel;
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
    kernel.walk([&](func::CallOp call) {
      if (container.lookupSymbol(call.getCallee()))
        return;
      auto callee = getOperation().lookupSymbol<func::FuncOp>(call.getCallee());
      OpBuilder::atBlockBegin(container.getBody()).clone(*callee);
    });
    kernel.walk([&](memref::GetGlobalOp get) {
      if (container.lookupSymbol(get.getName()))
        return;
      auto table = getOperation().lookupSymbol<memref::GlobalOp>(get.getName());
      OpBuilder::atBlockBegin(container.getBody()).clone(*table);
    });
  }

  /// Launches a thread for each of `count` items, or one if it is null.
  void launch(Operation *before, gpu::GPUFuncOp kernel, Value count) {
    OpBuilder b(before);
    Location loc = before->getLoc();
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    Value size = arith::ConstantIndexOp::create(b, loc, blockSize);
    Value blocks =
        count ? Value(arith::CeilDivUIOp::create(b, loc, count, size)) : one;
    auto function = before->getParentOfType<func::FuncOp>();
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
