//===- CalibrationRuns.cpp - samples side by side ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See CalibrationRuns.h.

#include "CalibrationRuns.h"
#include "Calibration.h"
#include "quantc/Calibrate/HessianStatistics.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/MappedFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileUtilities.h"

using namespace quantc;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;

/// Runs of a model with a dynamic number of samples.
static constexpr int64_t runsSideBySide = 16;

/// Samples `first` to `first + count` of an array.
static Array slice(const Array &array, int64_t first, int64_t count) {
  Array part{array.type, array.shape, {}};
  part.shape[0] = count;
  size_t row = array.bytes.size() / array.shape[0];
  part.bytes.assign(array.bytes.begin() + first * row,
                    array.bytes.begin() + (first + count) * row);
  return part;
}

llvm::Expected<const Array *> quantc::samplesOf(const ArtifactTensor &input,
                                                const NamedArrays &data,
                                                StringRef path) {
  const Array *array = findArray(data, input.name);
  if (!array)
    return makeError(ErrorKind::BadModel,
                     "'{0}' has no array for the input '{1}' {2}", path,
                     input.name, input.describe());
  bool isRight = input.takes(array->type) && !array->shape.empty() &&
                 array->shape.size() == input.dims.size();
  for (size_t i = 1; isRight && i < input.dims.size(); ++i)
    isRight = input.dims[i] < 0 || input.dims[i] == array->shape[i];
  if (isRight)
    return array;
  return makeError(
      ErrorKind::BadModel, "'{0}': array '{1}' is {2}, the input is {3}", path,
      input.name, describe(array->type, array->shape), input.describe());
}

/// Whether an input may be left out, and is empty then: it has a dynamic size
/// that no input has which there are samples for.
static bool canBeEmpty(const ArtifactTensor &input, const ArtifactEntry &entry,
                       const NamedArrays &data) {
  auto isGiven = [&](StringRef size) {
    return llvm::any_of(entry.plainInputs(), [&](const ArtifactTensor *other) {
      return findArray(data, other->name) &&
             llvm::is_contained(other->dimNames, size);
    });
  };
  for (size_t i = 1; i < input.dims.size(); ++i)
    if (input.dims[i] < 0 &&
        (input.dimNames[i].empty() || !isGiven(input.dimNames[i])))
      return true;
  return false;
}

/// An input without elements, for caches that hold nothing yet.
static Array emptyInput(const ArtifactTensor &input, int64_t samples) {
  SmallVector<int64_t, 4> shape(input.dims);
  for (auto [i, size] : llvm::enumerate(shape))
    if (size < 0)
      size = i == 0 ? samples : 0;
  return Array::zeros(input.type, shape);
}

llvm::Expected<std::vector<NamedArrays>>
quantc::inputsOfRuns(const ArtifactEntry &entry, const NamedArrays &data,
                     StringRef path, int64_t most) {
  int64_t samples = -1, fixed = 0;
  for (const ArtifactTensor *input : entry.plainInputs()) {
    if (!findArray(data, input->name) && canBeEmpty(*input, entry, data))
      continue;
    auto array = samplesOf(*input, data, path);
    if (!array)
      return array.takeError();
    if (samples >= 0 && (*array)->shape[0] != samples)
      return makeError(ErrorKind::BadModel,
                       "'{0}': array '{1}' has {2} samples, another has {3}",
                       path, input->name, (*array)->shape[0], samples);
    samples = (*array)->shape[0];
    fixed = std::max(fixed, input->dims[0]);
  }
  if (most > 0)
    samples = std::min(samples, std::max(most, fixed));
  int64_t perRun =
      fixed > 0 ? fixed : (samples + runsSideBySide - 1) / runsSideBySide;
  if (samples < 1 || samples < perRun)
    return makeError(ErrorKind::BadModel,
                     "'{0}' holds {1} samples, too few to calibrate", path,
                     std::max<int64_t>(samples, 0));
  std::vector<NamedArrays> runs;
  for (int64_t first = 0; first < samples; first += perRun) {
    int64_t count = std::min(perRun, samples - first);
    if (fixed > 0 && count < fixed)
      break;
    NamedArrays &inputs = runs.emplace_back();
    for (const ArtifactTensor *input : entry.plainInputs()) {
      const Array *array = findArray(data, input->name);
      inputs.emplace_back(input->name, array ? slice(*array, first, count)
                                             : emptyInput(*input, count));
    }
  }
  return runs;
}

llvm::ArrayRef<float> quantc::numbersOf(const ObservedRows &rows) {
  return {rows.data, static_cast<size_t>(rows.rows * rows.cols)};
}

std::vector<float> quantc::driftOf(llvm::ArrayRef<ObservedRows> seen,
                                   llvm::ArrayRef<ObservedRows> floats,
                                   int64_t inputs) {
  CrossStatistics statistics(inputs);
  std::vector<float> differences;
  for (auto [x, y] : llvm::zip_equal(seen, floats)) {
    differences.resize(numbersOf(x).size());
    for (size_t i = 0; i < differences.size(); ++i)
      differences[i] = y.data[i] - x.data[i];
    statistics.add(differences, numbersOf(x));
  }
  return statistics.matrix();
}

llvm::Error quantc::runObserved(
    mlir::ModuleOp copy, const std::string &prefix, const RunSamples &samples,
    size_t places, llvm::StringRef title, ProgressReporter &progress,
    llvm::function_ref<llvm::Error(int64_t, llvm::ArrayRef<ObservedRows>)>
        see) {
  llvm::FileRemover removeLibrary(prefix + ".so"),
      removeWeights(prefix + ".weights"), removeWork(prefix + ".work");
  if (llvm::Error error = compileObserved(copy, prefix, progress))
    return error;
  auto weights = MappedFile::open(prefix + ".weights");
  if (!weights)
    return weights.takeError();
  auto artifact = Artifact::load(prefix, {});
  if (!artifact)
    return artifact.takeError();
  auto entry = artifact->entry("main");
  if (!entry)
    return entry.takeError();
  auto inputs =
      inputsOfRuns(**entry, samples.arrays, samples.path, samples.most);
  if (!inputs)
    return inputs.takeError();
  progress.begin(title, places);
  std::vector<LockstepRun> runs;
  for (const NamedArrays &one : *inputs)
    runs.push_back({&one, (*weights)->bytes()});
  auto step = [&](int64_t id, llvm::ArrayRef<ObservedRows> seen) {
    progress.step();
    return see(id, seen);
  };
  if (llvm::Error error = runInLockstep(prefix, "main", runs, step))
    return error;
  progress.end();
  return llvm::Error::success();
}
