//===- HessianCalibration.cpp - Hessians from samples -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The model is compiled once and every sample runs once. Its weights are mapped
// privately and overwritten, in the order of the kernels, while the samples
// wait in front of the products that read them.

#include "HessianCalibration.h"
#include "Calibration.h"
#include "ModelFingerprint.h"
#include "PrivateMapping.h"
#include "ReturnLast.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Calibrate/HessianStatistics.h"
#include "quantc/Calibrate/Lockstep.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Dialect/NN/NodeName.h"
#include "quantc/Methods/Method.h"
#include "quantc/Methods/StoredMatrix.h"
#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileUtilities.h"

using namespace mlir;
using namespace quantc;

/// Rank of the branch for errors of the codes, or 0. One for inputs that are
/// left out has no part in runs that leave out none.
static int64_t errorRank(qnt::AssignOp weight) {
  return weight.hasRemainder() ? 0 : branchRank(weight);
}

namespace {
/// A weight whose method asks for a Hessian.
struct Layer {
  Operation *product;
  qnt::AssignOp weight;
  int64_t outputs, inputs; ///< rows and columns of the matrix
  bool isTransposed;       ///< lies as [inputs, outputs]
  std::string record;      ///< of its codes

  std::string branchRecord() const { return record + "-branch"; }
};

/// Layers that read the same value.
struct Place {
  qnt::AssignOp activation; ///< of the first of them
  SmallVector<Layer> layers;
  std::string record;      ///< of the Hessian
  bool needsDrift = false; ///< one of the layers does
};

class HessianCalibration {
public:
  HessianCalibration(ModuleOp module, const CalibrationChoice &choice,
                     StringRef dataPath, StringRef scratchPrefix,
                     ProgressReporter &progress)
      : module(module), choice(choice), dataPath(dataPath),
        prefix(scratchPrefix), progress(progress) {}

  /// The places of weights whose method asks for a Hessian, or of all that are
  /// quantized.
  llvm::Error findPlaces(bool ofAll);
  /// Shows Hessians instead of quantizing anything.
  void showHessians(VisitHessian function) { visit = function; }
  /// Opens the records of the model on these samples.
  llvm::Error resume(StatisticsFolder &statistics, const NamedArrays &data);
  bool isComplete() const { return left == 0; }
  llvm::Error run(const NamedArrays &data);
  /// Says at the weights where their records are.
  llvm::Error nameRecords();

private:
  OwningOpRef<ModuleOp> cloneForObservers();
  llvm::Error compile();
  llvm::Error mapWeights();
  /// What runs with quantized weights see, and, where a place needs it, runs
  /// without them.
  llvm::Error atPlace(Place &place, ArrayRef<ObservedRows> seen,
                      ArrayRef<ObservedRows> floats);
  /// Chooses codes and branch of a weight, or takes those that are kept, and
  /// shows them to what comes later.
  llvm::Error
  atLayer(Layer &layer,
          llvm::function_ref<llvm::Expected<ArrayRef<float>>()> hessian);
  llvm::Expected<std::vector<float>> hessianOf(const Place &place,
                                               ArrayRef<ObservedRows> seen);
  /// Quantizes a weight and keeps its codes.
  llvm::Expected<ChosenCodes> quantize(Layer &layer, ArrayRef<float> hessian);
  std::optional<ChosenCodes> findCodes(Layer &layer) const;
  using HessianOrError = llvm::Expected<llvm::ArrayRef<float>>;
  /// The low-rank branch of a weight, which is kept; nothing where it has none,
  /// as weights of signs.
  llvm::Expected<std::optional<LowRankBranch>>
  branchOf(Layer &layer, const ChosenCodes &codes,
           llvm::function_ref<HessianOrError()> hessian);
  std::optional<LowRankBranch> findBranch(const Layer &layer) const;
  bool isKnown(Layer &layer) const {
    return findCodes(layer) &&
           (errorRank(layer.weight) == 0 || findBranch(layer));
  }
  /// Writes what the codes of a weight, and its branch, if any, stand for over
  /// it.
  void overwrite(Layer &layer, const ChosenCodes &codes,
                 const LowRankBranch *branch);

  ModuleOp module;
  const CalibrationChoice &choice;
  StringRef dataPath;
  std::string prefix;
  ProgressReporter &progress;
  std::vector<Place> places;
  OwningOpRef<ModuleOp> observed;    ///< what runs
  std::optional<StatisticsSet> kept; ///< of all that is known
  size_t left = 0;                   ///< places that are not known
  llvm::StringMap<uint64_t> offsets; ///< of fp32 panels, by constant
  llvm::sys::fs::mapped_file_region weights, floatWeights;
  qnt::DataReader reader;
  size_t placesSeen = 0;
  std::vector<float> drift; ///< where the runs are, for methods that need it
  VisitHessian visit;
};
} // namespace

