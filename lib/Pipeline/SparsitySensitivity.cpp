//===- SparsitySensitivity.cpp - what left out inputs cost ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The float model with a threshold before each product runs once for each input
// and share.

#include "SparsitySensitivity.h"
#include "Diagnostics.h"
#include "Divergence.h"
#include "HessianCalibration.h"
#include "SensitivityRows.h"
#include "ThresholdModel.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Calibrate/MagnitudeStatistics.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Support/Errors.h"
#include "quantc/Target/CodeLines.h"
#include <map>

using namespace mlir;
using namespace quantc;

namespace {
class SparsityMeasure {
public:
  SparsityMeasure(ModuleOp module, const SensitivityOptions &options,
                  ProgressReporter &progress)
      : module(module), options(options), progress(progress),
        model(options.scratchPrefix + ".sparse") {}

  llvm::Error prepare(int64_t samples);
  /// The divergence of each layer by name, one a share.
  llvm::Expected<llvm::StringMap<std::vector<double>>>
  measure(ArrayRef<double> shares);

private:
  llvm::Error run(llvm::function_ref<void(size_t, Array &)> body);

  ModuleOp module;
  const SensitivityOptions &options;
  ProgressReporter &progress;
  ThresholdModel model;
  std::vector<std::string> names;
  std::vector<size_t> inputOf; ///< of each product, the number of its input
  std::vector<MagnitudeStatistics> statistics; ///< of each input
  std::vector<NamedArrays> inputs;
  std::vector<Array> reference;
};
} // namespace

llvm::Error
SparsityMeasure::run(llvm::function_ref<void(size_t, Array &)> body) {
  for (auto [i, one] : llvm::enumerate(inputs)) {
    auto outputs = model.artifact().run("main", one);
    if (!outputs)
      return outputs.takeError();
    if (outputs->empty() || outputs->front().second.shape.empty() ||
        outputs->front().second.type.name() != "f32")
      return makeError(ErrorKind::BadModel,
                       "the first output of '{0}' is no f32 tensor: its error "
                       "cannot be measured",
                       "main");
    toLogProbabilities(outputs->front().second);
    body(i, outputs->front().second);
  }
  return llvm::Error::success();
}

llvm::Error SparsityMeasure::prepare(int64_t samples) {
  for (nn::MatMulOp op : findSparseProducts(module))
    names.push_back(nodeOf(op));
  auto observe = [&](ModuleOp copy) {
    inputOf = observeThresholdInputs(copy);
    for (size_t input : inputOf)
      statistics.resize(std::max(statistics.size(), input + 1));
  };
  if (llvm::Error error = model.compile(module, progress, observe))
    return error;
  auto data = readArrays(options.dataPath);
  auto entry = model.artifact().entry("main");
  if (!data)
    return data.takeError();
  if (!entry)
    return entry.takeError();
  auto all = inputsOfRuns(**entry, *data, options.dataPath, samples);
  if (!all)
    return all.takeError();
  inputs = std::move(*all);
  model.setObserver([&](size_t input, ArrayRef<float> numbers) {
    statistics[input].add(numbers);
  });
  if (llvm::Error error = run([&](size_t, Array &output) {
        reference.push_back(std::move(output));
      }))
    return error;
  model.setObserver({});
  return llvm::Error::success();
}

llvm::Expected<llvm::StringMap<std::vector<double>>>
SparsityMeasure::measure(ArrayRef<double> shares) {
  llvm::StringMap<std::vector<double>> errors;
  progress.begin("sparsity", names.size());
  for (auto [site, input] : llvm::enumerate(inputOf)) {
    double least = 0; // more inputs that are left out never help
    for (double share : shares) {
      std::vector<float> thresholds(names.size(), 0.0f);
      thresholds[site] = float(statistics[input].quantile(share));
      model.set(thresholds);
      double sum = 0;
      int64_t rows = 0;
      if (llvm::Error error = run([&](size_t i, Array &output) {
            int64_t columns = output.shape.back();
            auto before = reference[i].as<float>();
            sum += sumDivergence(before, output.as<float>(), columns);
            rows += int64_t(before.size()) / std::max<int64_t>(columns, 1);
          }))
        return std::move(error);
      least = std::max(least, rows ? sum / double(rows) : 0);
      errors[names[site]].push_back(least);
    }
    progress.step();
  }
  progress.end();
  return errors;
}

