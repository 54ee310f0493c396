//===- TransformReport.cpp - feature axes for the report --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See TransformReport.h.

#include "TransformReport.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Transform/FeatureAxes.h"
#include "quantc/Transform/Passes.h"

using namespace mlir;
using namespace quantc;

/// Where a class begins, or where it is forbidden to rotate it.
static std::string placeOf(const FeatureClass &features) {
  Operation *op =
      features.obstacle           ? features.obstacle
      : !features.writers.empty() ? features.writers.front().operand->getOwner()
      : !features.readers.empty() ? features.readers.front().operand->getOwner()
                                  : nullptr;
  if (!op || isa<func::FuncOp, func::ReturnOp>(op))
    return "";
  return nodeOf(op);
}

static std::vector<FeatureClass> classesOf(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  qnt::DataReader reader;
  return main && main.getBody().hasOneBlock() ? findFoldedClasses(main, reader)
                                              : std::vector<FeatureClass>();
}

static FeatureAxis describe(const FeatureClass &features) {
  FeatureAxis axis;
  axis.features = features.size;
  axis.block = features.block;
  axis.reason = features.reason;
  axis.node = placeOf(features);
  axis.writers = static_cast<int64_t>(features.writers.size());
  axis.readers = static_cast<int64_t>(features.readers.size());
  axis.norms = static_cast<int64_t>(features.norms.size());
  axis.isCached = features.holdsCache;
  return axis;
}

void quantc::describeFeatureAxes(ModuleOp module, CompileReport &report) {
  for (const FeatureClass &features : classesOf(module)) {
    FeatureAxis axis = describe(features);
    auto same = llvm::find_if(report.featureAxes, [&](const FeatureAxis &old) {
      return old.features == axis.features && old.block == axis.block &&
             old.reason == axis.reason && old.writers == axis.writers &&
             old.readers == axis.readers && old.norms == axis.norms;
    });
    if (same == report.featureAxes.end())
      report.featureAxes.push_back(axis);
    else
      ++same->count;
  }
}

void quantc::warnOfRotations(ModuleOp module, const TransformChoice &choice,
                             CompileReport &report) {
  bool hasAttention =
      module.walk([](nn::AttentionOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
  if (choice.rotateKeys && !hasAttention)
    report.warnings.push_back(
        "the recipe asks for rotate_keys, but the model has no attention");
  if (!choice.rotateStream && !choice.rotateHeads)
    return;
  std::vector<FeatureClass> classes = classesOf(module);
  for (auto [isAsked, isSplit, key] :
       {std::tuple(choice.rotateStream, false, "rotate_stream"),
        std::tuple(choice.rotateHeads, true, "rotate_heads")}) {
    bool split = isSplit;
    auto fits = [&](const FeatureClass &features) {
      return features.isSplit() == split;
    };
    bool isPossible = llvm::any_of(classes, [&](const FeatureClass &features) {
      return fits(features) && features.isRotatable();
    });
    if (!isAsked || isPossible)
      continue;
    std::string warning =
        std::string("the recipe asks for ") + key +
        ", but no features of the model can be rotated that way";
    // The stream is the class with the most norms.
    const FeatureClass *meant = nullptr;
    for (const FeatureClass &features : classes)
      if (fits(features) &&
          (!meant || features.norms.size() > meant->norms.size()))
        meant = &features;
    if (meant)
      warning += "; first: '" + placeOf(*meant) + "' " + meant->reason;
    report.warnings.push_back(warning);
  }
}

/// What became of the channels that `product` reads; nothing when nobody asked.
static std::optional<ChannelSplits> splitsOf(Operation *product) {
  ChannelSplits splits;
  splits.node = nodeOf(product);
  if (auto reason = product->getAttrOfType<StringAttr>(unsplitName)) {
    splits.reason = reason.str();
    return splits;
  }
  auto reason = product->getAttrOfType<StringAttr>(splitName);
  qnt::TransformOp split =
      reason ? qnt::TransformOp::splitOf(product->getOperand(1))
             : qnt::TransformOp();
  if (!split)
    return std::nullopt;
  splits.channels = cast<RankedTensorType>(split.getInput().getType())
                        .getDimSize(static_cast<unsigned>(split.getAxis()));
  splits.split = cast<RankedTensorType>(split.getBy().getType()).getDimSize(0);
  splits.isInWeights = reason.empty();
  splits.reason = reason.str();
  return splits;
}

void quantc::describeSplits(ModuleOp module, bool explain,
                            CompileReport &report) {
  std::vector<ChannelSplits> all;
  module.walk([&](Operation *product) {
    if (std::optional<ChannelSplits> splits = splitsOf(product))
      all.push_back(*splits);
  });
  bool isAny = llvm::any_of(
      all, [](const ChannelSplits &splits) { return splits.split > 0; });
  if (!isAny)
    report.warnings.push_back(
        "the recipe asks for split_channels, but no product with weights of "
        "integers has channels that can be split" +
        (all.empty() ? "" : "; first: '" + all[0].node + "' " + all[0].reason));
  if (explain)
    report.channelSplits = std::move(all);
}
