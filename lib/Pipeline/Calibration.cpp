//===- Calibration.cpp - static ranges from samples -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What calibrates is the code that ships: the same phases, the same kernels.

#include "Calibration.h"
#include "Codegen.h"
#include "Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Calibrate/RangeStatistics.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Emit/Link.h"
#include "quantc/Emit/Program.h"
#include "quantc/Fuse/Passes.h"
#include "quantc/Lower/Passes.h"
#include "quantc/Quantize/Passes.h"
#include "quantc/Select/Passes.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace quantc;

/// Samples of a dynamic first dimension that one run takes.
static constexpr int64_t samplesPerRun = 16;

/// Static schemes of activations whose range is not known.
static int64_t countMissing(ModuleOp module) {
  int64_t count = 0;
  module.walk([&](qnt::AssignOp op) {
    bool isWeight = qnt::TransformOp::paramOf(op.getInput()) != nullptr;
    bool isStatic = !op.getScheme().isNone() && !op.getScheme().getDynamic();
    count +=
        !isWeight && !op.isFromModel() && isStatic && !op->hasAttr("qnt.scale");
  });
  return count;
}

bool quantc::needsRanges(ModuleOp module) { return countMissing(module) > 0; }

void quantc::assumeRanges(ModuleOp module) {
  int64_t count = 0;
  module.walk([&](qnt::AssignOp) { ++count; });
  std::vector<StaticRange> ranges(count, StaticRange{-1, 1});
  LogicalResult done = setStaticRanges(module, ranges);
  assert(succeeded(done) && "every scheme has a finite range");
  (void)done;
}

llvm::Error
quantc::compileObserved(ModuleOp module, StringRef prefix,
                        ProgressReporter &progress,
                        llvm::function_ref<void(ModuleOp)> afterSelect) {
  OwningOpRef<ModuleOp> copy = module.clone();
  DiagnosticCollector collector(module.getContext());
  PassManager road(module.getContext());
  road.addPass(createAssignObservers());
  // Layers that came quantized with the model run as they will.
  buildQuantizePhase(road, (prefix + ".work").str());
  buildFusePhase(road);
  buildSelectPhase(road);
  if (failed(road.run(*copy)))
    return makeError(ErrorKind::Unsupported,
                     "the model cannot be calibrated: {0}", collector.text());
  if (afterSelect)
    afterSelect(*copy);
  auto signature = readSignature(*copy);
  if (failed(signature))
    return makeError(ErrorKind::Unsupported,
                     "the model cannot be calibrated: {0}", collector.text());
  PassManager lower(module.getContext());
  buildLowerBuffers(lower);
  if (failed(lower.run(*copy)))
    return makeError(ErrorKind::Unsupported,
                     "the model cannot be calibrated: {0}", collector.text());
  auto stored = writeWeights(*copy, (prefix + ".weights").str(), progress);
  auto levels = levelsOfTarget("native");
  if (!stored)
    return stored.takeError();
  if (!levels)
    return levels.takeError();
  auto code =
      generateCode(*copy, *levels, /*keepDir=*/"", /*reproducer=*/"", progress);
  if (!code)
    return code.takeError();
  WeightsReference reference{
      *stored, (llvm::sys::path::filename(prefix) + ".weights").str(), {}};
  llvm::LLVMContext context;
  auto program =
      buildProgram(context, *signature, *levels, reference, code->images);
  auto object = toObject(*program, levels->front());
  if (!object)
    return object.takeError();
  code->objects.push_back(std::move(*object));
  return linkLibrary(code->objects, (prefix + ".so").str());
}

/// Samples `first` to `first + count` of an array.
static Array slice(const Array &array, int64_t first, int64_t count) {
  Array part{array.type, array.shape, {}};
  part.shape[0] = count;
  size_t row = array.bytes.size() / array.shape[0];
  part.bytes.assign(array.bytes.begin() + first * row,
                    array.bytes.begin() + (first + count) * row);
  return part;
}

