//===- ScaleCalibration.cpp - scales of inputs from samples -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A copy of the model is rotated as it will be and runs with observers. All
// samples come to a place side by side, so that nothing but the scales is kept.

#include "ScaleCalibration.h"
#include "Calibration.h"
#include "Diagnostics.h"
#include "HessianCalibration.h"
#include "ModelFingerprint.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Calibrate/ChannelStatistics.h"
#include "quantc/Calibrate/HessianStatistics.h"
#include "quantc/Calibrate/Lockstep.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Dialect/Qnt/ConstantTransforms.h"
#include "quantc/Formats/PlaneLayout.h"
#include "quantc/Methods/InputScales.h"
#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Support/Errors.h"
#include "quantc/Transform/Passes.h"
#include "quantc/Transform/ScalePlaces.h"
#include "llvm/Support/FileUtilities.h"

using namespace mlir;
using namespace quantc;

/// Numbers the products of the model while the copy is rotated.
static constexpr StringLiteral numberName = "qnt.product_number";

namespace {
/// A product that reads a place.
struct Reader {
  OpOperand *weight;
  ResolvedLayer layer;
  int64_t outputs, inputs; ///< rows and columns of the matrix
  bool isTransposed;       ///< lies as [inputs, outputs]
};

struct Place {
  Value value;
  int64_t scales;              ///< that may be chosen
  int64_t product;             ///< number of the first reader
  std::string node;            ///< its name
  std::vector<Reader> readers; ///< those that are quantized
  std::string record;          ///< of its scales
  bool isKnown = false;        ///< the scales are chosen
};

class ScaleCalibration {
public:
  ScaleCalibration(ModuleOp module, const Recipe &recipe, StringRef dataPath,
                   StringRef scratchPrefix, ProgressReporter &progress)
      : module(module), recipe(recipe), dataPath(dataPath),
        prefix(scratchPrefix), progress(progress) {}

  llvm::Error prepare();
  /// Puts observers into the copy and takes what the folder knows of it.
  llvm::Error resume(StatisticsFolder *folder, const NamedArrays &data);
  /// True when no place is left to run samples for.
  bool isComplete() const { return known == places.size(); }
  llvm::Error run(const NamedArrays &arrays);
  int64_t placeCount() const { return places.size(); }

private:
  bool isAwq() const { return recipe.transforms().scaleInputs == "awq"; }
  void numberProducts();
  void findPlaces();
  void observe();
  llvm::Error atPlace(Place &place, ArrayRef<ObservedRows> seen);
  void apply(const Place &place, ArrayRef<float> scales);
  llvm::Expected<std::vector<float>>
  scalesOf(const Place &place, const ChannelStatistics &statistics,
           ArrayRef<ObservedRows> seen);
  llvm::Expected<ScaledWeights> weightsOf(const Reader &reader);

  ModuleOp module;
  const Recipe &recipe;
  StringRef dataPath;
  std::string prefix;
  ProgressReporter &progress;
  OwningOpRef<ModuleOp> copy;
  SmallVector<Operation *> products;
  std::vector<Place> places;
  size_t known = 0; ///< places whose scales were found in the folder
  std::optional<StatisticsSet> kept;
  qnt::DataReader data;
};
} // namespace

/// As the phase Assign counts layers.
static bool isProduct(Operation *op) {
  if (!isa<nn::MatMulOp, nn::ConvOp>(op))
    return false;
  auto codes = op->getOperand(1).getDefiningOp<qnt::DequantizeOp>();
  return qnt::TransformOp::paramOf(op->getOperand(1)) ||
         (codes && codes.getCodes().getDefiningOp<nn::ParamOp>());
}

void ScaleCalibration::numberProducts() {
  Builder b(module.getContext());
  module.walk([&](Operation *op) {
    if (!isProduct(op))
      return;
    op->setAttr(numberName, b.getI64IntegerAttr(products.size()));
    products.push_back(op);
  });
}

void ScaleCalibration::findPlaces() {
  for (auto function : copy->getOps<func::FuncOp>()) {
    if (!function.getBody().hasOneBlock())
      continue;
    for (const ScalePlace &found : findScalePlaces(function)) {
      Operation *first = found.readers.front().operand->getOwner();
      Place place{found.value, found.scales, 0, nodeOf(first), {}, {}};
      place.product = first->getAttrOfType<IntegerAttr>(numberName).getInt();
      for (const ConstantAxis &constant : found.readers) {
        Operation *op = constant.operand->getOwner();
        int64_t number = op->getAttrOfType<IntegerAttr>(numberName).getInt();
        ResolvedLayer layer = recipe.resolve(nodeOf(op), "MatMul", number,
                                             int64_t(products.size()));
        bool isAsked =
            layer.weights.quantized &&
            (isAwq() || layer.activations.kind != ActivationChoice::Float);
        auto type = cast<RankedTensorType>(constant.operand->get().getType());
        if (isAsked)
          place.readers.push_back(
              {constant.operand, layer, type.getDimSize(1 - constant.axis),
               type.getDimSize(constant.axis), constant.axis == 0});
      }
      if (!place.readers.empty())
        places.push_back(std::move(place));
    }
  }
}

