//===- Codegen.cpp - object code of every level -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Levels are independent of each other; each starts from a copy of the module.

#include "Codegen.h"
#include "Diagnostics.h"
#include "OpenModel.h"
#include "Reproducer.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Lower/Passes.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/OutputFile.h"

using namespace mlir;
using namespace quantc;

/// A copy of `module` in the LLVM dialect. Constants of the model stay behind:
/// they are in the weights file.
static llvm::Expected<OwningOpRef<ModuleOp>>
lowerForLevel(ModuleOp module, StringRef level, StringRef reproducer) {
  OwningOpRef<ModuleOp> copy = module.clone();
  for (Operation &op : llvm::make_early_inc_range(*copy->getBody()))
    if (op.getName().getDialectNamespace() == "nn" ||
        op.getName().getStringRef() == "kern.weight")
      op.erase();
  OwningOpRef<ModuleOp> before = copy->clone();
  DiagnosticCollector collector(module.getContext());
  PassManager loops(module.getContext());
  buildKernelLoops(loops, level);
  bool hasLoops = succeeded(loops.run(*copy));
  if (!hasLoops && runsGPUKernels(level))
    return makeError(ErrorKind::Unsupported, "there is no GPU kernel: {0}",
                     collector.text());
  PassManager pm(module.getContext());
  buildLowerCode(pm, level);
  if (!hasLoops || failed(pm.run(*copy)) || failed(checkLowered(*copy)))
    return addReproducer(makeError(ErrorKind::Internal,
                                   "generating code for level {0} failed: {1}",
                                   level, collector.text()),
                         *before, reproducer,
                         ("quant-opt --lower-code-" + level).str());
  return copy;
}

static llvm::Error keepModule(ModuleOp module, StringRef folder,
                              StringRef step) {
  if (folder.empty())
    return llvm::Error::success();
  return writeFileAtomically((folder + "/9-" + step + ".mlir").str(),
                             printKept(module, step));
}

/// The IR of `module` in the LLVM dialect, kept under the level's name.
static llvm::Expected<OwningOpRef<ModuleOp>>
lowerAndKeep(ModuleOp module, StringRef level, StringRef keepDir,
             StringRef reproducer) {
  auto lowered = lowerForLevel(module, level, reproducer);
  if (!lowered)
    return lowered.takeError();
  if (llvm::Error error =
          keepModule(**lowered, keepDir, ("lower-" + level).str()))
    return std::move(error);
  return lowered;
}

static llvm::Error keepImage(const DeviceImage &image, const GPU &gpu,
                             StringRef folder) {
  if (folder.empty())
    return llvm::Error::success();
  StringRef suffix = image.isMachineCode ? ".cubin" : ".ptx";
  return writeFileAtomically((folder + "/" + gpu.name + suffix).str(),
                             image.code);
}

/// Machine code of the last image, where the assembler makes it.
static llvm::Error addMachineCode(const GPU &gpu, StringRef keepDir,
                                  GeneratedCode &code) {
  std::string refusal;
  auto image = assembleImage(code.images.back(), gpu, refusal);
  if (!image)
    return image.takeError();
  if (!refusal.empty())
    code.warnings.push_back("ptxas makes no machine code for " +
                            gpu.name.str() +
                            ", the library holds PTX only: " + refusal);
  if (!*image)
    return llvm::Error::success();
  code.images.push_back(std::move(**image));
  return keepImage(code.images.back(), gpu, keepDir);
}

/// The kernels for the GPU of `level` and for the first one.
static llvm::Error generateImages(ModuleOp module, const Level &level,
                                  StringRef keepDir, StringRef reproducer,
                                  GeneratedCode &code) {
  for (const GPU &gpu : allGPUs()) {
    if (gpu.name != allGPUs().front().name && gpu.name != level.gpu)
      continue;
    auto lowered =
        lowerAndKeep(module, gpu.hasByteMma ? "cuda-device-mma" : "cuda-device",
                     keepDir, reproducer);
    if (!lowered)
      return lowered.takeError();
    llvm::LLVMContext context;
    auto ir = toLLVMIR(**lowered, context);
    if (!ir)
      return ir.takeError();
    auto image = toDeviceImage(**ir, gpu);
    if (!image)
      return image.takeError();
    code.images.push_back(std::move(*image));
    if (llvm::Error error = keepImage(code.images.back(), gpu, keepDir))
      return error;
    if (gpu.name == level.gpu)
      if (llvm::Error error = addMachineCode(gpu, keepDir, code))
        return error;
  }
  return llvm::Error::success();
}

llvm::Expected<GeneratedCode>
quantc::generateCode(ModuleOp module, ArrayRef<Level> levels, StringRef keepDir,
                     StringRef reproducer, ProgressReporter &progress) {
  GeneratedCode code;
  for (const Level &level : levels) {
    progress.begin(("code for level " + level.name).str(), 2);
    auto lowered = lowerAndKeep(module, level.name, keepDir, reproducer);
    if (!lowered)
      return lowered.takeError();
    if (!level.gpu.empty())
      if (llvm::Error error =
              generateImages(module, level, keepDir, reproducer, code))
        return std::move(error);
    progress.step();
    llvm::LLVMContext context;
    auto ir = toLLVMIR(**lowered, context);
    if (!ir)
      return ir.takeError();
    auto object = toObject(**ir, level);
    if (!object)
      return object.takeError();
    code.objects.push_back(std::move(*object));
    progress.end();
  }
  return code;
}