/// The assigned weight of a product that is to be quantized.
static qnt::AssignOp quantizedWeight(Operation *product) {
  if (!isa<nn::MatMulOp, nn::ConvOp>(product))
    return {};
  auto assign = product->getOperand(1).getDefiningOp<qnt::AssignOp>();
  if (!assign || assign.getScheme().isNone() || assign.isFromModel())
    return {};
  return assign;
}

static MethodNeeds needsOf(qnt::AssignOp weight) {
  const Method *method = lookupMethod(weight.getMethod().value_or("rtn"));
  return method ? method->needs : MethodNeeds::Nothing;
}

/// The same, when its method or its branch asks for a Hessian.
static qnt::AssignOp hungryWeight(Operation *product) {
  qnt::AssignOp assign = quantizedWeight(product);
  bool isHungry = assign && (branchNeedsHessian(assign) ||
                             needsOf(assign) != MethodNeeds::Nothing);
  return isHungry ? assign : qnt::AssignOp();
}

bool quantc::needsHessians(ModuleOp module) {
  return module
      .walk([](Operation *op) {
        qnt::AssignOp weight = hungryWeight(op);
        return weight && !hasHessian(weight) && !hasCodes(weight)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

llvm::Error HessianCalibration::findPlaces(bool ofAll) {
  llvm::MapVector<Value, Place> found;
  Operation *conv = nullptr;
  size_t number = 0;
  module.walk([&](Operation *op) {
    qnt::AssignOp weight = ofAll ? quantizedWeight(op) : hungryWeight(op);
    auto matmul = dyn_cast<nn::MatMulOp>(op);
    if (!weight || !matmul) {
      conv = weight && !conv ? op : conv;
      return;
    }
    auto type = cast<RankedTensorType>(matmul.getRhs().getType());
    bool isNK = matmul.getTransposeRhs();
    auto activation = matmul.getLhs().getDefiningOp<qnt::AssignOp>();
    Place &place = found[activation.getInput()];
    if (place.layers.empty())
      place.activation = activation;
    place.needsDrift |=
        !ofAll && needsOf(weight) == MethodNeeds::HessianAndDrift;
    place.layers.push_back({op, weight, type.getDimSize(isNK ? 0 : 1),
                            type.getDimSize(isNK ? 1 : 0), !isNK,
                            llvm::formatv("layer-{0,0+4}", number++).str()});
  });
  if (conv && ofAll)
    return makeError(ErrorKind::Usage,
                     "node '{0}': the budget's measure 'outputs' is one of "
                     "matrix products only; say 'measure: kl'",
                     nodeOf(conv));
  if (conv)
    return makeError(ErrorKind::Usage,
                     "node '{0}': the method '{1}' quantizes matrix products "
                     "only; give convolutions another, as in 'rules: [{{op: "
                     "Conv, method: mse}]'",
                     nodeOf(conv), hungryWeight(conv).getMethod());
  for (auto &[value, place] : found) {
    if (place.needsDrift && !choice.layerByLayer)
      return makeError(
          ErrorKind::Usage,
          "node '{0}': the method '{1}' makes up for the errors of "
          "earlier layers; it needs 'layer_by_layer: true'",
          nodeOf(place.layers.front().product),
          place.layers.front().weight.getMethod());
    place.record = llvm::formatv("place-{0,0+4}", places.size()).str();
    places.push_back(std::move(place));
  }
  observed = cloneForObservers();
  return llvm::Error::success();
}

/// What later layers see of the branch of a weight.
static std::string describeBranch(qnt::AssignOp weight) {
  bool isShown = !weight->getParentOfType<ModuleOp>()->hasAttr(
      qnt::AssignOp::lowRankBytesAttr);
  return errorRank(weight) == 0
             ? ""
             : llvm::formatv("rank {0} {1}{2}", errorRank(weight),
                             weight->getAttr(qnt::AssignOp::lowRankAttr),
                             isShown ? " shown" : "")
                   .str();
}

llvm::Error HessianCalibration::resume(StatisticsFolder &statistics,
                                       const NamedArrays &data) {
  auto fingerprint = fingerprintOf(*observed, data, choice.samples);
  if (!fingerprint)
    return fingerprint.takeError();
  // What one layer is given depends on the codes of those before.
  if (choice.layerByLayer)
    for (Place &place : places)
      for (Layer &layer : place.layers)
        fingerprint->add("recipe",
                         llvm::formatv("{0} {1} {2}", layer.weight.getScheme(),
                                       layer.weight.getMethod(),
                                       describeBranch(layer.weight))
                             .str());
  auto set = statistics.begin(choice.layerByLayer ? "codes" : "hessians",
                              *fingerprint);
  if (!set)
    return set.takeError();
  kept = std::move(*set);
  for (Place &place : places) {
    bool isKnown =
        choice.layerByLayer
            ? llvm::all_of(place.layers,
                           [&](Layer &layer) { return this->isKnown(layer); })
            : kept->find(place.record).has_value();
    left += !isKnown;
  }
  kept->noteFound(places.size() - left, places.size(), "places");
  return llvm::Error::success();
}

OwningOpRef<ModuleOp> HessianCalibration::cloneForObservers() {
  IRMapping mapping;
  OwningOpRef<ModuleOp> copy(cast<ModuleOp>(module->clone(mapping)));
  MLIRContext *context = module.getContext();
  auto none = qnt::SchemeAttr::get(
      context, qnt::CodeKind::None, 0, qnt::Granularity::Tensor, 0, 0, false,
      qnt::ZeroKind::Code, qnt::ScaleKind::F32, 0, 0, false,
      StringAttr::get(context, "observed"));
  auto observed = qnt::SchemeAttr::get(
      context, qnt::CodeKind::Int, 8, qnt::Granularity::Tensor, 0, 0, true,
      qnt::ZeroKind::Code, qnt::ScaleKind::F32, 0, 0, false, {});
  copy->walk([&](qnt::AssignOp assign) {
    bool isWeight = qnt::TransformOp::paramOf(assign.getInput()) != nullptr;
    if (!isWeight && !assign.isFromModel())
      assign.setSchemeAttr(none);
  });
  SmallVector<Value> values;
  for (Place &place : places) {
    auto assign =
        cast<qnt::AssignOp>(mapping.lookup(place.activation.getOperation()));
    assign.setSchemeAttr(observed);
    values.push_back(assign.getResult());
  }
  returnLast(values);
  return copy;
}

llvm::Error HessianCalibration::compile() {
  auto findWeights = [&](ModuleOp selected) {
    selected.walk([&](kern::WeightOp weight) {
      StringRef source = weight.getSource();
      source.consume_back(".transformed");
      if (weight.getPack().starts_with("panels_"))
        offsets[source] = weight.getOffset();
    });
  };
  if (llvm::Error error =
          compileObserved(*observed, prefix, progress, findWeights))
    return error;
  return mapWeights();
}

llvm::Error HessianCalibration::mapWeights() {
  std::string path = prefix + ".weights";
  auto mapped = mapPrivately(path);
  if (!mapped)
    return mapped.takeError();
  weights = std::move(*mapped);
  if (llvm::none_of(places, [](const Place &one) { return one.needsDrift; }))
    return llvm::Error::success();
  auto floats = mapPrivately(path, llvm::sys::fs::mapped_file_region::readonly);
  if (!floats)
    return floats.takeError();
  floatWeights = std::move(*floats);
  return llvm::Error::success();
}

std::optional<ChosenCodes> HessianCalibration::findCodes(Layer &layer) const {
  std::optional<SafetensorsFile> record = kept->find(layer.record);
  if (!record)
    return std::nullopt;
  return quantc::findCodes(*record, layer.outputs, layer.inputs,
                           layer.weight.getScheme());
}

llvm::Expected<ChosenCodes>
HessianCalibration::quantize(Layer &layer, ArrayRef<float> hessian) {
  qnt::AssignOp assign = layer.weight;
  int64_t n = layer.outputs, k = layer.inputs;
  auto matrix = readWeightMatrix(assign, n, k, layer.isTransposed, reader);
  if (!matrix)
    return matrix.takeError();
  auto chosen =
      chooseCodes(*lookupMethod(assign.getMethod().value_or("rtn")),
                  {*matrix, n, k, hessian, drift}, assign.getScheme());
  if (!chosen)
    return chosen;
  llvm::Error error = std::visit(
      [&](const auto &codes) {
        return kept->store(layer.record, StoredMatrix(codes).tensors());
      },
      *chosen);
  if (error)
    return std::move(error);
  return chosen;
}

llvm::Expected<std::optional<LowRankBranch>>
HessianCalibration::branchOf(Layer &layer, const ChosenCodes &codes,
                             llvm::function_ref<HessianOrError()> hessian) {
  qnt::AssignOp assign = layer.weight;
  int64_t n = layer.outputs, k = layer.inputs, rank = errorRank(assign);
  const auto *integers = std::get_if<QuantizedMatrix>(&codes);
  if (rank == 0 || !integers)
    return std::nullopt;
  if (std::optional<LowRankBranch> found = findBranch(layer))
    return found;
  auto matrix = readWeightMatrix(assign, n, k, layer.isTransposed, reader);
  if (!matrix)
    return matrix.takeError();
  auto seen = hessian();
  if (!seen)
    return seen.takeError();
  auto branch = fitBranch(assign, {*matrix, n, k, *seen}, *integers);
  if (!branch)
    return branch.takeError();
  if (llvm::Error error =
          kept->store(layer.branchRecord(), StoredBranch(*branch).tensors()))
    return std::move(error);
  return std::move(*branch);
}

std::optional<LowRankBranch>
HessianCalibration::findBranch(const Layer &layer) const {
  std::optional<SafetensorsFile> record = kept->find(layer.branchRecord());
  if (!record)
    return std::nullopt;
  return readStoredBranch(*record, branchRank(layer.weight), layer.outputs,
                          layer.inputs);
}

void HessianCalibration::overwrite(Layer &layer, const ChosenCodes &codes,
                                   const LowRankBranch *branch) {
  // A product that no later place depends on is not computed here.
  auto offset = offsets.find(
      qnt::TransformOp::paramOf(layer.weight.getInput()).getName());
  if (offset == offsets.end())
    return;
  std::vector<float> numbers = reconstruct(codes);
  if (branch)
    branch->addTo(numbers);
  auto *data = weights.data() + 8 +
               llvm::support::endian::read64le(weights.const_data());
  auto *panels = reinterpret_cast<float *>(data + offset->second);
  // [ceil(n / 16), k, 16]
  int64_t k = layer.inputs;
  parallelFor(layer.outputs, 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for (int64_t i = 0; i < k; ++i)
        panels[(row / 16 * k + i) * 16 + row % 16] = numbers[row * k + i];
  });
}

llvm::Expected<std::vector<float>>
HessianCalibration::hessianOf(const Place &place, ArrayRef<ObservedRows> seen) {
  HessianStatistics statistics(place.layers.front().inputs);
  for (const ObservedRows &rows : seen)
    statistics.add(numbersOf(rows));
  if (llvm::Error error = statistics.check())
    return makeError(ErrorKind::BadModel, "'{0}': node '{1}': {2}", dataPath,
                     nodeOf(place.layers.front().product),
                     llvm::toString(std::move(error)));
  return statistics.matrix();
}

llvm::Error HessianCalibration::atPlace(Place &place,
                                        ArrayRef<ObservedRows> seen,
                                        ArrayRef<ObservedRows> floats) {
  ++placesSeen;
  if (visit) {
    auto hessian = hessianOf(place, seen);
    if (!hessian)
      return hessian.takeError();
    progress.step(place.layers.size());
    return visit(llvm::map_to_vector(
                     place.layers, [](Layer &layer) { return layer.product; }),
                 *hessian);
  }
  if (!choice.layerByLayer) {
    progress.step(place.layers.size());
    if (kept->find(place.record))
      return llvm::Error::success();
    auto hessian = hessianOf(place, seen);
    if (!hessian)
      return hessian.takeError();
    int64_t size = place.layers.front().inputs;
    return kept->store(place.record,
                       {{"hessian", "F32", {size, size}, bytesOf(*hessian)}});
  }
  std::optional<std::vector<float>> hessian;
  drift.clear();
  auto seenHessian = [&]() -> HessianOrError {
    if (!hessian) {
      auto found = hessianOf(place, seen);
      if (!found)
        return found.takeError();
      hessian = std::move(*found);
      if (place.needsDrift)
        drift = driftOf(seen, floats, place.layers.front().inputs);
    }
    return llvm::ArrayRef<float>(*hessian);
  };
  for (Layer &layer : place.layers) {
    if (llvm::Error error = atLayer(layer, seenHessian))
      return error;
    progress.step();
  }
  return llvm::Error::success();
}

llvm::Error
HessianCalibration::atLayer(Layer &layer,
                            llvm::function_ref<HessianOrError()> hessian) {
  auto atNode = [&](llvm::Error error) {
    return makeError(ErrorKind::BadModel, "node '{0}': {1}",
                     nodeOf(layer.product), llvm::toString(std::move(error)));
  };
  std::optional<ChosenCodes> codes = findCodes(layer);
  if (!codes) {
    auto seen = hessian();
    if (!seen)
      return seen.takeError();
    auto chosen = quantize(layer, *seen);
    if (!chosen)
      return atNode(chosen.takeError());
    codes = std::move(*chosen);
  }
  auto branch = branchOf(layer, *codes, hessian);
  if (!branch)
    return atNode(branch.takeError());
  // With a budget the rank is known when all layers are.
  bool hasRank = *branch && !module->hasAttr(qnt::AssignOp::lowRankBytesAttr);
  overwrite(layer, *codes, hasRank ? &**branch : nullptr);
  return llvm::Error::success();
}

llvm::Error HessianCalibration::run(const NamedArrays &data) {
  llvm::FileRemover removeLibrary(prefix + ".so"),
      removeWeights(prefix + ".weights"), removeWork(prefix + ".work");
  if (llvm::Error error = compile())
    return error;
  auto artifact = Artifact::load(prefix, {});
  if (!artifact)
    return artifact.takeError();
  auto entry = artifact->entry("main");
  if (!entry)
    return entry.takeError();
  auto inputs = inputsOfRuns(**entry, data, dataPath, choice.samples);
  if (!inputs)
    return inputs.takeError();
  int64_t layers = 0;
  for (const Place &place : places)
    layers += place.layers.size();
  progress.begin("layers", layers);
  std::vector<LockstepRun> runs;
  for (const auto *region : {&weights, &floatWeights})
    for (const NamedArrays &one : *inputs)
      if (*region)
        runs.push_back(
            {&one,
             {reinterpret_cast<const uint8_t *>(region->const_data()),
              region->size()}});
  llvm::Error error = runInLockstep(
      prefix, "main", runs,
      [&](int64_t id, ArrayRef<ObservedRows> seen) -> llvm::Error {
        if (size_t(id) != placesSeen)
          return makeError(ErrorKind::Internal,
                           "place {0} comes after {1} others", id, placesSeen);
        return atPlace(places[id], seen.take_front(inputs->size()),
                       seen.drop_front(inputs->size()));
      });
  if (error)
    return error;
  progress.end();
  if (placesSeen != places.size())
    return makeError(ErrorKind::Internal, "{0} of {1} places were reached",
                     placesSeen, places.size());
  return llvm::Error::success();
}

llvm::Error HessianCalibration::nameRecords() {
  for (Place &place : places) {
    std::optional<SafetensorsFile> record;
    if (!choice.layerByLayer && !(record = kept->find(place.record)))
      return makeError(ErrorKind::IO, "'{0}' is gone",
                       kept->pathOf(place.record));
    for (Layer &layer : place.layers) {
      if (choice.layerByLayer) {
        setCodes(layer.weight, kept->pathOf(layer.record));
        if (errorRank(layer.weight) > 0)
          setBranch(layer.weight, kept->pathOf(layer.branchRecord()));
        continue;
      }
      const SafetensorsEntry *hessian = record->find("hessian");
      setHessian(layer.weight, kept->pathOf(place.record),
                 int64_t(record->fileOffset(*hessian)));
    }
  }
  return llvm::Error::success();
}

llvm::Error quantc::calibrateHessians(ModuleOp module,
                                      const CalibrationChoice &choice,
                                      StringRef dataPath,
                                      StringRef scratchPrefix,
                                      StatisticsFolder &statistics,
                                      ProgressReporter &progress) {
  HessianCalibration calibration(module, choice, dataPath, scratchPrefix,
                                 progress);
  if (llvm::Error error = calibration.findPlaces(/*ofAll=*/false))
    return error;
  if (dataPath.empty())
    return makeError(ErrorKind::Usage,
                     "the recipe has a method that needs samples: give them "
                     "with --calibrate DATA.npz");
  auto data = readArrays(dataPath);
  if (!data)
    return data.takeError();
  if (llvm::Error error = calibration.resume(statistics, *data))
    return error;
  if (!calibration.isComplete())
    if (llvm::Error error = calibration.run(*data))
      return error;
  return calibration.nameRecords();
}

llvm::Error quantc::observeHessians(ModuleOp module,
                                    const CalibrationChoice &choice,
                                    StringRef dataPath, StringRef scratchPrefix,
                                    ProgressReporter &progress,
                                    VisitHessian visit) {
  HessianCalibration calibration(module, choice, dataPath, scratchPrefix,
                                 progress);
  calibration.showHessians(visit);
  if (llvm::Error error = calibration.findPlaces(/*ofAll=*/true))
    return error;
  auto data = readArrays(dataPath);
  if (!data)
    return data.takeError();
  return calibration.run(*data);
}
