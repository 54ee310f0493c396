//===- Phase.cpp - the phase Assign as a list of passes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of the passes and the contract that holds afterwards.

#include "mlir/Pass/PassManager.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Recipe/Recipe.h"

using namespace mlir;

void quantc::buildAssignPhase(OpPassManager &pm, const Recipe *recipe) {
  pm.addPass(recipe ? createAssignRecipe(*recipe) : createAssignRecipe());
  if (recipe && recipe->budget()) {
    AssignBudgetOptions options;
    options.bytes = recipe->budget()->bytes.value_or(-1);
    options.bytesPerToken = recipe->budget()->bytesPerToken.value_or(-1);
    options.bitsPerWeight = recipe->budget()->bitsPerWeight.value_or(0);
    pm.addPass(createAssignBudget(options));
  }
  // Which codes can be left out by columns depends on their bits. A budget of
  // bytes per token notes what it chose for every layer.
  bool isChosen = recipe && recipe->budget() && recipe->budget()->bytesPerToken;
  if (recipe && (recipe->isSparse() || isChosen))
    pm.addPass(createAssignSparsity(*recipe));
}

LogicalResult quantc::checkAssigned(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    Value weight;
    if (auto matmul = dyn_cast<nn::MatMulOp>(op))
      weight = matmul.getRhs();
    else if (auto conv = dyn_cast<nn::ConvOp>(op))
      weight = conv.getFilter();
    if (!weight || !qnt::TransformOp::paramOf(weight))
      return WalkResult::advance();
    op->emitError("has a constant weight without a scheme");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}
