//===- ThresholdModel.cpp - a model whose thresholds change -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The weights file is mapped privately: what is written stays in memory.

#include "ThresholdModel.h"
#include "Calibration.h"
#include "PrivateMapping.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Support/Errors.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Endian.h"
#include <cstring>

using namespace mlir;
using namespace quantc;

/// Numbers of observers from here on are ours; static ranges have those below.
static constexpr int64_t firstObserver = 1 << 20;

std::vector<size_t> quantc::observeThresholdInputs(ModuleOp module) {
  llvm::MapVector<Value, SmallVector<qnt::ThresholdOp>> readers;
  std::vector<size_t> numbers;
  module.walk([&](qnt::ThresholdOp op) {
    readers[op.getInput()].push_back(op);
    numbers.push_back(readers.find(op.getInput()) - readers.begin());
  });
  for (auto [i, entry] : llvm::enumerate(readers)) {
    OpBuilder b(module.getContext());
    b.setInsertionPointAfterValue(entry.first);
    auto observe = qnt::ObserveOp::create(
        b, entry.second.front().getLoc(), entry.first.getType(), entry.first,
        b.getI64IntegerAttr(firstObserver + int64_t(i)));
    for (qnt::ThresholdOp threshold : entry.second)
      threshold.getInputMutable().assign(observe);
  }
  return numbers;
}

void ThresholdModel::setObserver(
    std::function<void(size_t, ArrayRef<float>)> see) {
  if (!see)
    return loaded->setObserver({});
  loaded->setObserver([see = std::move(see)](int64_t id, const float *numbers,
                                             int64_t rows, int64_t cols) {
    if (id >= firstObserver)
      see(id - firstObserver, {numbers, static_cast<size_t>(rows * cols)});
  });
}

ThresholdModel::ThresholdModel(StringRef scratchPrefix)
    : prefix(scratchPrefix), removeLibrary(prefix + ".so"),
      removeWeights(prefix + ".weights"), removeWork(prefix + ".work") {}

/// Names of the data that thresholds are, in the order of the module.
static std::vector<std::string> namesOf(ModuleOp module) {
  std::vector<std::string> names;
  module.walk([&](qnt::ThresholdOp op) {
    names.push_back(op.getAbove().getDefiningOp<nn::ParamOp>().getName().str());
  });
  return names;
}

llvm::Error ThresholdModel::findPlaces(ModuleOp selected,
                                       ArrayRef<std::string> names) {
  llvm::StringMap<uint64_t> known;
  for (auto weight : selected.getOps<kern::WeightOp>())
    known[weight.getSource()] = weight.getOffset();
  for (const std::string &name : names) {
    auto found = known.find(name);
    if (found == known.end())
      return makeError(ErrorKind::Internal,
                       "the threshold '{0}' is not among the weights", name);
    places.push_back(found->second);
  }
  return llvm::Error::success();
}

llvm::Error
ThresholdModel::compile(ModuleOp module, ProgressReporter &progress,
                        llvm::function_ref<void(ModuleOp)> observe) {
  OwningOpRef<ModuleOp> copy = module.clone();
  size_t count = findSparseProducts(*copy).size();
  setThresholds(*copy, std::vector<float>(count, 0.0f), /*oneRow=*/false);
  std::vector<std::string> names = namesOf(*copy);
  if (observe)
    observe(*copy);
  llvm::Error lost = llvm::Error::success();
  llvm::Error error =
      compileObserved(*copy, prefix, progress, [&](ModuleOp selected) {
        lost = llvm::joinErrors(std::move(lost), findPlaces(selected, names));
      });
  error = llvm::joinErrors(std::move(error), std::move(lost));
  return error ? std::move(error) : load();
}

llvm::Error ThresholdModel::load() {
  auto mapped = mapPrivately(prefix + ".weights");
  if (!mapped)
    return mapped.takeError();
  weights = std::move(*mapped);
  Artifact::Options loading;
  loading.skipChecksum = true;
  loading.weights = {reinterpret_cast<uint8_t *>(weights.data()),
                     weights.size()};
  auto artifact = Artifact::load(prefix, loading);
  if (!artifact)
    return artifact.takeError();
  loaded = std::move(*artifact);
  return llvm::Error::success();
}

void ThresholdModel::set(ArrayRef<float> thresholds) {
  uint64_t start = 8 + llvm::support::endian::read64le(weights.const_data());
  for (auto [place, tau] : llvm::zip_equal(places, thresholds))
    std::memcpy(weights.data() + start + place, &tau, sizeof(tau));
}
