//===- Phase.cpp - the phase Normalize as a list of passes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The order of the passes and the contract that holds afterwards.

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Normalize/Passes.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;

static void simplify(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void quantc::buildNormalizePhase(OpPassManager &pm) {
  // Everything below knows one type of floats.
  pm.addPass(createNormalizeHalf());
  // Equal values become one value before anything is compared.
  simplify(pm);
  pm.addPass(createNormalizeShapes());
  simplify(pm);
  // What a quantized model computes from its constants is a constant.
  pm.addPass(createNormalizeConstants());
  pm.addPass(createNormalizeCodes());
  // Small patterns first: attention is found around what they leave.
  pm.addPass(createNormalizeKVCache());
  pm.addPass(createNormalizeNorms());
  pm.addPass(createNormalizeActivations());
  pm.addPass(createNormalizeSoftmax());
  pm.addPass(createNormalizeRope());
  pm.addPass(createNormalizeAttention());
  // Before images are turned, so that only convolutions are left to turn.
  pm.addPass(createNormalizeBatchNorm());
  pm.addPass(createNormalizeImageLayout());
  simplify(pm);
  // What the patterns left behind asks for sizes again.
  pm.addPass(createNormalizeShapes());
  simplify(pm);
  pm.addPass(createNormalizeDeadData());
  pm.addPass(createNormalizeOrder());
}

/// Says why an operation is not in its one form; null when it is.
static const char *whyNotNormal(Operation *op) {
  for (Type type : op->getResultTypes())
    if (isa<UnrankedTensorType>(type))
      return "has a result without a rank";
  if (op->hasAttr("nn.batch_norm"))
    return "is a batch norm that was not folded";
  return llvm::TypeSwitch<Operation *, const char *>(op)
      .Case<nn::ConvOp, nn::MaxPoolOp, nn::AvgPoolOp>([](auto window) {
        return window.getLayout() == nn::Layout::NHWC
                   ? nullptr
                   : "has images with channels in front";
      })
      .Case([](nn::SoftmaxOp op) {
        int64_t rank = op.getResult().getType().getRank();
        return static_cast<int64_t>(op.getAxis()) == rank - 1
                   ? nullptr
                   : "is a softmax along another than the last dimension";
      })
      .Case([](tensor::ReshapeOp) {
        return "has a shape that is computed from data";
      })
      .Default([](Operation *) { return nullptr; });
}

LogicalResult quantc::checkNormalized(ModuleOp module) {
  llvm::DenseSet<StringAttr> used;
  WalkResult result = module.walk([&](Operation *op) {
    if (auto param = dyn_cast<nn::ParamOp>(op))
      used.insert(param.getNameAttr().getAttr());
    const char *reason = whyNotNormal(op);
    if (!reason)
      return WalkResult::advance();
    op->emitError(reason);
    return WalkResult::interrupt();
  });
  if (result.wasInterrupted())
    return failure();
  for (auto data : module.getOps<nn::DataOp>())
    if (!used.contains(data.getSymNameAttr()))
      return data.emitError("is a constant that nothing uses");
  return success();
}
