//===- ChangedModel.cpp - a model whose weights are changed -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The weights file is mapped privately: what is written stays in memory, and
// only what was written.

#include "ChangedModel.h"
#include "Calibration.h"
#include "CalibrationRuns.h"
#include "Divergence.h"
#include "PrivateMapping.h"
#include "Targets.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Emit/WeightsFile.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileUtilities.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

/// Samples that one run takes where the model has no caches; texts go one by
/// one.
static constexpr int64_t samplesPerRun = 16;

struct ChangedModel::State {
  /// Where the weight of a product lies.
  struct Place {
    kern::WeightOp weight;
    RankedTensorType source;
  };

  explicit State(const Options &options)
      : options(options), removeLibrary(options.scratchPrefix + ".so"),
        removeWeights(options.scratchPrefix + ".weights"),
        removeWork(options.scratchPrefix + ".work") {}

  void findPlaces(ModuleOp selected);
  llvm::Error mapWeights();
  llvm::Error chooseRuns();
  /// Checks them against the reference.
  llvm::Error readTargets();
  llvm::Expected<NamedArrays> inputsOf(int64_t first, int64_t count) const;
  /// Calls `body` with the number of each run and its first output.
  llvm::Error run(llvm::function_ref<void(size_t, Array &)> body);

  Options options;
  llvm::FileRemover removeLibrary, removeWeights, removeWork;
  OwningOpRef<ModuleOp> selected;
  llvm::StringMap<Place> places;
  llvm::sys::fs::mapped_file_region file;
  uint64_t dataOffset = 0;
  struct Saved {
    uint64_t offset;
    std::vector<uint8_t> bytes;
  };
  std::vector<Saved> saved;
  NamedArrays data;
  int64_t samples = 0, perRun = samplesPerRun;
  std::optional<Artifact> artifact;
  const ArtifactEntry *entry = nullptr;
  std::vector<Array> reference; ///< logarithms of probabilities, one a run
  std::optional<Targets> targets;

  MutableArrayRef<uint8_t> dataSection() {
    return {reinterpret_cast<uint8_t *>(file.data()) + dataOffset,
            file.size() - dataOffset};
  }
};

void ChangedModel::State::findPlaces(ModuleOp module) {
  selected = module.clone();
  SymbolTable symbols(*selected);
  selected->walk([&](Operation *op) {
    if (!isa<kern::MatMulOp, kern::ConvOp, kern::DepthwiseConvOp>(op))
      return;
    auto constant = op->getOperand(1).getDefiningOp<kern::ConstantOp>();
    auto weight = constant ? symbols.lookup<kern::WeightOp>(constant.getName())
                           : kern::WeightOp();
    auto source =
        weight ? symbols.lookup<nn::DataOp>(weight.getSource()) : nn::DataOp();
    if (auto type = source ? dyn_cast<RankedTensorType>(source.getType())
                           : RankedTensorType())
      places.try_emplace(nodeOf(op), Place{weight, type});
  });
}

llvm::Error ChangedModel::State::mapWeights() {
  auto mapped = mapPrivately(options.scratchPrefix + ".weights");
  if (!mapped)
    return mapped.takeError();
  file = std::move(*mapped);
  dataOffset = 8 + llvm::support::endian::read64le(file.const_data());
  return llvm::Error::success();
}

/// Which entry runs, on how many samples, how many at a time.
llvm::Error ChangedModel::State::chooseRuns() {
  bool hasCaches =
      llvm::any_of(artifact->entries(), [](const ArtifactEntry &one) {
        return one.name == "decode";
      });
  auto found = artifact->entry(hasCaches ? "decode" : "main");
  if (!found)
    return found.takeError();
  entry = *found;
  samples = -1;
  perRun = hasCaches ? 1 : samplesPerRun;
  for (const ArtifactTensor *input : entry->plainInputs()) {
    auto array = samplesOf(*input, data, options.dataPath);
    if (!array)
      return array.takeError();
    if (samples >= 0 && (*array)->shape[0] != samples)
      return makeError(ErrorKind::BadModel,
                       "'{0}': array '{1}' has {2} samples, another has {3}",
                       options.dataPath, input->name, (*array)->shape[0],
                       samples);
    samples = (*array)->shape[0];
    if (!input->dims.empty() && input->dims[0] >= 0)
      perRun = input->dims[0];
  }
  if (options.samples > 0)
    samples = std::min(samples, options.samples);
  if (samples < perRun && samples > 0 && perRun == samplesPerRun)
    perRun = samples;
  if (samples < perRun || samples <= 0)
    return makeError(ErrorKind::BadModel,
                     "'{0}' holds {1} samples, too few to calibrate",
                     options.dataPath, std::max<int64_t>(samples, 0));
  samples = samples / perRun * perRun;
  return llvm::Error::success();
}

llvm::Error ChangedModel::State::readTargets() {
  auto read = Targets::read(data, options.dataPath, samples);
  if (!read)
    return read.takeError();
  for (auto [number, output] : llvm::enumerate(reference))
    if (llvm::Error error =
            read->check(int64_t(number) * perRun, perRun, output))
      return error;
  targets = std::move(*read);
  return llvm::Error::success();
}