/// Puts observers into the copy, which then ends behind the last.
void ScaleCalibration::observe() {
  // Calls come in the order of execution.
  llvm::sort(places, [](const Place &a, const Place &b) {
    return a.value.getDefiningOp()->isBeforeInBlock(b.value.getDefiningOp());
  });
  Value last;
  for (auto [i, place] : llvm::enumerate(places)) {
    OpBuilder b(place.value.getContext());
    b.setInsertionPointAfterValue(place.value);
    last =
        qnt::ObserveOp::create(b, place.value.getLoc(), place.value.getType(),
                               place.value, b.getI64IntegerAttr(int64_t(i)));
    place.value.replaceUsesWithIf(
        last, [](OpOperand &use) { return isa<nn::MatMulOp>(use.getOwner()); });
  }
  auto function = last.getParentRegion()->getParentOfType<func::FuncOp>();
  function.getBody().front().getTerminator()->setOperands(last);
  Builder b(function.getContext());
  function.setType(FunctionType::get(
      b.getContext(), function.getArgumentTypes(), last.getType()));
  function.setAllResultAttrs(ArrayRef<Attribute>{b.getDictionaryAttr(
      b.getNamedAttr("nn.name", b.getStringAttr("observed")))});
}

llvm::Error ScaleCalibration::prepare() {
  numberProducts();
  copy = module.clone();
  for (Operation *op : products)
    op->removeAttr(numberName);
  DiagnosticCollector collector(module.getContext());
  PassManager rotations(module.getContext());
  buildRotations(rotations, recipe);
  if (failed(rotations.run(*copy)))
    return makeError(ErrorKind::Unsupported, "the model cannot be rotated: {0}",
                     collector.text());
  findPlaces();
  return llvm::Error::success();
}

llvm::Expected<ScaledWeights>
ScaleCalibration::weightsOf(const Reader &reader) {
  auto numbers = qnt::readRounded(reader.weight->get(), data);
  if (!numbers)
    return numbers.takeError();
  ScaledWeights weights{std::move(*numbers), reader.outputs, reader.inputs, {}};
  if (reader.isTransposed) {
    std::vector<float> matrix(weights.data.size());
    for (int64_t k = 0; k < reader.inputs; ++k)
      for (int64_t n = 0; n < reader.outputs; ++n)
        matrix[n * reader.inputs + k] = weights.data[k * reader.outputs + n];
    weights.data = std::move(matrix);
  }
  const WeightChoice &choice = reader.layer.weights;
  weights.scheme.bits = choice.bits;
  weights.scheme.symmetric = choice.symmetric;
  weights.scheme.groupSize = choice.groupSize;
  weights.scheme.scaleType =
      scaleTypeOf(*qnt::symbolizeScaleKind(choice.scale));
  weights.scheme.steps = codeStepsOf(choice.code, choice.bits);
  return weights;
}

/// Largest number, or the mean, of the channels that share a scale.
static std::vector<double> fold(ArrayRef<double> channels, int64_t scales,
                                bool isMean) {
  std::vector<double> folded(scales, 0.0);
  for (int64_t j = 0; j < int64_t(channels.size()); ++j) {
    double &one = folded[j % scales];
    one = isMean ? one + channels[j] * double(scales) / double(channels.size())
                 : std::max(one, channels[j]);
  }
  return folded;
}

