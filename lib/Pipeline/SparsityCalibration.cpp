//===- SparsityCalibration.cpp - thresholds from samples --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The float model runs twice on the samples: with nothing left out, for the
// magnitudes of all inputs, and with the thresholds that follow from them.

#include "SparsityCalibration.h"
#include "HessianCalibration.h"
#include "SparsityBlocks.h"
#include "ThresholdModel.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Calibrate/MagnitudeStatistics.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Support/Errors.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {
/// A product that leaves out inputs.
struct Site {
  std::string node;
  double share;     ///< of its inputs that is to be left out
  size_t input = 0; ///< number of the value that it reads
  float tau = 0;    ///< its threshold
  int64_t leftOut = 0;
};

class SparsityCalibration {
public:
  SparsityCalibration(ModuleOp module, const Recipe &recipe, StringRef prefix,
                      ProgressReporter &progress)
      : module(module), recipe(recipe), prefix(prefix), progress(progress),
        model(prefix) {}

  llvm::Error compile();
  llvm::Error collect(StringRef dataPath);
  llvm::Error allocate(StringRef dataPath);
  llvm::Error countLeftOut(StringRef dataPath);
  std::vector<float> thresholds() const;
  void describe(CompileReport &report) const;

private:
  /// Runs all samples; `see` gets the number of an input and its numbers.
  llvm::Error run(StringRef dataPath,
                  llvm::function_ref<void(size_t, ArrayRef<float>)> see);
  void findThresholds();

  ModuleOp module;
  const Recipe &recipe;
  StringRef prefix;
  ProgressReporter &progress;
  ThresholdModel model;
  std::vector<Site> sites;
  std::vector<MagnitudeStatistics> statistics; ///< of each input
};
} // namespace

llvm::Error SparsityCalibration::compile() {
  for (nn::MatMulOp op : findSparseProducts(module))
    sites.push_back(
        {nodeOf(op),
         op->getAttrOfType<FloatAttr>(sparsityName).getValueAsDouble()});
  return model.compile(module, progress, [&](ModuleOp copy) {
    for (auto [site, input] :
         llvm::zip_equal(sites, observeThresholdInputs(copy))) {
      site.input = input;
      statistics.resize(std::max(statistics.size(), input + 1));
    }
  });
}

llvm::Error SparsityCalibration::run(
    StringRef dataPath, llvm::function_ref<void(size_t, ArrayRef<float>)> see) {
  auto data = readArrays(dataPath);
  if (!data)
    return data.takeError();
  model.setObserver(see);
  auto entry = model.artifact().entry("main");
  if (!entry)
    return entry.takeError();
  auto inputs =
      inputsOfRuns(**entry, *data, dataPath, recipe.calibration().samples);
  if (!inputs)
    return inputs.takeError();
  progress.begin("sparsity", inputs->size());
  for (const NamedArrays &one : *inputs) {
    auto outputs = model.artifact().run("main", one);
    if (!outputs)
      return outputs.takeError();
    progress.step();
  }
  progress.end();
  return llvm::Error::success();
}

llvm::Error SparsityCalibration::collect(StringRef dataPath) {
  if (llvm::Error error =
          run(dataPath, [&](size_t input, ArrayRef<float> numbers) {
            statistics[input].add(numbers);
          }))
    return error;
  for (const Site &site : sites)
    if (!statistics[site.input].isFinite())
      return makeError(ErrorKind::BadModel,
                       "node '{0}': its inputs are not finite in the "
                       "calibration data",
                       site.node);
  findThresholds();
  return llvm::Error::success();
}

void SparsityCalibration::findThresholds() {
  for (Site &site : sites)
    site.tau = static_cast<float>(statistics[site.input].quantile(site.share));
}

llvm::Error SparsityCalibration::allocate(StringRef dataPath) {
  std::vector<double> targets;
  for (const Site &site : sites)
    targets.push_back(site.share);
  auto shares = allocateInBlocks(
      module, targets,
      [&](size_t site, double share) {
        return float(statistics[sites[site].input].quantile(share));
      },
      {dataPath.str(), recipe.calibration().samples,
       (prefix + ".blocks").str()},
      progress);
  if (!shares)
    return shares.takeError();
  for (auto [site, share] : llvm::zip_equal(sites, *shares))
    site.share = share;
  findThresholds();
  return llvm::Error::success();
}

llvm::Error SparsityCalibration::countLeftOut(StringRef dataPath) {
  model.set(thresholds());
  return run(dataPath, [&](size_t input, ArrayRef<float> numbers) {
    for (Site &site : sites)
      if (site.input == input)
        site.leftOut += llvm::count_if(numbers, [&](float number) {
          return std::fabs(number) <= site.tau;
        });
  });
}

std::vector<float> SparsityCalibration::thresholds() const {
  std::vector<float> all;
  for (const Site &site : sites)
    all.push_back(site.tau);
  return all;
}

void SparsityCalibration::describe(CompileReport &report) const {
  llvm::StringMap<const Site *> known;
  for (const Site &site : sites)
    known[site.node] = &site;
  for (LayerReport &layer : report.layers) {
    const Site *site = known.lookup(layer.name);
    if (!site || !layer.sparsity)
      continue;
    layer.sparsity->target = site->share;
    layer.sparsity->threshold = site->tau;
    if (int64_t all = statistics[site->input].count())
      layer.sparsity->realised = double(site->leftOut) / double(all);
  }
}

bool quantc::needsThresholds(ModuleOp module) {
  return !findSparseProducts(module).empty();
}

void quantc::assumeThresholds(ModuleOp module, const Recipe &recipe) {
  std::vector<float> zeros(findSparseProducts(module).size(), 0.0f);
  setThresholds(module, zeros, recipe.sparsity().densePrefill);
}

llvm::Error quantc::calibrateThresholds(ModuleOp module, const Recipe &recipe,
                                        StringRef dataPath,
                                        StringRef scratchPrefix,
                                        CompileReport &report,
                                        ProgressReporter &progress) {
  if (dataPath.empty())
    return makeError(ErrorKind::Usage,
                     "the recipe leaves out small inputs: give samples that "
                     "say which are small with --calibrate DATA.npz");
  SparsityCalibration calibration(module, recipe, scratchPrefix, progress);
  if (llvm::Error error = calibration.compile())
    return error;
  if (llvm::Error error = calibration.collect(dataPath))
    return error;
  // A budget has chosen the share of each layer.
  bool isChosen = recipe.budget() && recipe.budget()->bytesPerToken;
  if (recipe.sparsity().allocation == "greedy" && !isChosen)
    if (llvm::Error error = calibration.allocate(dataPath))
      return error;
  if (llvm::Error error = calibration.countLeftOut(dataPath))
    return error;
  setThresholds(module, calibration.thresholds(),
                recipe.sparsity().densePrefill);
  calibration.describe(report);
  return llvm::Error::success();
}