/// Number of samples and how many of them one run takes.
static llvm::Expected<std::pair<int64_t, int64_t>>
countSamples(const ArtifactEntry &entry, const NamedArrays &data,
             StringRef path) {
  int64_t samples = -1, perRun = samplesPerRun;
  for (const ArtifactTensor *input : entry.plainInputs()) {
    const Array *array = findArray(data, input->name);
    if (!array)
      return makeError(ErrorKind::BadModel,
                       "'{0}' has no array for the input '{1}' {2}", path,
                       input->name, input->describe());
    if (array->shape.empty() || array->shape.size() != input->dims.size())
      return makeError(ErrorKind::BadModel,
                       "'{0}': array '{1}' is {2}, the input is {3}", path,
                       input->name, describe(array->type, array->shape),
                       input->describe());
    if (samples >= 0 && array->shape[0] != samples)
      return makeError(ErrorKind::BadModel,
                       "'{0}': array '{1}' has {2} samples, another has {3}",
                       path, input->name, array->shape[0], samples);
    samples = array->shape[0];
    if (input->dims[0] >= 0)
      perRun = input->dims[0];
  }
  if (samples < 1 || samples < perRun * (perRun != samplesPerRun))
    return makeError(ErrorKind::BadModel,
                     "'{0}' holds {1} samples, too few to calibrate", path,
                     samples);
  return std::make_pair(samples, perRun);
}

static llvm::Error runSamples(Artifact &artifact, const NamedArrays &data,
                              StringRef path, int64_t most,
                              ProgressReporter &progress) {
  auto entry = artifact.entry("main");
  if (!entry)
    return entry.takeError();
  auto counts = countSamples(**entry, data, path);
  if (!counts)
    return counts.takeError();
  auto [samples, perRun] = *counts;
  if (most > 0)
    samples = std::max(std::min(samples, most), std::min(samples, perRun));
  bool isFixed = false;
  for (const ArtifactTensor *input : (*entry)->plainInputs())
    isFixed |= input->dims[0] >= 0;
  progress.begin("calibrate", samples);
  for (int64_t first = 0; first < samples; first += perRun) {
    int64_t count = std::min(perRun, samples - first);
    if (isFixed && count < perRun)
      break;
    NamedArrays inputs;
    for (const ArtifactTensor *input : (*entry)->plainInputs())
      inputs.emplace_back(input->name,
                          slice(*findArray(data, input->name), first, count));
    auto outputs = artifact.run("main", inputs);
    if (!outputs)
      return outputs.takeError();
    progress.step(count);
  }
  progress.end();
  return llvm::Error::success();
}

static StaticRange rangeOf(const RangeStatistics &statistics,
                           const CalibrationChoice &choice) {
  std::pair<double, double> range =
      choice.observer == "percentile" ? statistics.percentile(choice.percentile)
      : choice.observer == "mse"      ? statistics.leastSquaredError()
                                      : statistics.minMax();
  if (!statistics.isFinite())
    range.second = INFINITY;
  // Codes always reach 0.
  double from = std::min(range.first, 0.0), to = std::max(range.second, 0.0);
  return {range.first, range.second, statistics.shareOutside(from, to)};
}

llvm::Error quantc::calibrate(ModuleOp module, const CalibrationChoice &choice,
                              StringRef dataPath, StringRef scratchPrefix,
                              ProgressReporter &progress) {
  if (dataPath.empty())
    return makeError(ErrorKind::Usage,
                     "the recipe has static activations: give samples with "
                     "--calibrate DATA.npz");
  auto data = readArrays(dataPath);
  if (!data)
    return data.takeError();
  std::string prefix = scratchPrefix.str();
  llvm::FileRemover removeLibrary(prefix + ".so"),
      removeWeights(prefix + ".weights"), removeWork(prefix + ".work");
  if (llvm::Error error = compileObserved(module, prefix, progress))
    return error;
  auto artifact = Artifact::load(prefix, {});
  if (!artifact)
    return artifact.takeError();
  std::vector<RangeStatistics> statistics(countMissing(module));
  artifact->setObserver(
      [&](int64_t id, const float *numbers, int64_t rows, int64_t cols) {
        statistics[id].add({numbers, static_cast<size_t>(rows * cols)});
      });
  if (llvm::Error error =
          runSamples(*artifact, *data, dataPath, choice.samples, progress))
    return error;
  std::vector<StaticRange> ranges;
  for (const RangeStatistics &one : statistics)
    ranges.push_back(rangeOf(one, choice));
  DiagnosticCollector collector(module.getContext());
  if (failed(setStaticRanges(module, ranges)))
    return makeError(ErrorKind::BadModel, "{0}", collector.text());
  return llvm::Error::success();
}
