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
#include "mlir/Pass/PassRegistry.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Fuse/Passes.h"
#include "quantc/Lower/Passes.h"
#include "quantc/Normalize/Passes.h"
#include "quantc/Quantize/Passes.h"
#include "quantc/Select/Passes.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/NearestNames.h"

using namespace mlir;
using namespace quantc;

static LogicalResult holdsAlready(ModuleOp) { return success(); }

static constexpr Phase phases[] = {
    // The file as it is: nothing is decided, nothing is changed.
    {"import", "nn qnt linalg tensor arith math scf func",
     [](OpPassManager &, const PhaseOptions &) {}, holdsAlready},
    // One form for each operation; sizes depend on the inputs' sizes only.
    {"normalize", "nn qnt linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &) { buildNormalizePhase(pm); },
     checkNormalized},
    // Every quantizable operand gets a scheme, or the reason why not.
    {"assign", "nn qnt linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &o) {
       buildAssignPhase(pm, o.recipe);
     },
     checkAssigned},
    // Numbers become codes. The only phase that changes numbers.
    {"quantize", "nn qnt linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &o) {
       buildQuantizePhase(pm, o.workFile, o.sizesOnly);
     },
     checkQuantized},
    // What becomes one kernel is one operation.
    {"fuse", "nn qnt linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &) { buildFusePhase(pm); },
     checkFused},
    // Each operation names its kernel, each weight its place.
    {"select", "kern linalg tensor arith math func",
     [](OpPassManager &pm, const PhaseOptions &) { buildSelectPhase(pm); },
     checkSelected},
    // Buffers in one arena, one function a kernel. Code is generated from this,
    // once for each instruction-set level.
    {"lower", "kern linalg memref arith math func",
     [](OpPassManager &pm, const PhaseOptions &) { buildLowerBuffers(pm); },
     holdsAlready},
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
  DiagnosticCollector collector(module.getContext());
  PassManager pm(module.getContext());
  phase.build(pm, options);
  if (succeeded(pm.run(module)) && succeeded(phase.check(module)))
    return llvm::Error::success();
  return makeError(ErrorKind::Unsupported, "phase {0} failed: {1}", phase.name,
                   collector.text());
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
}