llvm::Expected<std::vector<float>>
ScaleCalibration::scalesOf(const Place &place,
                           const ChannelStatistics &statistics,
                           ArrayRef<ObservedRows> seen) {
  std::vector<ScaledWeights> matrices;
  for (const Reader &reader : place.readers) {
    auto weights = weightsOf(reader);
    if (!weights)
      return weights.takeError();
    matrices.push_back(std::move(*weights));
  }
  if (isAwq()) {
    HessianStatistics hessian(place.readers.front().inputs);
    for (const ObservedRows &rows : seen)
      hessian.add({rows.data, static_cast<size_t>(rows.rows * rows.cols)});
    auto found = searchAwqScales(
        matrices, fold(statistics.means(), place.scales, /*isMean=*/true),
        hessian.matrix());
    if (!found)
      return found.takeError();
    return std::move(found->scales);
  }
  std::vector<double> largest(place.readers.front().inputs, 0.0);
  for (const ScaledWeights &one : matrices)
    for (auto [i, weight] : llvm::enumerate(one.data)) {
      double &most = largest[i % largest.size()];
      most = std::max(most, double(std::fabs(weight)));
    }
  return smoothScales(fold(statistics.largest(), place.scales, false),
                      fold(largest, place.scales, false),
                      recipe.transforms().smoothAlpha);
}

void ScaleCalibration::apply(const Place &place, ArrayRef<float> scales) {
  Builder b(module.getContext());
  if (llvm::any_of(scales, [](float one) { return one != 1; }))
    products[place.product]->setAttr(inputScalesName,
                                     b.getDenseF32ArrayAttr(scales));
}

llvm::Error ScaleCalibration::atPlace(Place &place,
                                      ArrayRef<ObservedRows> seen) {
  if (place.isKnown)
    return llvm::Error::success();
  ChannelStatistics statistics(place.readers.front().inputs);
  for (const ObservedRows &rows : seen)
    statistics.add({rows.data, static_cast<size_t>(rows.rows * rows.cols)});
  if (llvm::Error wrong = statistics.check())
    return makeError(ErrorKind::BadModel, "'{0}': node '{1}': {2}", dataPath,
                     place.node, llvm::toString(std::move(wrong)));
  auto scales = scalesOf(place, statistics, seen);
  if (!scales)
    return makeError(ErrorKind::BadModel, "node '{0}': {1}", place.node,
                     llvm::toString(scales.takeError()));
  apply(place, *scales);
  if (!kept)
    return llvm::Error::success();
  return kept->store(
      place.record,
      {{"scales", "F32", {int64_t(scales->size())}, bytesOf(*scales)}});
}

llvm::Error ScaleCalibration::resume(StatisticsFolder *folder,
                                     const NamedArrays &arrays) {
  observe();
  for (auto [i, place] : llvm::enumerate(places))
    place.record = llvm::formatv("place-{0,0+4}", i).str();
  if (!folder)
    return llvm::Error::success();
  auto fingerprint = fingerprintOf(*copy, arrays, recipe.calibration().samples);
  if (!fingerprint)
    return fingerprint.takeError();
  // All of it but its name, which comes first.
  fingerprint->add("recipe", StringRef(recipe.toYaml()).split('\n').second);
  auto set = folder->begin("scales", *fingerprint);
  if (!set)
    return set.takeError();
  kept = std::move(*set);
  for (Place &place : places) {
    std::optional<SafetensorsFile> record = kept->find(place.record);
    auto scales =
        record ? readTensor<float>(*record, "scales", "F32", 1) : std::nullopt;
    place.isKnown = scales && int64_t(scales->size()) == place.scales;
    if (place.isKnown)
      apply(place, *scales);
    known += place.isKnown;
  }
  kept->noteFound(known, places.size(), "places");
  return llvm::Error::success();
}

llvm::Error ScaleCalibration::run(const NamedArrays &arrays) {
  return runObserved(*copy, prefix,
                     {arrays, dataPath, recipe.calibration().samples},
                     places.size(), "scales", progress,
                     [&](int64_t id, ArrayRef<ObservedRows> seen) {
                       return atPlace(places[id], seen);
                     });
}

llvm::Expected<ChosenScales>
quantc::chooseInputScales(ModuleOp module, const Recipe &recipe,
                          StringRef dataPath, StringRef scratchPrefix,
                          StatisticsFolder *statistics,
                          ProgressReporter &progress) {
  if (dataPath.empty())
    return makeError(ErrorKind::Usage,
                     "'scale_inputs: {0}' needs samples: give them with "
                     "--calibrate DATA.npz",
                     recipe.transforms().scaleInputs);
  ScaleCalibration calibration(module, recipe, dataPath, scratchPrefix,
                               progress);
  if (llvm::Error error = calibration.prepare())
    return std::move(error);
  if (calibration.placeCount() == 0)
    return ChosenScales();
  auto arrays = readArrays(dataPath);
  if (!arrays)
    return arrays.takeError();
  if (llvm::Error error = calibration.resume(statistics, *arrays))
    return std::move(error);
  if (!calibration.isComplete())
    if (llvm::Error error = calibration.run(*arrays))
      return std::move(error);
  return ChosenScales{calibration.placeCount()};
}
