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
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Calibrate/HessianStatistics.h"
#include "quantc/Calibrate/Lockstep.h"
#include "quantc/Calibrate/Npz.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Methods/Method.h"
#include "quantc/Quantize/WeightMatrix.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/ParallelFor.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace quantc;

/// Runs of a model with a dynamic number of samples.
static constexpr int64_t runsSideBySide = 16;

namespace {
/// A weight whose method asks for a Hessian.
struct Layer {
  Operation *product;
  qnt::AssignOp weight;
  int64_t outputs, inputs; ///< rows and columns of the matrix
  bool isTransposed;       ///< lies as [inputs, outputs]
};

/// Layers that read the same value.
struct Place {
  qnt::AssignOp activation; ///< of the first of them
  SmallVector<Layer> layers;
  int64_t offset = 0; ///< of the Hessian in its file
};

class HessianCalibration {
public:
  HessianCalibration(ModuleOp module, const CalibrationChoice &choice,
                     StringRef scratchPrefix, ProgressReporter &progress)
      : module(module), choice(choice), prefix(scratchPrefix),
        progress(progress) {}

  llvm::Error findPlaces();
  llvm::Error compile();
  llvm::Error run(StringRef dataPath, StringRef hessianPath);
  void nameHessians(StringRef hessianPath);

private:
  OwningOpRef<ModuleOp> cloneForObservers();
  llvm::Error mapWeights();
  llvm::Error atPlace(Place &place, ArrayRef<ObservedRows> seen);
  /// Quantizes a weight and writes what its codes stand for over it.
  llvm::Error quantize(Layer &layer, ArrayRef<float> hessian);

  ModuleOp module;
  const CalibrationChoice &choice;
  std::string prefix;
  ProgressReporter &progress;
  std::vector<Place> places;
  llvm::StringMap<uint64_t> offsets; ///< of fp32 panels, by constant
  llvm::sys::fs::mapped_file_region weights;
  std::unique_ptr<llvm::raw_fd_ostream> hessians;
  qnt::DataReader reader;
  size_t placesSeen = 0;
};
} // namespace

static std::string nodeOf(Operation *op) {
  auto name = dyn_cast<NameLoc>(op->getLoc());
  return name ? name.getName().str() : op->getName().getStringRef().str();
}

/// The assigned weight of a product whose method asks for a Hessian.
static qnt::AssignOp hungryWeight(Operation *product) {
  if (!isa<nn::MatMulOp, nn::ConvOp>(product))
    return {};
  auto assign = product->getOperand(1).getDefiningOp<qnt::AssignOp>();
  if (!assign || assign.getScheme().isNone() || assign.isFromModel())
    return {};
  const Method *method = lookupMethod(assign.getMethod().value_or("rtn"));
  return method && method->needs == MethodNeeds::Hessian ? assign
                                                         : qnt::AssignOp();
}

bool quantc::needsHessians(ModuleOp module) {
  return module
      .walk([](Operation *op) {
        qnt::AssignOp weight = hungryWeight(op);
        return weight && !hasHessian(weight) ? WalkResult::interrupt()
                                             : WalkResult::advance();
      })
      .wasInterrupted();
}

llvm::Error HessianCalibration::findPlaces() {
  llvm::MapVector<Value, Place> found;
  Operation *conv = nullptr;
  module.walk([&](Operation *op) {
    qnt::AssignOp weight = hungryWeight(op);
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
    place.layers.push_back({op, weight, type.getDimSize(isNK ? 0 : 1),
                            type.getDimSize(isNK ? 1 : 0), !isNK});
  });
  if (conv)
    return makeError(ErrorKind::Usage,
                     "node '{0}': the method '{1}' quantizes matrix products "
                     "only; give convolutions another, as in 'rules: [{{op: "
                     "Conv, method: mse}]'",
                     nodeOf(conv), hungryWeight(conv).getMethod());
  int64_t offset = 0;
  for (auto &[value, place] : found) {
    int64_t size = place.layers.front().inputs;
    place.offset = offset;
    offset += size * size * sizeof(float);
    places.push_back(std::move(place));
  }
  return llvm::Error::success();
}

OwningOpRef<ModuleOp> HessianCalibration::cloneForObservers() {
  IRMapping mapping;
  OwningOpRef<ModuleOp> copy(cast<ModuleOp>(module->clone(mapping)));
  MLIRContext *context = module.getContext();
  auto none = qnt::SchemeAttr::get(
      context, qnt::CodeKind::None, 0, qnt::Granularity::Tensor, 0, 0, false,
      qnt::ScaleKind::F32, 0, 0, false, StringAttr::get(context, "observed"));
  auto observed = qnt::SchemeAttr::get(context, qnt::CodeKind::Int, 8,
                                       qnt::Granularity::Tensor, 0, 0, true,
                                       qnt::ScaleKind::F32, 0, 0, false, {});
  copy->walk([&](qnt::AssignOp assign) {
    bool isWeight = qnt::TransformOp::paramOf(assign.getInput()) != nullptr;
    if (!isWeight && !assign.isFromModel())
      assign.setSchemeAttr(none);
  });
  Value last;
  for (Place &place : places) {
    auto assign =
        cast<qnt::AssignOp>(mapping.lookup(place.activation.getOperation()));
    assign.setSchemeAttr(observed);
    last = assign.getResult();
  }
  // What comes after the last place is not computed.
  auto function = last.getParentRegion()->getParentOfType<func::FuncOp>();
  Operation *exit = function.getBody().front().getTerminator();
  exit->setOperands(last);
  Builder b(context);
  function.setType(
      FunctionType::get(context, function.getArgumentTypes(), last.getType()));
  function.setAllResultAttrs(ArrayRef<Attribute>{b.getDictionaryAttr(
      b.getNamedAttr("nn.name", b.getStringAttr("observed")))});
  return copy;
}

