//===- ObjectCode.cpp - object files from LLVM IR -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Uses LLVM's standard optimizer and code generator; no fast-math, so that
// every level gives the same bits.

#include "quantc/Emit/ObjectCode.h"
#include "Optimize.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "quantc/Emit/DeviceCode.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace quantc;

static constexpr Level levels[] = {
#define QUANTC_LEVEL(number, name, processor, features)                        \
  {number, name, processor, features, {}},
#include "quantc/Target/X86.def"
};

llvm::ArrayRef<Level> quantc::allLevels() { return levels; }

/// The best level that this machine runs.
static const Level &nativeLevel() {
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  auto has = [&](llvm::StringRef name) { return features.lookup(name); };
  bool isV3 =
      has("avx2") && has("fma") && has("bmi2") && has("f16c") && has("movbe");
  bool isV4 = isV3 && has("avx512f") && has("avx512bw") && has("avx512vl") &&
              has("avx512dq") && has("avx512cd") && has("avx512vnni");
  return levels[isV4 ? 2 : isV3 ? 1 : 0];
}

/// Kernels of a GPU, launched by code of this machine's best level, which may
/// also run them as loops.
static std::optional<Level> gpuLevel(llvm::StringRef target) {
  Level level = nativeLevel();
  llvm::StringRef name = target;
  if (name.consume_front("cuda:"))
    for (const GPU &gpu : allGPUs())
      if (gpu.name == name) {
        level.name = "cuda";
        level.gpu = gpu.name;
        return level;
      }
  if (target == "cuda-sim")
    level.name = "sim";
  else if (target == "cuda-sim-backward")
    level.name = "sim-backward";
  else
    return std::nullopt;
  return level;
}

llvm::Expected<llvm::SmallVector<Level>>
quantc::levelsOfTarget(llvm::StringRef target) {
  if (target == "native")
    return llvm::SmallVector<Level>{nativeLevel()};
  if (std::optional<Level> level = gpuLevel(target))
    return llvm::SmallVector<Level>{*level};
  llvm::SmallVector<Level> chosen;
  for (const Level &level : levels) {
    chosen.push_back(level);
    if (level.name == target || ("x86-64-" + level.name).str() == target)
      return chosen;
  }
  std::vector<std::string> known{"native"};
  for (const Level &level : levels)
    known.push_back((level.number ? "x86-64-" : "") + level.name.str());
  for (const GPU &gpu : allGPUs())
    known.push_back(("cuda:" + gpu.name).str());
  return makeError(ErrorKind::Usage,
                   "unknown target '{0}'; known are {1}, cuda-sim and "
                   "cuda-sim-backward",
                   target, llvm::join(known, ", "));
}

llvm::Expected<std::unique_ptr<llvm::Module>>
quantc::toLLVMIR(mlir::ModuleOp module, llvm::LLVMContext &context) {
  std::unique_ptr<llvm::Module> result =
      mlir::translateModuleToLLVMIR(module, context);
  if (!result)
    return makeError(ErrorKind::Internal,
                     "the lowered model could not be translated to LLVM IR");
  return result;
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
makeMachine(const Level &level) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string message;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return makeError(ErrorKind::Internal, "no code generator for {0}: {1}",
                     triple.str(), message);
  bool isX86 = triple.isX86();
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, isX86 ? level.cpu : "generic", isX86 ? level.features : "",
      options, llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

void quantc::optimizeModule(llvm::Module &module,
                            llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = true;
  tuning.SLPVectorization = true;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2)
      .run(module, modules);
}

llvm::Expected<llvm::SmallString<0>> quantc::toObject(llvm::Module &module,
                                                      const Level &level) {
  auto machine = makeMachine(level);
  if (!machine)
    return machine.takeError();
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());
  for (llvm::Function &function : module) {
    function.addFnAttr("target-cpu", (*machine)->getTargetCPU());
    function.addFnAttr("target-features", (*machine)->getTargetFeatureString());
    // Wide registers where the level has them; LLVM avoids them by default.
    function.addFnAttr("prefer-vector-width", "512");
  }
  optimizeModule(module, **machine);
  llvm::SmallString<0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr,
                                      llvm::CodeGenFileType::ObjectFile))
    return makeError(ErrorKind::Internal,
                     "the code generator cannot write object files");
  passes.run(module);
  return object;
}