/// The shares that leave out something.
static std::vector<double> sharesOf(const BudgetChoice &budget) {
  if (budget.sparsities.empty())
    return {0.25, 0.4, 0.5};
  std::vector<double> shares = budget.sparsities;
  llvm::erase(shares, 0);
  return shares;
}

/// A copy in which the products that can leave out inputs say so.
static llvm::Expected<OwningOpRef<ModuleOp>> sparseCopy(ModuleOp assigned,
                                                        const Recipe &recipe) {
  OwningOpRef<ModuleOp> copy = assigned.clone();
  // Which bits have columns is asked for each candidate.
  copy->walk([&](nn::MatMulOp op) {
    auto weight = op.getRhs().getDefiningOp<qnt::AssignOp>();
    if (weight && weight.getScheme().getCode() == qnt::CodeKind::UInt &&
        !weight.isFromModel())
      setWeightBits(weight, 4);
  });
  DiagnosticCollector collector(copy->getContext());
  PassManager pm(copy->getContext());
  pm.addPass(createAssignSparsity(recipe));
  if (failed(pm.run(*copy)))
    return makeError(ErrorKind::Usage, "phase assign failed: {0}",
                     collector.text());
  return std::move(copy);
}

/// The bytes of codes in columns of a product.
static int64_t columnBytes(nn::MatMulOp op, unsigned bits) {
  auto type = cast<RankedTensorType>(op.getRhs().getType());
  bool isNK = op.getTransposeRhs();
  return column64Bytes(type.getDimSize(isNK ? 0 : 1),
                       type.getDimSize(isNK ? 1 : 0), bits);
}

llvm::Error quantc::addSparseCandidates(SensitivityTable &table,
                                        ModuleOp assigned,
                                        const Recipe &recipe) {
  auto copy = sparseCopy(assigned, recipe);
  if (!copy)
    return copy.takeError();
  llvm::StringMap<nn::MatMulOp> products;
  for (nn::MatMulOp op : findSparseProducts(**copy))
    products[nodeOf(op)] = op;
  std::map<unsigned, llvm::StringMap<int64_t>> stored; // by bits
  for (LayerSensitivity &layer : table.layers) {
    nn::MatMulOp product = products.lookup(layer.name);
    if (!product)
      continue;
    std::vector<BitCandidate> dense = layer.candidates;
    for (const BitCandidate &candidate : dense) {
      unsigned bits = candidate.bits;
      if (candidate.isFormat() || !hasColumnLayout(bits))
        continue;
      if (!stored.count(bits)) {
        auto bytes = bytesInColumns(assigned, bits, recipe);
        if (!bytes)
          return bytes.takeError();
        stored[bits] = std::move(*bytes);
      }
      double codes = double(columnBytes(product, bits));
      for (double share : sharesOf(*recipe.budget()))
        layer.candidates.push_back(
            {bits, stored[bits].lookup(layer.name) - int64_t(share * codes),
             candidate.error, share});
    }
  }
  return llvm::Error::success();
}

llvm::Error quantc::measureSparsity(SensitivityTable &table, ModuleOp assigned,
                                    const Recipe &recipe,
                                    const SensitivityOptions &options,
                                    ProgressReporter &progress) {
  if (recipe.budget()->measure != "kl" || options.dataPath.empty())
    return makeError(ErrorKind::Usage,
                     "a budget of bytes per token with 'sparsity' needs "
                     "'measure: kl' and samples with --calibrate DATA.npz");
  auto copy = sparseCopy(assigned, recipe);
  if (!copy)
    return copy.takeError();
  if (findSparseProducts(**copy).empty())
    return llvm::Error::success();
  std::vector<double> shares = sharesOf(*recipe.budget());
  SparsityMeasure measure(**copy, options, progress);
  if (llvm::Error error = measure.prepare(recipe.calibration().samples))
    return error;
  auto errors = measure.measure(shares);
  if (!errors)
    return errors.takeError();
  for (LayerSensitivity &layer : table.layers) {
    const std::vector<double> own = errors->lookup(layer.name);
    for (BitCandidate &candidate : layer.candidates)
      for (auto [share, added] : llvm::zip(shares, own))
        if (candidate.sparsity == share)
          candidate.error += added;
  }
  return llvm::Error::success();
}
