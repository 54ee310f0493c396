//===- SampleSteps.cpp - what samples say between phases --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SampleSteps.h"
#include "Calibration.h"
#include "HessianCalibration.h"
#include "InputNorms.h"
#include "ScaleCalibration.h"
#include "SparsityCalibration.h"

using namespace mlir;
using namespace quantc;

llvm::Error SampleSteps::beforeTransform(ModuleOp module) {
  if (recipe.transforms().scalesInputs())
    if (llvm::Error error = chooseScales(module))
      return error;
  if (!wantsInputNorms(recipe, options.dataPath))
    return llvm::Error::success();
  return observeInputNorms(module, recipe, options.dataPath, scratch(),
                           progress);
}

llvm::Error SampleSteps::chooseScales(ModuleOp module) {
  auto chosen = chooseInputScales(module, recipe, options.dataPath, scratch(),
                                  options.statistics, progress);
  if (!chosen)
    return chosen.takeError();
  if (chosen->places == 0)
    report.warnings.push_back("the recipe asks for scale_inputs, but no inputs "
                              "that it quantizes can be scaled");
  return llvm::Error::success();
}

llvm::Expected<SensitivityTable> SampleSteps::measureBudget(ModuleOp module) {
  SensitivityOptions measuring;
  measuring.dataPath = options.dataPath;
  measuring.scratchPrefix = options.scratchPrefix + ".sensitivity";
  measuring.statistics = options.statistics;
  const std::string &named = recipe.budget()->sensitivity;
  const std::string &known =
      options.sensitivity.empty() ? named : options.sensitivity;
  auto table = known.empty()
                   ? measureSensitivity(module, recipe, measuring, progress)
                   : reuseSensitivity(module, recipe, known);
  if (table)
    attachSensitivity(module, *table);
  return table;
}

llvm::Error SampleSteps::afterAssign(ModuleOp module) {
  if (needsRanges(module))
    if (llvm::Error error =
            calibrate(module, recipe.calibration(), options.dataPath, scratch(),
                      options.statistics, progress))
      return error;
  if (needsHessians(module))
    if (llvm::Error error = findHessians(module))
      return error;
  return chooseThresholds(module);
}

llvm::Error SampleSteps::findHessians(ModuleOp module) {
  if (!options.statistics) {
    auto opened = StatisticsFolder::open(options.hessianFolder, progress);
    if (!opened)
      return opened.takeError();
    hessians = std::move(*opened);
  }
  return calibrateHessians(
      module, recipe.calibration(), options.dataPath, scratch(),
      options.statistics ? *options.statistics : *hessians, progress);
}

llvm::Error SampleSteps::chooseThresholds(ModuleOp module) {
  if (needsThresholds(module))
    return calibrateThresholds(module, recipe, options.dataPath, scratch(),
                               report, progress);
  bool isChosen = recipe.budget() && recipe.budget()->bytesPerToken;
  if (recipe.isSparse() && !isChosen)
    report.warnings.push_back(
        "the recipe asks for sparsity, but no product can leave out inputs");
  return llvm::Error::success();
}