llvm::Expected<NamedArrays> ChangedModel::State::inputsOf(int64_t first,
                                                          int64_t count) const {
  NamedArrays inputs;
  for (const ArtifactTensor *input : entry->plainInputs()) {
    const Array &array = *findArray(data, input->name);
    Array part{array.type, array.shape, {}};
    part.shape[0] = count;
    size_t row = array.bytes.size() / array.shape[0];
    part.bytes.assign(array.bytes.begin() + first * row,
                      array.bytes.begin() + (first + count) * row);
    inputs.emplace_back(input->name, std::move(part));
  }
  return inputs;
}

llvm::Error
ChangedModel::State::run(llvm::function_ref<void(size_t, Array &)> body) {
  size_t number = 0;
  for (int64_t first = 0; first < samples; first += perRun, ++number) {
    auto inputs = inputsOf(first, perRun);
    if (!inputs)
      return inputs.takeError();
    int64_t longest = 1;
    for (auto &[name, array] : *inputs)
      longest = std::max<int64_t>(longest, array.shape.back());
    auto outputs =
        artifact->run(entry->name, *inputs, entry->isStateful ? longest : 0);
    if (!outputs)
      return outputs.takeError();
    if (outputs->empty() || outputs->front().second.shape.empty() ||
        outputs->front().second.type.name() != "f32")
      return makeError(ErrorKind::BadModel,
                       "the first output of '{0}' is no f32 tensor: its error "
                       "cannot be measured",
                       entry->name);
    body(number, outputs->front().second);
  }
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<ChangedModel>>
ChangedModel::create(ModuleOp module, const Options &options,
                     ProgressReporter &progress) {
  auto state = std::make_unique<State>(options);
  auto data = readArrays(options.dataPath);
  if (!data)
    return data.takeError();
  state->data = std::move(*data);
  if (llvm::Error error = compileObserved(
          module, options.scratchPrefix, progress,
          [&](ModuleOp selected) { state->findPlaces(selected); }))
    return std::move(error);
  if (llvm::Error error = state->mapWeights())
    return std::move(error);
  Artifact::Options loading;
  loading.skipChecksum = true;
  loading.weights = {reinterpret_cast<uint8_t *>(state->file.data()),
                     state->file.size()};
  auto artifact = Artifact::load(options.scratchPrefix, loading);
  if (!artifact)
    return artifact.takeError();
  state->artifact = std::move(*artifact);
  if (llvm::Error error = state->chooseRuns())
    return std::move(error);
  if (llvm::Error error = state->run([&](size_t, Array &output) {
        toLogProbabilities(output);
        state->reference.push_back(std::move(output));
      }))
    return std::move(error);
  if (options.hasTargets)
    if (llvm::Error error = state->readTargets())
      return std::move(error);
  return std::unique_ptr<ChangedModel>(new ChangedModel(std::move(state)));
}

ChangedModel::ChangedModel(std::unique_ptr<State> state)
    : state(std::move(state)) {}
ChangedModel::~ChangedModel() = default;

llvm::Error ChangedModel::replace(StringRef node, ArrayRef<float> numbers) {
  auto found = state->places.find(node);
  if (found == state->places.end())
    return makeError(ErrorKind::Internal, "node '{0}' has no weight of its own",
                     node);
  const State::Place &place = found->second;
  kern::WeightOp weight = place.weight;
  MutableArrayRef<uint8_t> data = state->dataSection();
  auto stored = cast<RankedTensorType>(weight.getType());
  uint64_t size = uint64_t(stored.getNumElements()) *
                  llvm::divideCeil(stored.getElementTypeBitWidth(), 8);
  auto before = data.slice(weight.getOffset(), size);
  state->saved.push_back({weight.getOffset(), {before.begin(), before.end()}});
  return replaceWeight(weight, place.source,
                       {reinterpret_cast<const uint8_t *>(numbers.data()),
                        numbers.size() * sizeof(float)},
                       data);
}

void ChangedModel::restore() {
  for (const State::Saved &one : llvm::reverse(state->saved))
    llvm::copy(one.bytes, state->dataSection().begin() + one.offset);
  state->saved.clear();
}

llvm::Expected<double> ChangedModel::divergence() {
  double sum = 0;
  int64_t rows = 0;
  if (llvm::Error error = state->run([&](size_t number, Array &output) {
        toLogProbabilities(output);
        const Array &before = state->reference[number];
        if (const std::optional<Targets> &targets = state->targets) {
          int64_t first = int64_t(number) * state->perRun;
          sum += targets->sumLoss(first, before, output);
          rows += targets->rows(first, state->perRun);
          return;
        }
        int64_t columns = output.shape.back();
        sum += sumDivergence(before.as<float>(), output.as<float>(), columns);
        rows += before.elementCount() / std::max<int64_t>(columns, 1);
      }))
    return std::move(error);
  double mean = rows ? sum / double(rows) : 0;
  if (!std::isfinite(mean))
    return makeError(ErrorKind::BadModel,
                     "'{0}': the outputs on the calibration data are not "
                     "finite",
                     state->options.dataPath);
  return std::max(mean, 0.0); // rounding may leave it below
}
