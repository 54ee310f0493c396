//===- InputNorms.cpp - how large inputs of products are --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A copy of the model is rotated and scaled as it will be and runs with
// observers.

#include "InputNorms.h"
#include "CalibrationRuns.h"
#include "Diagnostics.h"
#include "ReturnLast.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Support/Errors.h"
#include "quantc/Transform/ChannelPlaces.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

/// Numbers the products of the model while the copy changes its basis.
static constexpr StringLiteral numberName = "qnt.product_number";

namespace {
/// A value of the copy, and the product of the model that gets its norms.
struct Place {
  Value value;
  int64_t channels;
  nn::MatMulOp product;
  std::string node;
};
} // namespace

/// A copy of `module` in the basis that the recipe asks for.
static llvm::Expected<OwningOpRef<ModuleOp>> copyInBasis(ModuleOp module,
                                                         const Recipe &recipe) {
  OwningOpRef<ModuleOp> copy = module.clone();
  DiagnosticCollector collector(module.getContext());
  PassManager pm(module.getContext());
  buildChangesOfBasis(pm, recipe);
  if (failed(pm.run(*copy)))
    return makeError(ErrorKind::Unsupported,
                     "the model cannot be transformed: {0}", collector.text());
  return copy;
}

/// Puts observers into `copy`, which then ends behind the last.
static void observe(std::vector<Place> &places) {
  std::vector<Value> values;
  for (auto [i, place] : llvm::enumerate(places)) {
    OpBuilder b(place.value.getContext());
    b.setInsertionPointAfterValue(place.value);
    auto observed =
        qnt::ObserveOp::create(b, place.value.getLoc(), place.value.getType(),
                               place.value, b.getI64IntegerAttr(int64_t(i)));
    place.value.replaceUsesWithIf(observed, [](OpOperand &use) {
      return isa<nn::MatMulOp>(use.getOwner());
    });
    values.push_back(observed);
  }
  returnLast(values);
}

static std::vector<Place> findPlaces(ModuleOp copy, const Recipe &recipe,
                                     ArrayRef<nn::MatMulOp> products) {
  std::vector<Place> places;
  for (const ChannelPlace &found : findChannelPlaces(copy, recipe)) {
    Operation *first = found.readers.front().product();
    int64_t number = first->getAttrOfType<IntegerAttr>(numberName).getInt();
    places.push_back(
        {found.value, found.channels, products[number], nodeOf(first)});
  }
  return places;
}

/// Leaves the norms of what was seen at the product of `place`.
static llvm::Error leaveNorms(const Place &place, ArrayRef<ObservedRows> seen,
                              StringRef dataPath) {
  std::vector<double> squares(place.channels, 0.0);
  for (const ObservedRows &rows : seen)
    for (auto [i, number] : llvm::enumerate(numbersOf(rows)))
      squares[i % squares.size()] += double(number) * number;
  std::vector<float> norms;
  for (double square : squares) {
    if (!std::isfinite(square))
      return makeError(ErrorKind::BadModel,
                       "'{0}': node '{1}': its inputs are not finite in the "
                       "calibration data",
                       dataPath, place.node);
    norms.push_back(float(std::sqrt(square)));
  }
  Builder b(place.product->getContext());
  place.product->setAttr(inputNormsName, b.getDenseF32ArrayAttr(norms));
  return llvm::Error::success();
}

bool quantc::wantsInputNorms(const Recipe &recipe, StringRef dataPath) {
  const TransformChoice &choice = recipe.transforms();
  return choice.permuteInputs || (choice.splitsChannels() && !dataPath.empty());
}

llvm::Error quantc::observeInputNorms(ModuleOp module, const Recipe &recipe,
                                      StringRef dataPath,
                                      StringRef scratchPrefix,
                                      ProgressReporter &progress) {
  if (dataPath.empty())
    return makeError(ErrorKind::Usage,
                     "'permute_inputs' needs samples: give them with "
                     "--calibrate DATA.npz");
  SmallVector<nn::MatMulOp> products;
  Builder b(module.getContext());
  module.walk([&](nn::MatMulOp op) {
    op->setAttr(numberName, b.getI64IntegerAttr(products.size()));
    products.push_back(op);
  });
  auto copy = copyInBasis(module, recipe);
  for (nn::MatMulOp op : products)
    op->removeAttr(numberName);
  if (!copy)
    return copy.takeError();
  std::vector<Place> places = findPlaces(**copy, recipe, products);
  if (places.empty())
    return llvm::Error::success();
  auto arrays = readArrays(dataPath);
  if (!arrays)
    return arrays.takeError();
  observe(places);
  return runObserved(**copy, scratchPrefix.str(),
                     {*arrays, dataPath, recipe.calibration().samples},
                     places.size(), "norms", progress,
                     [&](int64_t id, ArrayRef<ObservedRows> seen) {
                       return leaveNorms(places[id], seen, dataPath);
                     });
}
