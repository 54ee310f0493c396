//===- Phase.cpp - the phase Transform as a list of passes ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of the passes and the contract that holds afterwards.

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Recipe/Recipe.h"
#include "quantc/Transform/Passes.h"

using namespace mlir;
using namespace quantc;

void quantc::buildRotations(OpPassManager &pm, const Recipe &recipe) {
  const TransformChoice &choice = recipe.transforms();
  if (choice.foldNorms)
    pm.addPass(createTransformFoldNorms());
  if (choice.rotateStream)
    pm.addPass(createTransformRotateStream({choice.seed}));
  if (choice.rotateHeads)
    pm.addPass(createTransformRotateHeads({choice.seed}));
  if (choice.rotateKeys)
    pm.addPass(createTransformRotateKeys({choice.seed}));
  if (choice.rotateInputs)
    pm.addPass(createTransformRotateInputs({choice.seed}));
}

void quantc::buildChangesOfBasis(OpPassManager &pm, const Recipe &recipe) {
  buildRotations(pm, recipe);
  // Scales belong to features as they are at last.
  if (recipe.transforms().scalesInputs())
    pm.addPass(createTransformScaleInputs());
}

void quantc::buildTransformPhase(OpPassManager &pm, const Recipe *recipe,
                                 bool sizesOnly) {
  if (!recipe || !recipe->transforms().isAny())
    return;
  buildChangesOfBasis(pm, *recipe);
  if (recipe->transforms().permuteInputs)
    pm.addPass(createTransformPermuteInputs(*recipe, sizesOnly));
  // Which channels are large is known of weights as they are at last.
  if (recipe->transforms().splitsChannels())
    pm.addPass(createTransformSplitChannels(*recipe, sizesOnly));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

LogicalResult quantc::checkTransformed(ModuleOp module) {
  WalkResult result = module.walk([](qnt::TransformOp op) {
    bool isConstant = qnt::TransformOp::paramOf(op.getResult()) &&
                      (!op.getBy() || qnt::TransformOp::paramOf(op.getBy()));
    if (isConstant)
      return WalkResult::advance();
    op.emitError("transforms a value that is no parameter");
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}
