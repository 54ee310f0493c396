//===- KernelTimes.cpp - the time of each kernel of a model -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See KernelTimes.h. The time of a call is that between its mark and the mark
// before, so that all of a run is counted.

#include "KernelTimes.h"
#include "Codegen.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Emit/Link.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <chrono>

using namespace mlir;
using namespace quantc;

//===-- marks ------------------------------------------------------------===//

static constexpr StringLiteral markName = "qc_rt_observe_rows";

static void declareMark(ModuleOp module) {
  if (module.lookupSymbol(markName))
    return;
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  Type i64 = b.getI64Type(),
       pointer = LLVM::LLVMPointerType::get(module.getContext());
  func::FuncOp::create(b, module.getLoc(), markName,
                       b.getFunctionType({i64, pointer, i64, i64}, {}))
      .setPrivate();
}

static void writeMark(OpBuilder &b, Location loc, int64_t number) {
  auto i64 = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(value));
  };
  Value null =
      LLVM::ZeroOp::create(b, loc, LLVM::LLVMPointerType::get(b.getContext()));
  func::CallOp::create(b, loc, markName, TypeRange{},
                       ValueRange{i64(number), null, i64(0), i64(0)});
}

/// The operation that a kernel function was made for.
static std::string kernelOf(func::FuncOp function) {
  std::string name = "other";
  function.walk<WalkOrder::PreOrder>([&](Operation *op) {
    StringRef dialect = op->getName().getDialectNamespace();
    if (dialect != "kern" && dialect != "linalg" && !isa<memref::CopyOp>(op))
      return WalkResult::advance();
    auto kernel = op->getAttrOfType<StringAttr>("kernel");
    name = kernel ? kernel.str() : op->getName().getStringRef().str();
    return WalkResult::interrupt();
  });
  return name;
}

std::vector<TimedCall> quantc::insertTimeMarks(ModuleOp module) {
  std::vector<TimedCall> calls;
  declareMark(module);
  SymbolTable table(module);
  for (auto entry : module.getOps<func::FuncOp>()) {
    if (entry.isPrivate() || entry.isExternal())
      continue;
    SmallVector<func::CallOp> found;
    for (auto call : entry.getBody().front().getOps<func::CallOp>())
      found.push_back(call);
    if (found.empty())
      continue;
    OpBuilder b(found.front());
    writeMark(b, entry.getLoc(), -1);
    for (func::CallOp call : found) {
      auto callee = table.lookup<func::FuncOp>(call.getCallee());
      auto node = dyn_cast<NameLoc>(call.getLoc());
      b.setInsertionPointAfter(call);
      writeMark(b, call.getLoc(), static_cast<int64_t>(calls.size()));
      calls.push_back({entry.getName().str(), node ? node.getName().str() : "",
                       callee ? kernelOf(callee) : "other"});
    }
  }
  return calls;
}

//===-- runs -------------------------------------------------------------===//

namespace {
using Clock = std::chrono::steady_clock;

/// Microseconds of each call, run by run.
class Marks {
public:
  explicit Marks(size_t calls) : runs(calls) {}

  void at(int64_t number) {
    Clock::time_point now = Clock::now();
    if (number >= 0)
      runs[number].push_back(
          std::chrono::duration<double, std::micro>(now - last).count());
    // What this took is not the next kernel's.
    last = Clock::now();
  }
  /// After runs that do not count.
  void forget() {
    for (std::vector<double> &times : runs)
      times.clear();
  }
  double median(size_t call) {
    std::vector<double> &times = runs[call];
    if (times.empty())
      return 0;
    auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
  }

private:
  std::vector<std::vector<double>> runs;
  Clock::time_point last;
};
} // namespace

/// Compiles and links the marked module.
static llvm::Error buildTimed(ModuleOp marked, const ModelSignature &signature,
                              const TimingOptions &options,
                              ProgressReporter &progress) {
  auto code =
      generateCode(marked, options.levels, /*keepDir=*/"", "", progress);
  if (!code)
    return code.takeError();
  WeightsReference reference;
  reference.stored = options.stored;
  reference.fileName = llvm::sys::path::filename(options.weightsPath).str();
  llvm::LLVMContext context;
  auto program =
      buildProgram(context, signature, options.levels, reference, code->images);
  auto object = toObject(*program, options.levels.front());
  if (!object)
    return object.takeError();
  code->objects.push_back(std::move(*object));
  return linkLibrary(code->objects, options.scratchPrefix + ".so");
}

