//===- LowerGPULaunches.cpp - the side of the host --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass lower-gpu-launches: launches become calls of the runtime, and the
// kernels are left out. An argument is passed as the words that the conversion
// to the LLVM dialect gives the kernel for it: two pointers, offset, sizes and
// strides for a buffer, one word for a number.

#include "quantc/Lower/CUDA/Passes.h"

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_LOWERGPULAUNCHES
#include "quantc/Lower/CUDA/Passes.h.inc"
} // namespace quantc

using namespace quantc;

static constexpr llvm::StringLiteral kLaunch = "qc_rt_launch";

/// Appends the words of one argument, each an index.
static LogicalResult appendWords(OpBuilder &b, gpu::LaunchFuncOp launch,
                                 Value argument, SmallVector<Value> &words) {
  Location loc = launch.getLoc();
  if (argument.getType().isIndex()) {
    words.push_back(argument);
    return success();
  }
  if (!isa<MemRefType>(argument.getType()))
    return launch.emitOpError("passes a value of type ")
           << argument.getType() << "; expected buffers and sizes";
  // The address without the offset, which the kernel adds.
  auto parts = memref::ExtractStridedMetadataOp::create(b, loc, argument);
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(
      b, loc, parts.getBaseBuffer());
  words.append({address, address, parts.getOffset()});
  llvm::append_range(words, parts.getSizes());
  llvm::append_range(words, parts.getStrides());
  return success();
}

namespace {
struct LowerGPULaunches : quantc::impl::LowerGPULaunchesBase<LowerGPULaunches> {
  void runOnOperation() override {
    SmallVector<gpu::LaunchFuncOp> launches;
    getOperation().walk(
        [&](gpu::LaunchFuncOp launch) { launches.push_back(launch); });
    if (!launches.empty())
      declareLaunch();
    for (gpu::LaunchFuncOp launch : launches) {
      if (failed(lower(launch)))
        return signalPassFailure();
      ++numLaunches;
    }
    for (auto container :
         llvm::make_early_inc_range(getOperation().getOps<gpu::GPUModuleOp>()))
      container.erase();
    getOperation()->removeAttr(gpu::GPUDialect::getContainerModuleAttrName());
  }

  /// void qc_rt_launch(const char *kernel, int64_t blocks, int64_t threads,
  ///                   const int64_t *words, int64_t num_words)
  void declareLaunch() {
    OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    Type word = b.getI64Type();
    auto type = b.getFunctionType({pointer, word, word, pointer, word}, {});
    func::FuncOp::create(b, getOperation().getLoc(), kLaunch, type)
        .setPrivate();
  }

  /// The address of the kernel's name, which ends with a zero.
  Value nameOf(OpBuilder &b, gpu::LaunchFuncOp launch) {
    StringRef name = launch.getKernelName().getValue();
    std::string symbol = ("name_of_" + name).str();
    ModuleOp module = getOperation();
    auto global = module.lookupSymbol<LLVM::GlobalOp>(symbol);
    if (!global) {
      std::string text = name.str() + '\0';
      OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
      auto type = LLVM::LLVMArrayType::get(b.getI8Type(), text.size());
      global = LLVM::GlobalOp::create(
          top, launch.getLoc(), type, /*isConstant=*/true,
          LLVM::Linkage::Internal, symbol, b.getStringAttr(text));
    }
    return LLVM::AddressOfOp::create(b, launch.getLoc(), global);
  }

  LogicalResult lower(gpu::LaunchFuncOp launch) {
    OpBuilder b(launch);
    Location loc = launch.getLoc();
    SmallVector<Value> words;
    for (Value argument : launch.getKernelOperands())
      if (failed(appendWords(b, launch, argument, words)))
        return failure();
    auto toWord = [&](Value index) -> Value {
      return arith::IndexCastOp::create(b, loc, b.getI64Type(), index);
    };
    Value number = arith::ConstantIndexOp::create(b, loc, words.size());
    auto type =
        MemRefType::get({static_cast<int64_t>(words.size())}, b.getI64Type());
    Value array = memref::AllocaOp::create(b, loc, type);
    for (auto [i, word] : llvm::enumerate(words)) {
      Value place = arith::ConstantIndexOp::create(b, loc, i);
      memref::StoreOp::create(b, loc, toWord(word), array, place);
    }
    Value address =
        toWord(memref::ExtractAlignedPointerAsIndexOp::create(b, loc, array));
    Value pointer = LLVM::IntToPtrOp::create(
        b, loc, LLVM::LLVMPointerType::get(&getContext()), address);
    func::CallOp::create(
        b, loc, kLaunch, TypeRange{},
        ValueRange{nameOf(b, launch), toWord(launch.getGridSizeX()),
                   toWord(launch.getBlockSizeX()), pointer, toWord(number)});
    launch.erase();
    return success();
  }
};
} // namespace
