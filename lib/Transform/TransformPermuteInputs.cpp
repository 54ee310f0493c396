//===- TransformPermuteInputs.cpp - channels by their size ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A sum does not depend on the order of its terms: what a product reads and the
// columns of its weight are sorted by how much there is of each channel, so
// that groups of columns hold channels that matter alike.

#include "mlir/IR/SymbolTable.h"
#include "quantc/Recipe/GivenRecipe.h"
#include "quantc/Transform/ChannelPlaces.h"
#include <numeric>

using namespace mlir;

namespace quantc {
#define GEN_PASS_DEF_TRANSFORMPERMUTEINPUTS
#include "quantc/Transform/Passes.h.inc"
} // namespace quantc

using namespace quantc;

namespace {
struct TransformPermuteInputs
    : quantc::impl::TransformPermuteInputsBase<TransformPermuteInputs> {
  using Base::Base;
  TransformPermuteInputs(const Recipe &given, bool sizesOnly) : given(&given) {
    this->sizesOnly = sizesOnly;
  }

  void runOnOperation() override {
    std::optional<Recipe> loaded;
    const Recipe *asked = findRecipe(getOperation(), given, recipe, loaded);
    if (!asked)
      return signalPassFailure();
    SymbolTable symbols(getOperation());
    for (const ChannelPlace &place : findChannelPlaces(getOperation(), *asked))
      if (failed(permute(place, symbols)))
        return signalPassFailure();
  }

private:
  static bool isLeftAlone(const ChannelPlace &place) {
    bool isDone =
        llvm::any_of(place.readers, [](const ChannelPlace::Reader &reader) {
          return reader.product()->hasAttr(permutedName);
        });
    // Without groups the order of columns does not matter.
    bool hasGroups =
        llvm::any_of(place.readers, [](const ChannelPlace::Reader &reader) {
          return reader.layer.weights.groupSize > 0;
        });
    return isDone || !hasGroups;
  }

  LogicalResult permute(const ChannelPlace &place, SymbolTable &symbols) {
    std::vector<double> norms = inputNormsOf(place);
    if (sizesOnly && norms.empty())
      norms.assign(place.channels, 1.0);
    if (isLeftAlone(place) || norms.empty())
      return success();
    Operation *first = place.readers.front().product();
    if (int64_t(norms.size()) != place.channels)
      return first->emitError("has norms of ")
             << norms.size() << " inputs, expected " << place.channels;
    std::vector<int64_t> order(norms.size());
    std::iota(order.begin(), order.end(), 0);
    llvm::stable_sort(
        order, [&](int64_t a, int64_t b) { return norms[a] > norms[b]; });
    Value by = takeChannels(place, order, /*append=*/false, symbols);
    Builder b(&getContext());
    SmallVector<float> sorted;
    for (int64_t channel : order)
      sorted.push_back(float(norms[channel]));
    for (const ChannelPlace::Reader &reader : place.readers) {
      sortColumns(reader, by);
      reader.product()->setAttr(permutedName, b.getUnitAttr());
      // Norms stay those of the channels that the product reads now.
      if (reader.product()->hasAttr(inputNormsName))
        reader.product()->setAttr(inputNormsName,
                                  b.getDenseF32ArrayAttr(sorted));
    }
    ++places;
    inWeights += place.isInWeights();
    return success();
  }

  void sortColumns(const ChannelPlace::Reader &reader, Value by) {
    OpOperand *weight = reader.weight.operand;
    Value input = weight->get();
    OpBuilder b(reader.product());
    weight->set(qnt::TransformOp::create(
        b, input.getLoc(), input.getType(), qnt::TransformKind::Take, input, by,
        reader.weight.axis, /*block=*/0, /*seed=*/0, /*inverse=*/false,
        qnt::SchemeAttr()));
    ++weights;
  }

  const Recipe *given = nullptr;
};
} // namespace

std::unique_ptr<Pass> quantc::createTransformPermuteInputs(const Recipe &recipe,
                                                           bool sizesOnly) {
  return std::make_unique<TransformPermuteInputs>(recipe, sizesOnly);
}
