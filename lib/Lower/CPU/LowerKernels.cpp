//===- LowerKernels.cpp - kernel operations to loops ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass lower-cpu-kernels: finds the operations that Emitters.def names and
// calls their generators. Generates nothing itself.

#include "Emitters.h"
#include "quantc/Lower/CPU/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERCPUKERNELS
#include "quantc/Lower/CPU/Passes.h.inc"
} // namespace quantc

using namespace quantc;

static bool hasEmitter(Operation *op) {
#define QUANTC_EMITTER(Op, function)                                           \
  if (isa<Op>(op))                                                             \
    return true;
#include "Emitters.def"
  return false;
}

static LogicalResult emitKernel(Operation *op, Level level) {
  if (!llvm::all_of(op->getOperandTypes(),
                    [](Type type) { return !isa<TensorType>(type); }))
    return op->emitOpError("must be on buffers before its loops are generated");
  KernelBuilder b(op, level);
#define QUANTC_EMITTER(Op, function)                                           \
  if (auto typed = dyn_cast<Op>(op))                                           \
    return function(b, typed);
#include "Emitters.def"
  llvm_unreachable("only called for operations with an emitter");
}

namespace {
struct LowerCPUKernels : quantc::impl::LowerCPUKernelsBase<LowerCPUKernels> {
  using LowerCPUKernelsBase::LowerCPUKernelsBase;

  void runOnOperation() override {
    std::optional<Level> parsed = Level::parse(level);
    if (!parsed) {
      getOperation().emitError("unknown level '")
          << level
          << "' of lower-cpu-kernels; expected generic, v3, v4 or "
             "device";
      return signalPassFailure();
    }
    SmallVector<Operation *> kernels;
    getOperation().walk([&](Operation *op) {
      if (hasEmitter(op))
        kernels.push_back(op);
    });
    for (Operation *op : kernels) {
      if (failed(emitKernel(op, *parsed)))
        return signalPassFailure();
      op->erase();
      ++numKernels;
    }
  }
};
} // namespace
