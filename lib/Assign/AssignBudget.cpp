//===- AssignBudget.cpp - bits of layers under a budget ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Chooses among the candidates of each layer. Which there are, how many bytes
// and how much error each has was measured before and stands in the IR.

#include "mlir/IR/PatternMatch.h"
#include "quantc/Assign/Candidates.h"
#include "quantc/Assign/Knapsack.h"
#include "quantc/Assign/Passes.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_ASSIGNBUDGET
#include "quantc/Assign/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
/// A product that takes part.
struct Layer {
  Operation *op;
  qnt::AssignOp weight;
  std::vector<BitCandidate> candidates;
};

/// Layers that must have the same bits: they share a weight.
using Group = SmallVector<Layer>;

/// What identifies a weight: its parameter's name, or its value.
const void *weightKey(qnt::AssignOp assign) {
  Value input = assign.getInput();
  nn::ParamOp param = qnt::TransformOp::paramOf(input);
  return param ? param.getNameAttr().getAsOpaquePointer()
               : input.getAsOpaquePointer();
}

SmallVector<Group> groupsOf(ArrayRef<Layer> layers) {
  llvm::MapVector<const void *, Group> groups;
  for (const Layer &layer : layers)
    groups[weightKey(layer.weight)].push_back(layer);
  return llvm::map_to_vector(groups, [](auto &entry) { return entry.second; });
}

/// The candidate of the same format, bits and inputs, or null.
const BitCandidate *find(const Layer &layer, const BitCandidate &like) {
  auto found = llvm::find_if(layer.candidates, [&](const BitCandidate &one) {
    return one.bits == like.bits && one.sparsity == like.sparsity &&
           one.format == like.format;
  });
  return found == layer.candidates.end() ? nullptr : &*found;
}

/// The choices that all layers of a group have, and what each of them is.
KnapsackGroup choicesOf(const Group &group,
                        SmallVectorImpl<BitCandidate> &common) {
  KnapsackGroup choices;
  for (const BitCandidate &candidate : group.front().candidates) {
    KnapsackChoice sum;
    bool isCommon = true;
    for (const Layer &layer : group) {
      const BitCandidate *one = find(layer, candidate);
      isCommon &= one != nullptr;
      if (one) {
        sum.error += one->error;
        sum.cost += one->bytes;
      }
    }
    if (!isCommon)
      continue;
    choices.push_back(sum);
    common.push_back(candidate);
  }
  return choices;
}

struct AssignBudget : quantc::impl::AssignBudgetBase<AssignBudget> {
  using Base::Base;

  void runOnOperation() override {
    SmallVector<Layer> layers;
    if (failed(collect(layers)))
      return signalPassFailure();
    int64_t weights = 0;
    for (const Layer &layer : layers)
      weights += qnt::AssignOp(layer.weight).countOfModel();
    int64_t budget = bytesPerToken >= 0 ? int64_t(bytesPerToken)
                     : bytes >= 0       ? int64_t(bytes)
                                        : int64_t(bitsPerWeight * weights / 8);
    SmallVector<Group> groups = groupsOf(layers);
    std::vector<KnapsackGroup> choices;
    SmallVector<SmallVector<BitCandidate>> candidates(groups.size());
    for (auto [group, own] : llvm::zip_equal(groups, candidates)) {
      choices.push_back(choicesOf(group, own));
      if (choices.back().empty()) {
        group.front().op->emitError(
            "has no candidate in common with the layers that share its weight");
        return signalPassFailure();
      }
    }
    auto result = solveKnapsack(choices, budget);
    if (!result) {
      int64_t least = 0;
      for (const KnapsackGroup &group : choices)
        least += llvm::min_element(group, [](const auto &a, const auto &b) {
                   return a.cost < b.cost;
                 })->cost;
      getOperation().emitError()
          << llvm::toString(result.takeError())
          << llvm::formatv(", 'bits_per_weight: {0:F2}'",
                           std::ceil(double(least) * 800 / double(weights)) /
                               100)
                 .str();
      return signalPassFailure();
    }
    for (auto [group, own, chosen] :
         llvm::zip_equal(groups, candidates, result->chosen))
      for (const Layer &layer : group)
        choose(layer, *find(layer, own[chosen]));
  }

  /// The layers with candidates that are to be quantized, in their order.
  LogicalResult collect(SmallVectorImpl<Layer> &layers) {
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (!isa<nn::MatMulOp, nn::ConvOp>(op))
        return WalkResult::advance();
      auto weight = op->getOperand(1).getDefiningOp<qnt::AssignOp>();
      if (!weight || weight.getScheme().isNone() || weight.isFromModel())
        return WalkResult::advance();
      auto candidates = readCandidates(op);
      if (failed(candidates))
        return WalkResult::interrupt();
      layers.push_back({op, weight, std::move(*candidates)});
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  void choose(const Layer &layer, const BitCandidate &candidate) {
    setCandidate(layer.weight, candidate);
    layer.op->removeAttr(candidatesAttr);
    if (candidate.isFormat())
      layer.op->setAttr(formatAttr,
                        StringAttr::get(&getContext(), candidate.format));
    if (bytesPerToken >= 0)
      layer.op->setAttr(
          sparsityName,
          FloatAttr::get(Float64Type::get(&getContext()), candidate.sparsity));
    ++chosen;
  }
};
} // namespace
