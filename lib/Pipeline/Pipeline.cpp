//===- Pipeline.cpp - the phases of the compiler -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The table of contents of quantc: what happens to a model, in which order, and
// what is true in between.

#include "quantc/Pipeline/Pipeline.h"
#include "Diagnostics.h"
#include "Reproducer.h"
#include "mlir/Pass/PassRegistry.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Fuse/Passes.h"
#include "quantc/Lower/Passes.h"
#include "quantc/Normalize/Passes.h"
#include "quantc/Quantize/Passes.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Select/Passes.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"
#include "quantc/Transform/Passes.h"

using namespace mlir;
using namespace quantc;

static LogicalResult holdsAlready(ModuleOp) { return success(); }

static constexpr Phase phases[] = {
    // The file as it is: nothing is decided, nothing is changed.
    {"import", "nn qnt linalg tensor arith math scf func",
     [](OpPassManager &, const PhaseOptions &) {}, holdsAlready,
     ErrorKind::Unsupported, ErrorKind::Internal},
    // One form for each operation; sizes depend on the inputs' sizes only.
    {"normalize", "nn qnt linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &) { buildNormalizePhase(pm); },
     checkNormalized, ErrorKind::Unsupported, ErrorKind::Unsupported},
    // The same function with easier numbers. Weights stay as they are: what
    // becomes of them is recorded.
    {"transform", "nn qnt linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &o) {
       buildTransformPhase(pm, o.recipe, o.sizesOnly);
     },
     checkTransformed, ErrorKind::Unsupported, ErrorKind::Internal},
    // Every quantizable operand gets a scheme, or the reason why not.
    {"assign", "nn qnt linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &o) {
       buildAssignPhase(pm, o.recipe);
     },
     checkAssigned, ErrorKind::Usage, ErrorKind::Internal},
    // Numbers become codes. The only phase that changes numbers.
    {"quantize", "nn qnt linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &o) {
       buildQuantizePhase(pm, o.workFile, o.sizesOnly);
     },
     checkQuantized, ErrorKind::Unsupported, ErrorKind::Internal},
    // What becomes one kernel is one operation.
    {"fuse", "nn qnt linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &) { buildFusePhase(pm); },
     checkFused, ErrorKind::Unsupported, ErrorKind::Internal},
    // Each operation names its kernel, each weight its place.
    {"select", "kern linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &) { buildSelectPhase(pm); },
     checkSelected, ErrorKind::Unsupported, ErrorKind::Internal},
    // Buffers in one arena, one function a kernel. Code is generated from this,
    // once for each instruction-set level.
    {"lower", "kern linalg memref arith math func",
     [](OpPassManager &pm, const PhaseOptions &) { buildLowerBuffers(pm); },
     holdsAlready, ErrorKind::Unsupported, ErrorKind::Internal},
};

ArrayRef<Phase> quantc::allPhases() { return phases; }

llvm::Expected<unsigned> quantc::findPhase(StringRef name) {
  std::vector<std::string> names;
  for (auto [i, phase] : llvm::enumerate(phases)) {
    if (phase.name == name)
      return i;
    names.push_back(phase.name.str());
  }
  return makeError(ErrorKind::Usage, "unknown phase '{0}'; phases are {1}",
                   name, llvm::join(names, ", "));
}

/// Runs one phase; a failure carries what was diagnosed on the way.
static llvm::Error runPhase(const Phase &phase, ModuleOp module,
                            const PhaseOptions &options) {
  OwningOpRef<ModuleOp> before;
  if (!options.reproducer.empty())
    before = module.clone();
  DiagnosticCollector collector(module.getContext());
  PassManager pm(module.getContext());
  phase.build(pm, options);
  bool passed = succeeded(pm.run(module));
  if (passed && succeeded(phase.check(module)))
    return llvm::Error::success();
  llvm::Error error =
      makeError(passed ? phase.faultOfCheck : phase.faultOfPasses,
                "phase {0} failed: {1}", phase.name, collector.text());
  if (!before)
    return error;
  std::string command =
      ("quantc compile --from " + phase.name + " --to " + phase.name).str();
  bool asksRecipe = phase.name == "assign" || phase.name == "transform";
  if (options.recipe && asksRecipe)
    command += (" --recipe " + options.recipe->name()).str();
  return addReproducer(std::move(error), *before, options.reproducer, command);
}

llvm::Error quantc::runPhases(ModuleOp module, unsigned first, unsigned last,
                              const PhaseOptions &options,
                              PhaseCallback afterPhase) {
  for (unsigned i = first; i <= last; ++i) {
    if (llvm::Error error = runPhase(phases[i], module, options))
      return error;
    if (llvm::Error error = afterPhase(i + 1, phases[i], module))
      return error;
  }
  return llvm::Error::success();
}

void quantc::registerPhasePipelines() {
  for (const Phase &phase : phases)
    registerPassPipeline(
        phase.name, "the phase " + phase.name.str(),
        [&phase](OpPassManager &pm, StringRef,
                 function_ref<LogicalResult(const Twine &)>) {
          phase.build(pm, PhaseOptions());
          return success();
        },
        [](function_ref<void(const detail::PassOptions &)>) {});
  for (StringRef level : {"generic", "v3", "v4", "sim", "sim-backward", "cuda",
                          "cuda-device", "cuda-device-mma"})
    registerPassPipeline(
        ("lower-code-" + level).str(),
        ("code generation for the level " + level).str(),
        [level](OpPassManager &pm, StringRef,
                function_ref<LogicalResult(const Twine &)>) {
          buildKernelLoops(pm, level);
          buildLowerCode(pm, level);
          return success();
        },
        [](function_ref<void(const detail::PassOptions &)>) {});
}
