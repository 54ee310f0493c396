//===- Calibration.cpp - static ranges from samples -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What calibrates is the code that ships: the same phases, the same kernels.

#include "Calibration.h"
#include "CalibrationRuns.h"
#include "Codegen.h"
#include "Diagnostics.h"
#include "ModelFingerprint.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Calibrate/ArtifactLoader.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Calibrate/RangeStatistics.h"
#include "quantc/Dialect/NN/NodeName.h"
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
#include <chrono>

using namespace mlir;
using namespace quantc;

/// Samples of a dynamic first dimension that one run takes.
static constexpr int64_t samplesPerRun = 16;

/// What is known is kept after so many samples, or a second.
static constexpr int64_t samplesPerRecord = 64;

/// Static schemes of activations whose range is not known, in the order of
/// their observers.
static SmallVector<qnt::AssignOp> missingRanges(ModuleOp module) {
  SmallVector<qnt::AssignOp> missing;
  module.walk([&](qnt::AssignOp op) {
    bool isWeight = qnt::TransformOp::paramOf(op.getInput()) != nullptr;
    bool isStatic = !op.getScheme().isNone() && !op.getScheme().getDynamic();
    if (!isWeight && !op.isFromModel() && isStatic && !op->hasAttr("qnt.scale"))
      missing.push_back(op);
  });
  return missing;
}

bool quantc::needsRanges(ModuleOp module) {
  return !missingRanges(module).empty();
}

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
    auto array = samplesOf(*input, data, path);
    if (!array)
      return array.takeError();
    if (samples >= 0 && (*array)->shape[0] != samples)
      return makeError(ErrorKind::BadModel,
                       "'{0}': array '{1}' has {2} samples, another has {3}",
                       path, input->name, (*array)->shape[0], samples);
    samples = (*array)->shape[0];
    if (input->dims[0] >= 0)
      perRun = input->dims[0];
  }
  if (samples < 1 || samples < perRun * (perRun != samplesPerRun))
    return makeError(ErrorKind::BadModel,
                     "'{0}' holds {1} samples, too few to calibrate", path,
                     samples);
  return std::make_pair(samples, perRun);
}

namespace {
/// The ranges of all observed places, as far as samples have run.
class RangeCalibration {
public:
  RangeCalibration(ModuleOp module, const CalibrationChoice &choice,
                   StringRef dataPath, const NamedArrays &data,
                   ProgressReporter &progress)
      : module(module), choice(choice), dataPath(dataPath), data(data),
        progress(progress), ranges(missingRanges(module).size()) {}

  /// Takes what the folder knows of the model and these samples.
  llvm::Error resume(StatisticsFolder &folder);
  /// Runs the samples that did not run yet.
  llvm::Error run(const std::string &prefix);
  llvm::Error finish();

private:
  llvm::Error runSamples(Artifact &artifact);
  llvm::Error keep();

  ModuleOp module;
  const CalibrationChoice &choice;
  StringRef dataPath;
  const NamedArrays &data;
  ProgressReporter &progress;
  std::vector<RangeStatistics> ranges;
  int64_t done = 0, total = -1; ///< samples; -1: not known
  std::optional<StatisticsSet> kept;
};
} // namespace

static constexpr StringLiteral recordName = "samples";

llvm::Error RangeCalibration::resume(StatisticsFolder &folder) {
  auto fingerprint = fingerprintOf(module, data, choice.samples);
  if (!fingerprint)
    return fingerprint.takeError();
  auto set = folder.begin("ranges", *fingerprint);
  if (!set)
    return set.takeError();
  kept = std::move(*set);
  std::optional<SafetensorsFile> record = kept->find(recordName);
  if (!record)
    return llvm::Error::success();
  auto counts = readTensor<int64_t>(*record, "counts", "I64", 1);
  auto sizes = readTensor<int64_t>(*record, "sizes", "I64", 1);
  auto words = readTensor<int64_t>(*record, "ranges", "I64", 1);
  if (!counts || counts->size() != 2 || !words || !sizes ||
      sizes->size() != ranges.size())
    return llvm::Error::success();
  std::vector<RangeStatistics> known;
  ArrayRef<int64_t> left = *words;
  for (int64_t size : *sizes) {
    if (size < 0 || size > int64_t(left.size()))
      return llvm::Error::success();
    if (auto one = RangeStatistics::fromWords(left.take_front(size)))
      known.push_back(std::move(*one));
    left = left.drop_front(size);
  }
  if (known.size() != ranges.size())
    return llvm::Error::success();
  ranges = std::move(known);
  done = counts->front();
  total = counts->back();
  kept->noteFound(done, total, "samples");
  return llvm::Error::success();
}

