//===- DeviceCode.cpp - PTX from LLVM IR ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Uses LLVM's NVPTX code generator without fast-math: roundings are those of
// the CPU. PTX is text that the driver compiles, so that no toolkit of NVIDIA
// is needed.

#include "quantc/Emit/DeviceCode.h"
#include "Optimize.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace quantc;

extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

static constexpr GPU gpus[] = {
#define QUANTC_GPU(architecture, name, features, hasByteMma)                   \
  {architecture, name, features, hasByteMma},
#include "quantc/Target/Cuda.def"
};

ArrayRef<GPU> quantc::allGPUs() { return gpus; }

/// Global memory, as seen by the NVPTX code generator.
static constexpr unsigned kGlobalMemory = 1;

/// Defines void qc_rt_report(int32_t code, int64_t value), if it is called: the
/// first fault of a run stays in qc_fault, which the host reads.
static void defineReport(Module &module) {
  Function *report = module.getFunction("qc_rt_report");
  if (!report)
    return;
  LLVMContext &context = module.getContext();
  IRBuilder<> b(context);
  auto *type = StructType::get(b.getInt64Ty(), b.getInt64Ty());
  auto *fault = new GlobalVariable(
      module, type, /*isConstant=*/false, GlobalValue::ExternalLinkage,
      Constant::getNullValue(type), "qc_fault", nullptr,
      GlobalValue::NotThreadLocal, kGlobalMemory, /*isExternallyInitialized=*/
      true);
  fault->setAlignment(Align(16));
  auto *entry = BasicBlock::Create(context, "", report);
  auto *first = BasicBlock::Create(context, "first", report);
  auto *end = BasicBlock::Create(context, "end", report);
  b.SetInsertPoint(entry);
  Value *code = b.CreateSExt(report->getArg(0), b.getInt64Ty());
  Value *exchange = b.CreateAtomicCmpXchg(fault, b.getInt64(0), code, Align(8),
                                          AtomicOrdering::Monotonic,
                                          AtomicOrdering::Monotonic);
  b.CreateCondBr(b.CreateExtractValue(exchange, 1), first, end);
  b.SetInsertPoint(first);
  b.CreateStore(report->getArg(1), b.CreateStructGEP(type, fault, 1));
  b.CreateBr(end);
  b.SetInsertPoint(end);
  b.CreateRetVoid();
  report->setLinkage(GlobalValue::InternalLinkage);
}

/// Keeps products of a warp where all of its lanes come to them: LLVM takes
/// them for functions of one thread's values, which might move into a branch.
static void keepTogether(Module &module) {
  for (Function &function : module)
    if (function.getName().starts_with("llvm.nvvm.mma."))
      for (User *user : function.users())
        cast<CallBase>(user)->setConvergent();
}

static Expected<std::unique_ptr<TargetMachine>> makeMachine(const GPU &gpu) {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  Triple triple("nvptx64-nvidia-cuda");
  std::string message;
  const Target *target = TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return makeError(ErrorKind::Internal, "no code generator for {0}: {1}",
                     triple.str(), message);
  TargetOptions options;
  options.AllowFPOpFusion = FPOpFusion::Strict;
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, gpu.name, gpu.features, options, Reloc::PIC_, std::nullopt,
      CodeGenOptLevel::Aggressive));
}

Expected<DeviceImage> quantc::toDeviceImage(Module &module, const GPU &gpu) {
  auto machine = makeMachine(gpu);
  if (!machine)
    return machine.takeError();
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());
  for (Function &function : module)
    if (!function.isDeclaration())
      function.setCallingConv(CallingConv::PTX_Kernel);
  defineReport(module);
  keepTogether(module);
  optimizeModule(module, **machine);
  SmallString<0> text;
  raw_svector_ostream stream(text);
  legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr,
                                      CodeGenFileType::AssemblyFile))
    return makeError(ErrorKind::Internal,
                     "the code generator cannot write PTX for {0}", gpu.name);
  passes.run(module);
  return DeviceImage{gpu.architecture, std::string(text)};
}