llvm::Error HessianCalibration::compile() {
  OwningOpRef<ModuleOp> copy = cloneForObservers();
  auto findWeights = [&](ModuleOp selected) {
    selected.walk([&](kern::WeightOp weight) {
      StringRef source = weight.getSource();
      source.consume_back(".transformed");
      if (weight.getPack().starts_with("panels_"))
        offsets[source] = weight.getOffset();
    });
  };
  if (llvm::Error error = compileObserved(*copy, prefix, progress, findWeights))
    return error;
  return mapWeights();
}

llvm::Error HessianCalibration::mapWeights() {
  std::string path = prefix + ".weights";
  auto handle = llvm::sys::fs::openNativeFileForRead(path);
  if (!handle)
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", path,
                     llvm::toString(handle.takeError()));
  uint64_t size = 0;
  std::error_code code = llvm::sys::fs::file_size(path, size);
  if (!code)
    weights = llvm::sys::fs::mapped_file_region(
        *handle, llvm::sys::fs::mapped_file_region::priv, size, 0, code);
  llvm::sys::fs::closeFile(*handle);
  if (code)
    return makeError(ErrorKind::IO, "cannot read '{0}': {1}", path,
                     code.message());
  return llvm::Error::success();
}

/// Samples `first` to `first + count` of an array.
static Array slice(const Array &array, int64_t first, int64_t count) {
  Array part{array.type, array.shape, {}};
  part.shape[0] = count;
  size_t row = array.bytes.size() / array.shape[0];
  part.bytes.assign(array.bytes.begin() + first * row,
                    array.bytes.begin() + (first + count) * row);
  return part;
}

/// An input without elements, for caches that hold nothing yet.
static Array emptyInput(const ArtifactTensor &input, int64_t samples) {
  SmallVector<int64_t, 4> shape(input.dims);
  for (auto [i, size] : llvm::enumerate(shape))
    if (size < 0)
      size = i == 0 ? samples : 0;
  return Array::zeros(input.type, shape);
}

llvm::Expected<std::vector<NamedArrays>>
quantc::inputsOfRuns(const ArtifactEntry &entry, const NamedArrays &data,
                     StringRef path, int64_t most) {
  int64_t samples = -1, fixed = 0;
  for (const ArtifactTensor *input : entry.plainInputs()) {
    const Array *array = findArray(data, input->name);
    bool canBeEmpty = llvm::is_contained(
        ArrayRef<int64_t>(input->dims).drop_front(!input->dims.empty()), -1);
    if (!array && canBeEmpty)
      continue;
    if (!array || array->shape.size() != input->dims.size() ||
        array->shape.empty())
      return makeError(ErrorKind::BadModel,
                       "'{0}' has no array for the input '{1}' {2}", path,
                       input->name, input->describe());
    if (samples >= 0 && array->shape[0] != samples)
      return makeError(ErrorKind::BadModel,
                       "'{0}': array '{1}' has {2} samples, another has {3}",
                       path, input->name, array->shape[0], samples);
    samples = array->shape[0];
    fixed = std::max(fixed, input->dims[0]);
  }
  if (most > 0)
    samples = std::min(samples, std::max(most, fixed));
  int64_t perRun =
      fixed > 0 ? fixed : (samples + runsSideBySide - 1) / runsSideBySide;
  if (samples < 1 || samples < perRun)
    return makeError(ErrorKind::BadModel,
                     "'{0}' holds {1} samples, too few to calibrate", path,
                     std::max<int64_t>(samples, 0));
  std::vector<NamedArrays> runs;
  for (int64_t first = 0; first < samples; first += perRun) {
    int64_t count = std::min(perRun, samples - first);
    if (fixed > 0 && count < fixed)
      break;
    NamedArrays &inputs = runs.emplace_back();
    for (const ArtifactTensor *input : entry.plainInputs()) {
      const Array *array = findArray(data, input->name);
      inputs.emplace_back(input->name, array ? slice(*array, first, count)
                                             : emptyInput(*input, count));
    }
  }
  return runs;
}