/// Inputs of size 1 wherever sizes are dynamic; says which in `sizes`.
static NamedArrays smallestInputs(const ArtifactEntry &entry,
                                  std::string &sizes) {
  NamedArrays inputs;
  SmallVector<std::string> said;
  for (const ArtifactTensor *tensor : entry.plainInputs()) {
    SmallVector<int64_t> shape;
    for (auto [size, name] : llvm::zip(tensor->dims, tensor->dimNames)) {
      shape.push_back(size < 0 ? 1 : size);
      std::string part = (name.empty() ? "?" : name) + " = 1";
      if (size < 0 && !llvm::is_contained(said, part))
        said.push_back(part);
    }
    Array array = Array::zeros(tensor->type, shape);
    if (tensor->type == ElementType{ElementType::Float, 32})
      for (float &value : array.as<float>())
        value = 0.5f;
    inputs.emplace_back(tensor->name, std::move(array));
  }
  if (entry.isStateful)
    said.push_back("empty caches");
  sizes = llvm::join(said, ", ");
  return inputs;
}

/// Runs for a third of a second, but five times at least; the first does not
/// count.
static llvm::Error runSome(llvm::function_ref<llvm::Error()> once,
                           Marks &marks) {
  if (llvm::Error error = once())
    return error;
  marks.forget();
  Clock::time_point begin = Clock::now();
  for (int64_t runs = 0;
       runs < 5 || Clock::now() - begin < std::chrono::milliseconds(333);
       ++runs)
    if (llvm::Error error = once())
      return error;
  return llvm::Error::success();
}

static llvm::Error runEntry(Artifact &artifact, const ArtifactEntry &entry,
                            const NamedArrays &inputs, Marks &marks) {
  std::vector<TensorView> views = viewsOf(inputs);
  NamedArrays outputs;
  if (!entry.isStateful)
    return runSome([&] { return artifact.runInto(entry.name, views, outputs); },
                   marks);
  // No run adds more positions than the largest size of an input.
  int64_t capacity = 1;
  for (const auto &[name, array] : inputs)
    for (int64_t size : array.shape)
      capacity = std::max(capacity, size);
  auto state = artifact.createState(entry.name, capacity);
  if (!state)
    return state.takeError();
  return runSome(
      [&]() -> llvm::Error {
        if (llvm::Error error = state->runInto(views, outputs))
          return error;
        return state->truncate(0);
      },
      marks);
}

/// Sums the calls of one entry up by kernel and by layer.
static void addTimes(ArrayRef<TimedCall> calls, Marks &marks, RunTimes &times,
                     CompileReport &report) {
  llvm::MapVector<StringRef, KernelTime> kernels;
  llvm::StringMap<double> nodes;
  for (auto [i, call] : llvm::enumerate(calls)) {
    if (call.entry != times.entry)
      continue;
    double micros = marks.median(i);
    KernelTime &kernel = kernels[call.kernel];
    kernel.kernel = call.kernel;
    kernel.calls += 1;
    kernel.microseconds += micros;
    times.microseconds += micros;
    if (!call.node.empty())
      nodes[call.node] += micros;
  }
  for (auto &[name, kernel] : kernels)
    times.kernels.push_back(kernel);
  llvm::stable_sort(times.kernels, [](const auto &a, const auto &b) {
    return a.microseconds > b.microseconds;
  });
  for (LayerReport &layer : report.layers)
    if (auto found = nodes.find(layer.name); found != nodes.end())
      layer.microseconds = found->second;
}

llvm::Error quantc::measureKernels(ModuleOp module,
                                   const ModelSignature &signature,
                                   const TimingOptions &options,
                                   CompileReport &report,
                                   ProgressReporter &progress) {
  OwningOpRef<ModuleOp> marked = module.clone();
  std::vector<TimedCall> calls = insertTimeMarks(*marked);
  llvm::FileRemover remove(options.scratchPrefix + ".so");
  if (llvm::Error error = buildTimed(*marked, signature, options, progress))
    return error;
  Artifact::Options loading;
  loading.weightsPath = options.weightsPath;
  auto artifact = Artifact::load(options.scratchPrefix, loading);
  if (!artifact)
    return artifact.takeError();
  const ArtifactEntry *entry = &artifact->entries().front();
  for (const ArtifactEntry &other : artifact->entries())
    if (other.isStateful)
      entry = &other;
  Marks marks(calls.size());
  artifact->setObserver([&](int64_t number, const float *, int64_t, int64_t) {
    if (number < static_cast<int64_t>(calls.size()))
      marks.at(number);
  });
  RunTimes times;
  times.entry = entry->name;
  times.level = artifact->levelName().str();
  NamedArrays inputs = smallestInputs(*entry, times.sizes);
  if (llvm::Error error = runEntry(*artifact, *entry, inputs, marks))
    return error;
  addTimes(calls, marks, times, report);
  report.times = std::move(times);
  return llvm::Error::success();
}