llvm::Error RangeCalibration::keep() {
  if (!kept)
    return llvm::Error::success();
  std::vector<int64_t> counts = {done, total}, sizes, words;
  for (const RangeStatistics &one : ranges) {
    std::vector<int64_t> own = one.toWords();
    sizes.push_back(int64_t(own.size()));
    llvm::append_range(words, own);
  }
  return kept->store(
      recordName, {{"counts", "I64", {2}, bytesOf(counts)},
                   {"sizes", "I64", {int64_t(sizes.size())}, bytesOf(sizes)},
                   {"ranges", "I64", {int64_t(words.size())}, bytesOf(words)}});
}

llvm::Error RangeCalibration::runSamples(Artifact &artifact) {
  auto entry = artifact.entry("main");
  if (!entry)
    return entry.takeError();
  auto counts = countSamples(**entry, data, dataPath);
  if (!counts)
    return counts.takeError();
  auto [samples, perRun] = *counts;
  if (choice.samples > 0)
    samples =
        std::max(std::min(samples, choice.samples), std::min(samples, perRun));
  bool isFixed = false;
  for (const ArtifactTensor *input : (*entry)->plainInputs())
    isFixed |= input->dims[0] >= 0;
  total = isFixed ? samples / perRun * perRun : samples;
  progress.begin("calibrate", total);
  progress.step(done);
  auto lastKept = std::chrono::steady_clock::now();
  for (int64_t since = 0; done < total;) {
    int64_t count = std::min(perRun, total - done);
    NamedArrays inputs;
    for (const ArtifactTensor *input : (*entry)->plainInputs())
      inputs.emplace_back(input->name,
                          slice(*findArray(data, input->name), done, count));
    auto outputs = artifact.run("main", inputs);
    if (!outputs)
      return outputs.takeError();
    progress.step(count);
    done += count;
    since += count;
    auto now = std::chrono::steady_clock::now();
    if (since < samplesPerRecord && now - lastKept < std::chrono::seconds(1) &&
        done < total)
      continue;
    if (llvm::Error error = keep())
      return error;
    since = 0;
    lastKept = now;
  }
  progress.end();
  return llvm::Error::success();
}

llvm::Error RangeCalibration::run(const std::string &prefix) {
  if (done == total)
    return llvm::Error::success();
  llvm::FileRemover removeLibrary(prefix + ".so"),
      removeWeights(prefix + ".weights"), removeWork(prefix + ".work");
  if (llvm::Error error = compileObserved(module, prefix, progress))
    return error;
  auto artifact = Artifact::load(prefix, {});
  if (!artifact)
    return artifact.takeError();
  artifact->setObserver(
      [&](int64_t id, const float *numbers, int64_t rows, int64_t cols) {
        ranges[id].add({numbers, static_cast<size_t>(rows * cols)});
      });
  return runSamples(*artifact);
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

llvm::Error RangeCalibration::finish() {
  std::vector<StaticRange> found;
  SmallVector<qnt::AssignOp> schemes = missingRanges(module);
  for (auto [op, one] : llvm::zip_equal(schemes, ranges)) {
    found.push_back(rangeOf(one, choice));
    if (!one.isFinite())
      continue; // which is refused below
    if (one.count() == 0)
      return makeError(ErrorKind::BadModel,
                       "'{0}': node '{1}': the calibration data gives it no "
                       "numbers that a range could come from",
                       dataPath, nodeOf(op));
    if (one.minMax() == std::make_pair(0.0, 0.0))
      progress.warning(llvm::formatv("'{0}': node '{1}': its inputs are all 0; "
                                     "its codes are rounded integers",
                                     dataPath, nodeOf(op))
                           .str());
  }
  DiagnosticCollector collector(module.getContext());
  if (failed(setStaticRanges(module, found)))
    return makeError(ErrorKind::BadModel, "'{0}': {1}", dataPath,
                     collector.text());
  return llvm::Error::success();
}

llvm::Error quantc::calibrate(ModuleOp module, const CalibrationChoice &choice,
                              StringRef dataPath, StringRef scratchPrefix,
                              StatisticsFolder *statistics,
                              ProgressReporter &progress) {
  if (dataPath.empty())
    return makeError(ErrorKind::Usage,
                     "the recipe has static activations: give samples with "
                     "--calibrate DATA.npz");
  auto data = readArrays(dataPath);
  if (!data)
    return data.takeError();
  RangeCalibration calibration(module, choice, dataPath, *data, progress);
  if (statistics)
    if (llvm::Error error = calibration.resume(*statistics))
      return error;
  if (llvm::Error error = calibration.run(scratchPrefix.str()))
    return error;
  return calibration.finish();
}