llvm::Error HessianCalibration::quantize(Layer &layer,
                                         ArrayRef<float> hessian) {
  qnt::AssignOp assign = layer.weight;
  // A product that no later place depends on is not computed here.
  auto offset =
      offsets.find(qnt::TransformOp::paramOf(assign.getInput()).getName());
  if (offset == offsets.end())
    return llvm::Error::success();
  int64_t n = layer.outputs, k = layer.inputs;
  auto matrix = readWeightMatrix(assign, n, k, layer.isTransposed, reader);
  if (!matrix)
    return matrix.takeError();
  auto quantized = lookupMethod(*assign.getMethod())
                       ->quantize({*matrix, n, k, hessian},
                                  groupSchemeOf(assign.getScheme()));
  if (!quantized)
    return quantized.takeError();
  std::vector<float> numbers = quantized->reconstruct();
  auto *data = weights.data() + 8 +
               llvm::support::endian::read64le(weights.const_data());
  auto *panels = reinterpret_cast<float *>(data + offset->second);
  // [ceil(n / 16), k, 16]
  parallelFor(n, 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for (int64_t i = 0; i < k; ++i)
        panels[(row / 16 * k + i) * 16 + row % 16] = numbers[row * k + i];
  });
  return llvm::Error::success();
}

llvm::Error HessianCalibration::atPlace(Place &place,
                                        ArrayRef<ObservedRows> seen) {
  HessianStatistics statistics(place.layers.front().inputs);
  for (const ObservedRows &rows : seen)
    statistics.add({rows.data, static_cast<size_t>(rows.rows * rows.cols)});
  std::string node = nodeOf(place.layers.front().product);
  if (llvm::Error error = statistics.check())
    return makeError(ErrorKind::BadModel, "node '{0}': {1}", node,
                     llvm::toString(std::move(error)));
  std::vector<float> hessian = statistics.matrix();
  hessians->write(reinterpret_cast<const char *>(hessian.data()),
                  hessian.size() * sizeof(float));
  ++placesSeen;
  for (Layer &layer : place.layers) {
    if (choice.layerByLayer)
      if (llvm::Error error = quantize(layer, hessian))
        return makeError(ErrorKind::BadModel, "node '{0}': {1}",
                         nodeOf(layer.product),
                         llvm::toString(std::move(error)));
    progress.step();
  }
  return llvm::Error::success();
}

llvm::Error HessianCalibration::run(StringRef dataPath, StringRef hessianPath) {
  auto data = readArrays(dataPath);
  if (!data)
    return data.takeError();
  auto artifact = Artifact::load(prefix, {});
  if (!artifact)
    return artifact.takeError();
  auto entry = artifact->entry("main");
  if (!entry)
    return entry.takeError();
  auto inputs = inputsOfRuns(**entry, *data, dataPath, choice.samples);
  if (!inputs)
    return inputs.takeError();
  std::error_code code;
  hessians = std::make_unique<llvm::raw_fd_ostream>(hessianPath, code);
  if (code)
    return makeError(ErrorKind::IO, "cannot write '{0}': {1}", hessianPath,
                     code.message());
  int64_t layers = 0;
  for (const Place &place : places)
    layers += place.layers.size();
  progress.begin("layers", layers);
  llvm::ArrayRef<uint8_t> bytes(
      reinterpret_cast<const uint8_t *>(weights.const_data()), weights.size());
  llvm::Error error = runInLockstep(
      prefix, bytes, "main", *inputs,
      [&](int64_t id, ArrayRef<ObservedRows> seen) -> llvm::Error {
        if (size_t(id) != placesSeen)
          return makeError(ErrorKind::Internal,
                           "place {0} comes after {1} others", id, placesSeen);
        return atPlace(places[id], seen);
      });
  if (error)
    return error;
  progress.end();
  hessians->close();
  if (hessians->has_error()) {
    code = hessians->error();
    hessians->clear_error();
    return makeError(ErrorKind::IO, "cannot write '{0}': {1}", hessianPath,
                     code.message());
  }
  if (placesSeen != places.size())
    return makeError(ErrorKind::Internal, "{0} of {1} places were reached",
                     placesSeen, places.size());
  return llvm::Error::success();
}

void HessianCalibration::nameHessians(StringRef hessianPath) {
  SmallString<128> absolute(hessianPath);
  llvm::sys::fs::make_absolute(absolute);
  for (Place &place : places)
    for (Layer &layer : place.layers)
      setHessian(layer.weight, absolute, place.offset);
}

llvm::Error
quantc::calibrateHessians(ModuleOp module, const CalibrationChoice &choice,
                          StringRef dataPath, StringRef scratchPrefix,
                          StringRef hessianPath, ProgressReporter &progress) {
  HessianCalibration calibration(module, choice, scratchPrefix, progress);
  if (llvm::Error error = calibration.findPlaces())
    return error;
  if (dataPath.empty())
    return makeError(ErrorKind::Usage,
                     "the recipe has a method that needs samples: give them "
                     "with --calibrate DATA.npz");
  std::string prefix = scratchPrefix.str();
  llvm::FileRemover removeLibrary(prefix + ".so"),
      removeWeights(prefix + ".weights"), removeWork(prefix + ".work");
  if (llvm::Error error = calibration.compile())
    return error;
  if (llvm::Error error = calibration.run(dataPath, hessianPath))
    return error;
  calibration.nameHessians(hessianPath);
  return llvm::Error::success();
}
